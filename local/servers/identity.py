"""Who runs a program that refuses to be root."""

import os
import pwd
from functools import cache
from pathlib import Path

from local.servers.process import Command, StartError, run

_PROBE_TIMEOUT_S = 10.0


def identity_for(reads: Path, writes: Path) -> str:
    """Choose the identity for such a program (`local.servers.launch`).

    This user, unless that is root.

    Root becomes ``nobody`` in a user namespace, which leaves file owners alone and reaches folders
    that only root may enter. Where namespaces are forbidden (some containers) it really becomes
    ``nobody``, given that ``nobody`` can reach the files.

    Args:
        reads: the program.
        writes: folder that it keeps its files in; must exist.

    Raises:
        StartError: neither way is open; the message says what to do.
    """
    if os.geteuid() != 0:
        return "same"
    nobody = pwd.getpwnam("nobody")
    if namespaces_allowed():
        return f"map:{nobody.pw_uid}:{nobody.pw_gid}"
    closed = next(
        (
            parent
            for path in (reads, writes)
            for parent in path.resolve().parents
            if not parent.stat().st_mode & 0o001
        ),
        None,
    )
    if closed is not None:
        raise StartError(
            f"PostgreSQL does not run as root, and the user nobody cannot enter {closed}: "
            "run as an ordinary user, or move the project and data_dir to folders that"
            " everybody may enter"
        )
    return f"user:{nobody.pw_uid}:{nobody.pw_gid}"


@cache
def namespaces_allowed() -> bool:
    """Whether this machine lets root make a user namespace."""
    nobody = pwd.getpwnam("nobody")
    try:
        run(
            Command(
                "namespace probe",
                ("true",),
                log=Path(os.devnull),
                identity=f"map:{nobody.pw_uid}:{nobody.pw_gid}",
            ),
            _PROBE_TIMEOUT_S,
        )
    except StartError:
        return False
    return True


def hand_over(folder: Path, identity: str) -> None:
    """Give a folder and what is in it to the identity, where it does not own them yet."""
    if os.geteuid() != 0:
        return
    kind, _, ids = identity.partition(":")
    uid, gid = (int(part) for part in ids.split(":")) if kind == "user" else (0, 0)
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != uid:
            os.chown(path, uid, gid, follow_symlinks=False)
