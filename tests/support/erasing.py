"""Erases people as the API and the engine do: entered in the register, carried out by UNIFY."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from config.settings import Settings
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_sealed
from domain.keys import command_id, message_key
from domain.privacy.erasure import FOREVER_MS, Afterwards

_LATER_MS = 1_999_000_000_000
"""When commands arrive that refuse whatever comes."""
_REQUEST = """
    INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,
        afterwards, reason, requested_by, audit_id, requested_at, due_at)
    VALUES (%s, 'erasure', %s, %s, %s, %s, %s, '', 'key:1', 0, now(), now())
"""


@dataclass(frozen=True)
class Erased:
    """What an erasure named and removed."""

    command: UUID
    keys: list[UUID]
    people: list[UUID]
    neighbours: list[UUID]


def erase(
    conn: psycopg.Connection[Any],
    workspace: int,
    salt: bytes,
    keys: Iterable[UUID],
    *,
    until_ms: int = FOREVER_MS,
    number: int = 1,
) -> Erased:
    """Erase identifiers; what an event says until then is erased.

    Args:
        conn: in autocommit mode.
        workspace: tenant.
        salt: its key of digests.
        keys: of the identifiers.
        until_ms: instant, or for ever.
        number: of the command; a number names one command.
    """
    named, name = sorted(keys), command_id(salt, "erase", number)
    refuses = until_ms == FOREVER_MS
    afterwards = Afterwards.REFUSE if refuses else Afterwards.NEW
    body = {
        "kind": "erase",
        "workspace": workspace,
        "id": name,
        "identifiers": [key.hex for key in named],
        "afterwards": afterwards,
    }
    received_ms = _LATER_MS if refuses else until_ms
    record = Record(0, 0, encode_sealed(salt, received_ms, msgspec.json.encode(body)))
    command = UUID(bytes=message_key(salt, name))
    conn.execute(_REQUEST, (workspace, command, name, named[0], named, afterwards))
    settings = Settings()
    unifier = build_unifier(
        conn.info.dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    try:
        assert unifier(Batch(f"erasing {number}", 0, 0, 1, (record,)))
    finally:
        unifier.close()
    (row,) = conn.execute(
        "SELECT people, neighbours FROM erasures WHERE command = %s", (command,)
    ).fetchall()
    return Erased(command, named, *row)
