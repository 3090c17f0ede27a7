"""Places for work that keeps a processor busy: who finds none waits until one is left."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_TICK_S = 0.02


@contextmanager
def place(shared: Path, name: str, most: int | None = None) -> Iterator[None]:
    """Hold one of the places of a run; what a process held is free when it ends, however it ends.

    One at a time looks for a place and the others queue behind it, so that who has just left does
    not always come first again.

    Args:
        shared: a folder that the processes of the run share.
        name: of what the places are for.
        most: how many there are; None: one per processor.
    """
    count = most or os.cpu_count() or 1
    with ExitStack() as stack:
        files = [
            stack.enter_context((shared / f"{name}-{number}.place").open("w"))
            for number in range(count)
        ]
        with (shared / f"{name}.queue").open("w") as queue:
            fcntl.flock(queue, fcntl.LOCK_EX)
            while not any(_taken(file.fileno()) for file in files):
                time.sleep(_TICK_S)
        yield


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
