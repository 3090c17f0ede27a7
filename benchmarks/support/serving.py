"""An HTTP server in a process of its own for as long as a benchmark needs it."""

import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.stack import stop, wait_for

_TICKS_PER_S = 100


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        port: on loopback.
        pid: of its process.
    """

    port: int
    pid: int

    def processor_s(self) -> float:
        """Processor time of the process, seconds (/proc/<pid>/stat, fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


@contextmanager
def serving(start: Callable[[int], subprocess.Popen[bytes]], path: str) -> Iterator[Server]:
    """Start a server on a free port and wait until it answers on a path, with whatever status."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    process = start(port)
    try:
        wait_for(answers, 30, "the server answers")
        yield Server(port, process.pid)
    finally:
        stop([process])
