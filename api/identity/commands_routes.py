"""Routes of commands that change people.

A command is a record in the event log: UNIFY stays the only writer of people, and a replay repeats
it.
"""

import time
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path

from api.identity.commands_schemas import (
    CommandStatus,
    IdentifierRef,
    UnmergeAccepted,
    UnmergeRequest,
)
from api.identity.schemas import End
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import Admin, Caller, LogDep, PoolDep, Reader, SettingsDep
from api.web.errors import ConflictError, NotFoundError, UnprocessableError
from domain.event import Identifier
from domain.ids import IdentifierKey
from domain.intake.envelope import encode_command
from domain.keys import identifier_key, message_key
from domain.link import Pair, pair_of
from domain.policies import IdentityRules
from operators.identity.cut import cut
from operators.identity.normalise import normalise
from sinks.intake.log import keyed
from store.audit import read
from store.audit.trail import append_async
from store.fetch import transaction
from store.identity import graph
from store.profiles import events
from store.profiles.profiles import StoredProfile

router = APIRouter(prefix="/cdp", tags=["identity"])

ACTION = "unmerge"


def command_id(salt: bytes, audit_row: int) -> str:
    """Name a command after its audit row, with a proof that takes the workspace's salt.

    The proof keeps clients from using up a command's id as their own ``messageId`` before the
    command is processed.
    """
    proof = blake2b(
        f"{ACTION}-{audit_row}".encode(), digest_size=8, key=salt, person=b"command"
    ).hexdigest()
    return f"{ACTION}-{audit_row}-{proof}"


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
    tells when it has been processed.
    """
    found = await find(pool, caller.workspace, id)
    facts = {
        pair_of(IdentifierKey(fact.a), IdentifierKey(fact.b))
        for fact in await graph.facts_within(pool, caller.workspace, found.person.id)
    }
    pairs = _pairs(caller, settings.identity, found, facts, body)
    links = [[one.hex(), other.hex()] for one, other in pairs]
    subject = f"profile:{UUID(bytes=found.person.id)}"
    async with transaction(pool) as connection:
        detail = {"links": links, "reason": body.reason}
        row = await append_async(
            connection, caller.workspace, caller.actor, ACTION, subject, detail
        )
    command = command_id(caller.salt, row)
    record = {
        "kind": ACTION,
        "workspace": caller.workspace,
        "id": command,
        "links": links,
        "author": caller.actor,
        "reason": body.reason,
    }
    encoded = encode_command(time.time_ns() // 1_000_000, msgspec.json.encode(record))
    await log.append(keyed([encoded]))
    known = {identifier.key: identifier for identifier in found.identifiers}
    profile = UUID(bytes=found.person.id)
    return UnmergeAccepted(
        command_id=command,
        links=[(_end(known[one], profile), _end(known[other], profile)) for one, other in pairs],
    )


def _pairs(
    caller: Caller,
    rules: IdentityRules,
    profile: StoredProfile,
    facts: set[Pair],
    body: UnmergeRequest,
) -> list[Pair]:
    """The link facts to ban: at least one.

    Raises:
        UnprocessableError: an identifier or link that is not this person's.
        ConflictError: nothing would be split.
    """
    members = {identifier.key for identifier in profile.identifiers}
    if body.identifiers:
        apart = {_key(caller, rules, reference, members) for reference in body.identifiers}
        if apart == members:
            raise ConflictError(
                "These are all identifiers of the person: nothing would remain to be split from."
            )
        pairs = cut(facts, apart)
        if not pairs:
            raise ConflictError("No link holds these identifiers to the rest of the person.")
        return pairs
    wanted = {
        pair_of(_key(caller, rules, one, members), _key(caller, rules, other, members))
        for one, other in body.links
    }
    if not wanted <= facts:
        raise UnprocessableError("A pair is not a link of this person; the graph lists its links.")
    return sorted(wanted)


def _key(
    caller: Caller, rules: IdentityRules, reference: IdentifierRef, members: set[IdentifierKey]
) -> IdentifierKey:
    if reference.key is not None:
        key = IdentifierKey(reference.key.bytes)
    else:
        kind = reference.kind or ""
        key = identifier_key(caller.salt, kind, normalise(kind, reference.value or "", rules) or "")
    if key not in members:
        raise UnprocessableError("An identifier is not one of this person's.")
    return key


def _end(identifier: Identifier, profile: UUID) -> End:
    return End(
        key=UUID(bytes=identifier.key),
        kind=identifier.kind,
        value=identifier.value,
        profile_id=profile,
    )


@router.get("/commands/{id}", summary="Read a command's status")
async def get_command(
    caller: Reader,
    pool: PoolDep,
    id: Annotated[
        str,
        Path(
            max_length=128,
            pattern=r"^unmerge-\d{1,18}-[0-9a-f]{16}$",
            examples=["unmerge-12-9f2c4e1a0b7d3c55"],
        ),
    ],
) -> CommandStatus:
    """Whether a command has been processed."""
    number = int(id.split("-")[1])
    row = await read.by_id(pool, caller.workspace, number)
    if row is None or row.action != ACTION or command_id(caller.salt, number) != id:
        raise NotFoundError("command")
    processed = await events.received(pool, caller.workspace, message_key(caller.salt, id))
    return CommandStatus(
        id=id,
        kind="unmerge",
        status="processed" if processed else "pending",
        requested_at=row.at,
        requested_by=row.actor,
        subject=row.subject,
    )
