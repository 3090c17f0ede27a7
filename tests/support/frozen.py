"""Servers that stand still: they take connections and never answer."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local.servers.server import Server


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """Stop a server's process and its children, and let them go on afterwards."""
    assert server.child is not None
    parent = server.child.pid
    os.kill(parent, signal.SIGSTOP)  # first, so that it makes no more children
    stopped = [parent]
    try:
        for child in _children(parent):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
        yield
    finally:
        for each in stopped:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found
