"""Becomes another program that dies with its parent, as another user than root if need be.

Run as a script (``python -I -S launch.py PARENT_PID SIGNAL IDENTITY PROGRAM ARGUMENT…``) by
`local.servers.process`, so that nothing of the parent's threads and locks is carried over. IDENTITY
is ``same``, ``map:UID:GID`` (a user namespace in which root's files belong to UID; reaches programs
below folders that only root may enter), or ``user:UID:GID`` (plain change of user).

Source: Linux man-pages prctl(2) PR_SET_PDEATHSIG, user_namespaces(7). The signal must be set last:
a change of credentials clears it.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        sys.exit(f"{what}: {os.strerror(code)}")


def become(identity: str, libc: ctypes.CDLL) -> None:
    """Take on the identity for everything that follows."""
    kind, _, ids = identity.partition(":")
    if kind == "same":
        return
    uid, gid = (int(part) for part in ids.split(":"))
    if kind == "map":
        outside_uid, outside_gid = os.geteuid(), os.getegid()
        _check(libc.unshare(CLONE_NEWUSER), "cannot make a user namespace")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {outside_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {outside_gid} 1")
    else:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)


def main(arguments: list[str]) -> None:
    """Prepare this process, then replace it by the program."""
    parent, signal_number, identity, *program = arguments
    on_linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True)
    become(identity, libc)
    if on_linux:
        _check(
            libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0),
            "cannot ask for the parent's death signal",
        )
    if os.getppid() != int(parent):  # it died before the request was in place
        sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
