"""Operator commands in the log: what they order, and whose they are where they cannot be read."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from domain.event import COMMANDS, Command
from domain.ids import IdentifierKey, WorkspaceId
from domain.intake.envelope import Envelope
from domain.keys import KEY_BYTES, message_key
from sources.intake.message import BadRecordError

UNREADABLE: Final = "unknown"
"""Kind of a command that cannot be read."""


class _Command(msgspec.Struct):
    kind: str
    workspace: int
    id: str
    links: list[tuple[str, str]]
    author: str = ""
    reason: str = ""


class _Address(msgspec.Struct):
    """Whose a command is, where the rest of it may be anything."""

    kind: Any = None
    workspace: Any = None


_COMMAND: Final = msgspec.json.Decoder(_Command)
_ADDRESS: Final = msgspec.json.Decoder(_Address)


def read_command(envelope: Envelope, salts: Mapping[int, bytes]) -> Command:
    """Read a command.

    Args:
        envelope: its envelope.
        salts: workspace id → salt.

    Raises:
        BadRecordError: it orders nothing that there is.
        msgspec.DecodeError: it is no command.
    """
    payload = bytes(envelope.command)
    command = _COMMAND.decode(payload)
    salt = salts.get(command.workspace)
    try:
        links = tuple((_key(one), _key(other)) for one, other in command.links)
    except ValueError:
        raise BadRecordError("bad_command", "$.command.links") from None
    ordered = COMMANDS.get(command.kind)
    if ordered is None or salt is None or not links:
        raise BadRecordError("bad_command", "$.command")
    key = message_key(salt, command.id)
    return ordered(
        WorkspaceId(command.workspace),
        key,
        command.id,
        links,
        command.author,
        command.reason,
        envelope.received,
        payload,
        envelope.retry_of,
    )


def addressed(envelope: Envelope, salts: Mapping[int, bytes]) -> tuple[WorkspaceId | None, str]:
    """Return whose command it is and of which kind, as far as that is readable."""
    try:
        command = _ADDRESS.decode(envelope.command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, UNREADABLE
    known = (
        command.workspace
        if isinstance(command.workspace, int) and command.workspace in salts
        else None
    )
    kind = (
        command.kind if isinstance(command.kind, str) and command.kind in COMMANDS else UNREADABLE
    )
    return None if known is None else WorkspaceId(known), kind


def _key(text: str) -> IdentifierKey:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError("not a key")
    return IdentifierKey(key)
