"""Free ports, private files, and socket folders whose paths fit.

A Unix socket's path holds at most 107 bytes.
"""

import hashlib
import os
import pwd
import secrets
import socket
import tempfile
from pathlib import Path

from local.servers.process import StartError

_LOOPBACK = "127.0.0.1"
_SOCKET_PATH_LIMIT = 107  # sockaddr_un.sun_path, unix(7)
_LONGEST_NAME = len("/.s.PGSQL.65535")


def free_port() -> int:
    """Find a TCP port that nobody listens on at the loopback address."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether nobody listens on the loopback address's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
        return True


def lasting_port(file: Path) -> int:
    """The port written in the file, so that addresses survive a restart.

    Another one, written there, if it is taken.
    """
    port = int(file.read_text()) if file.exists() else 0
    if not port or not port_is_free(port):
        port = free_port()
        file.write_text(str(port))
    return port


def private_file(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    unfinished = file.with_name(file.name + ".tmp")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)


def lasting_secret(file: Path) -> str:
    """The secret in the file; made at first use."""
    if not file.exists():
        private_file(file, secrets.token_urlsafe(24))
    return file.read_text().strip()


def socket_folder(folder: Path) -> Path:
    """A folder for sockets.

    The given one, or where its path is too long a private one in the system's temporary folder.

    Raises:
        StartError: somebody else owns the place.
    """
    chosen = folder.resolve()
    if len(os.fsencode(chosen)) + _LONGEST_NAME > _SOCKET_PATH_LIMIT:
        digest = hashlib.blake2b(os.fsencode(chosen), digest_size=6).hexdigest()
        chosen = Path(tempfile.gettempdir()) / f"stratum-{os.geteuid()}-{digest}"
    chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    # See `local.servers.identity`.
    trusted = {os.geteuid()} if os.geteuid() else {0, pwd.getpwnam("nobody").pw_uid}
    if chosen.is_symlink() or chosen.stat().st_uid not in trusted:
        raise StartError(
            f"the socket folder {chosen} belongs to somebody else: remove it or choose another"
            " data_dir"
        )
    chosen.chmod(0o700)
    return chosen
