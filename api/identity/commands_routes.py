"""Routes of commands that change people.

A command is a record in the event log: UNIFY stays the only writer of people, and a replay repeats
it.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path

from api.identity.allowing import allowing
from api.identity.commands_schemas import (
    AllowAccepted,
    AllowRequest,
    CommandStatus,
    UnmergeAccepted,
    UnmergeRequest,
)
from api.identity.unmerging import unmerging
from api.profiles.routes import ProfileIdPath
from api.web.actors import named
from api.web.commands import Kind
from api.web.deps import Admin, Caller, LogDep, PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.keys import command_id, message_key
from domain.link import Pair
from sinks.intake.log import EventLog, keyed
from store.audit import read
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.privacy import register
from store.profiles import events

router = APIRouter(prefix="/cdp", tags=["identity"])


@router.post("/profiles/{id}/unmerge", summary="Unmerge a profile", status_code=202)
async def unmerge_profile(
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    log: LogDep,
    id: ProfileIdPath,
    body: UnmergeRequest,
) -> UnmergeAccepted:
    """Bans the links that hold identifiers together, now and at every replay.

    What no longer hangs together becomes people of its own.

    Naming `identifiers` bans every link between them and the rest of the person. Naming `links`
    bans just these. The answer comes when the command is safe in the log; `GET /cdp/commands/{id}`
    tells when it has been processed. `POST /cdp/links/allow` lifts a ban.
    """
    wanted = await unmerging(pool, caller, settings.identity, id, body)
    command = _Command(
        "unmerge", f"profile:{UUID(bytes=wanted.profile.person.id)}", wanted.pairs, body.reason
    )
    return UnmergeAccepted(command_id=await _give(pool, log, caller, command), links=wanted.ends())


@router.post("/links/allow", summary="Lift the ban of links", status_code=202)
async def allow_links(
    caller: Admin, settings: SettingsDep, pool: PoolDep, log: LogDep, body: AllowRequest
) -> AllowAccepted:
    """Lifts the ban of links, now and at every replay: they hold as their events state them.

    Whoever they connect becomes one person again, unless a limit refuses it. Links that no event
    states are free to be stated. Of several commands about one link the one that arrived latest
    counts, and of one millisecond the ban, in whatever order they are read.

    The answer comes when the command is safe in the log; `GET /cdp/commands/{id}` tells when it has
    been processed.
    """
    wanted = await allowing(pool, caller, settings.identity, body)
    command = _Command("allow", wanted.subject, wanted.pairs, body.reason)
    return AllowAccepted(command_id=await _give(pool, log, caller, command), links=wanted.ends())


class _Command(msgspec.Struct, frozen=True):
    """What an operator orders of pairs, and what the audit log calls whom it is about."""

    kind: Kind
    subject: str
    pairs: Sequence[Pair]
    reason: str


async def _give(pool: Pool, log: EventLog, caller: Caller, command: _Command) -> str:
    """Enter a command into the audit log and the event log; answers its id.

    It arrives when the audit log says, by the database's clock: which of two is the later one does
    not depend on the processes that took them.
    """
    links = [[one.hex(), other.hex()] for one, other in command.pairs]
    async with transaction(pool) as connection:
        detail = {"links": links, "reason": command.reason}
        entered = await append_async(
            connection, caller.workspace, caller.actor, command.kind, command.subject, detail
        )
    record: dict[str, Any] = {
        "kind": command.kind,
        "workspace": caller.workspace,
        "id": command_id(caller.salt, command.kind, entered.id),
        "links": links,
        "author": caller.actor,
        "reason": command.reason,
    }
    encoded = encode_sealed(caller.salt, to_ms(entered.at), msgspec.json.encode(record))
    await log.append(keyed([encoded]))
    return str(record["id"])


@router.get("/commands/{id}", summary="Read a command's status")
async def get_command(
    caller: Reader,
    pool: PoolDep,
    id: Annotated[
        str,
        Path(
            max_length=128,
            pattern=r"^(unmerge|allow|erase|consent|restriction)-\d{1,18}-[0-9a-f]{16}$",
            examples=["unmerge-12-9f2c4e1a0b7d3c55"],
        ),
    ],
) -> CommandStatus:
    """Whether a command has been processed."""
    kind, number, _ = id.split("-")
    row = await read.by_id(pool, caller.workspace, int(number))
    if row is None or row.action != kind or command_id(caller.salt, kind, int(number)) != id:
        raise NotFoundError("command")
    command = message_key(caller.salt, id)
    processed = (
        await register.processed(pool, caller.workspace, command)
        if kind == "erase"
        else await events.received(pool, caller.workspace, command)
    )
    status = CommandStatus.model_validate(
        {
            "id": id,
            "kind": kind,
            "status": "processed" if processed else "pending",
            "requested_at": row.at,
            "requested_by": row.actor,
            "subject": row.subject,
        }
    )
    (view,) = await named(pool, caller, [status])
    return view
