"""An exclusive hold on a folder, kept by open file descriptors.

It ends with the last process that has one, however that ends.
"""

import fcntl
import os
from pathlib import Path

from local.servers.process import wait_until


def take(file: Path, wait_s: float = 0.0) -> int | None:
    """Take the hold.

    Args:
        file: the lock file; made if it is not there.
        wait_s: how long to wait for another holder's end.

    Returns:
        A descriptor whose copies, also inherited ones, are the hold; None when somebody else still
        has it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if wait_until(lambda: _locked(descriptor), wait_s):
        os.ftruncate(descriptor, 0)
        return descriptor
    os.close(descriptor)
    return None


def sign(descriptor: int, pid: int) -> None:
    """Write down who holds it, for messages."""
    os.pwrite(descriptor, str(pid).encode(), 0)


def holder(file: Path) -> int | None:
    """Process id of who holds it now; None when nobody does, 0 when the holder has not signed."""
    if not file.exists():
        return None
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        if _locked(descriptor):
            return None
        return int(os.pread(descriptor, 20, 0) or b"0")
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
