"""What a command is called."""

from hashlib import blake2b
from typing import Literal

Kind = Literal["unmerge", "allow", "erase"]
"""Kinds of commands, of `domain.event.COMMANDS`; the audit log calls their requests so, too."""


def command_id(salt: bytes, kind: str, audit_row: int) -> str:
    """Name a command after its audit row, with a proof that takes the workspace's salt.

    The proof keeps clients from using up a command's id as their own ``messageId`` before the
    command is processed.
    """
    proof = blake2b(
        f"{kind}-{audit_row}".encode(), digest_size=8, key=salt, person=b"command"
    ).hexdigest()
    return f"{kind}-{audit_row}-{proof}"
