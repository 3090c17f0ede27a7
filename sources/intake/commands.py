"""Operator commands in the log: what they order, and whose they are where they cannot be read.

    {"kind": "unmerge", "workspace": 1, "id": …, "links": [[key, key], …], "author": …, "reason": …}
    {"kind": "erase", "workspace": 1, "id": …, "identifiers": [key, …], "afterwards": "new", …}

An erasure holds until its arrival, or until an earlier instant that it names: `until`, ms since
1970.

`sources.intake.operator_consent` has the form of a statement of consent, which becomes an event.

Keys are 32 hexadecimal digits (`domain.keys`).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from domain.event import COMMANDS, ORDERS, Command, Erase, Event, Ruling
from domain.ids import IdentifierKey, WorkspaceId
from domain.instants import EARLIEST_MS
from domain.intake.envelope import Envelope
from domain.keys import KEY_BYTES, is_sealed, message_key
from domain.policies import IdentityRules
from domain.privacy.erasure import FOREVER_MS, Afterwards
from sources.intake.message import BadRecordError
from sources.intake.operator_consent import operator_event

UNREADABLE: Final = "unknown"
"""Kind of a command that cannot be read."""


class _Command(msgspec.Struct):
    kind: str
    workspace: int
    id: str
    links: list[tuple[str, str]] = []
    identifiers: list[str] = []
    afterwards: Afterwards = Afterwards.NEW
    until: int | None = None
    author: str = ""
    reason: str = ""


class _Address(msgspec.Struct):
    """Whose a command is, where the rest of it may be anything."""

    kind: Any = None
    workspace: Any = None


_COMMAND: Final = msgspec.json.Decoder(_Command)
_ADDRESS: Final = msgspec.json.Decoder(_Address)


def read_command(
    envelope: Envelope, salts: Mapping[int, bytes], identity: IdentityRules
) -> Command | Event:
    """Read a command; a statement of consent is an event.

    Args:
        envelope: its envelope.
        salts: workspace id → salt.
        identity: identifier rules.

    Raises:
        BadRecordError: it orders nothing that there is.
        msgspec.DecodeError: it is no command.
    """
    payload = bytes(envelope.command)
    command = _COMMAND.decode(payload)
    salt = salts.get(command.workspace)
    ordered = COMMANDS.get(command.kind)
    if salt is None or command.kind not in ORDERS:
        raise BadRecordError("bad_command", "$.command")
    # Whoever may write to the log must not order anything in others' names.
    if not is_sealed(salt, envelope.received, payload, envelope.seal):
        raise BadRecordError("bad_command", "$.seal")
    if ordered is None:
        key = message_key(salt, command.id)
        return operator_event(payload, salt, identity, key, envelope.received, envelope.retry_of)
    common: dict[str, Any] = {
        "workspace": WorkspaceId(command.workspace),
        "message_key": message_key(salt, command.id),
        "message_id": command.id,
        "author": command.author,
        "reason": command.reason,
        "received_ms": envelope.received,
        "payload": payload,
        "retry_of": envelope.retry_of,
    }
    if issubclass(ordered, Ruling):
        return ordered(links=_links(command), **common)
    until_ms = _until_ms(command, envelope.received)
    return Erase(identifiers=_identifiers(command), until_ms=until_ms, **common)


def _until_ms(command: _Command, received_ms: int) -> int:
    """Until when what an erasure names is erased."""
    if command.until is None:
        return FOREVER_MS if command.afterwards is Afterwards.REFUSE else received_ms
    # What has not happened yet cannot be erased, and what is refused for ever has no end.
    is_new = command.afterwards is Afterwards.NEW
    if not is_new or not EARLIEST_MS <= command.until <= received_ms:
        raise BadRecordError("bad_command", "$.command.until")
    return command.until


def _links(command: _Command) -> tuple[tuple[IdentifierKey, IdentifierKey], ...]:
    try:
        links = tuple((_key(one), _key(other)) for one, other in command.links)
    except ValueError:
        raise BadRecordError("bad_command", "$.command.links") from None
    if not links:
        raise BadRecordError("bad_command", "$.command")
    return links


def _identifiers(command: _Command) -> tuple[IdentifierKey, ...]:
    try:
        keys = tuple(sorted({_key(one) for one in command.identifiers}))
    except ValueError:
        keys = ()
    if not keys:
        raise BadRecordError("bad_command", "$.command.identifiers")
    return keys


def addressed(envelope: Envelope) -> tuple[WorkspaceId | None, str]:
    """Return the workspace that a command names and its kind, as far as that is readable."""
    try:
        command = _ADDRESS.decode(envelope.command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, UNREADABLE
    named = WorkspaceId(command.workspace) if type(command.workspace) is int else None
    kind = command.kind if isinstance(command.kind, str) and command.kind in ORDERS else UNREADABLE
    return named, kind


def _key(text: str) -> IdentifierKey:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError("not a key")
    return IdentifierKey(key)
