"""Commands that change people: records in the event log, so that UNIFY stays the only writer of people and a replay repeats them."""

import time
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path

from api.identity.schemas import CommandStatus, End, IdentifierRef, UnmergeAccepted, UnmergeRequest
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import Admin, Caller, Reader
from api.web.errors import DESCRIBED, ConflictError, NotFoundError, UnprocessableError
from api.web.reading import Reads, ReadsNow
from domain.event import Identifier
from domain.ids import IdentifierKey
from domain.intake.envelope import encode_command
from domain.keys import identifier_key, message_key
from domain.link import Pair, pair_of
from operators.identity.cut import crossing
from operators.identity.normalise import normalise
from store.audit import read
from store.audit.trail import append_async
from store.fetch import transaction
from store.identity import graph
from store.profiles import events
from store.profiles.profiles import StoredProfile

router = APIRouter(prefix="/cdp", tags=["identity"], responses=DESCRIBED)

ACTION = "unmerge"


def command_id(salt: bytes, audit_row: int) -> str:
    """Name a command after its audit row, with a proof that nobody without the workspace's salt can make.

    The proof keeps clients from using up a command's id as their own ``messageId`` before the
    command is processed.
    """
    proof = blake2b(
        f"{ACTION}-{audit_row}".encode(), digest_size=8, key=salt, person=b"command"
    ).hexdigest()
    return f"{ACTION}-{audit_row}-{proof}"


@router.post("/profiles/{id}/unmerge", summary="Unmerge a profile", status_code=202)
async def unmerge_profile(
    caller: Admin, reads: ReadsNow, id: ProfileIdPath, body: UnmergeRequest
) -> UnmergeAccepted:
    """Bans the links that hold identifiers together, now and at every replay.

    What no longer hangs together becomes people of its own.

    Naming `identifiers` bans every link between them and the rest of the person. Naming `links`
    bans just these. The answer comes when the command is safe in the log; `GET /cdp/commands/{id}`
    tells when it has been processed.
    """
    found = await find(reads, caller.workspace, id)
    pairs = await _pairs(caller, reads, found, body)
    links = [[one.hex(), other.hex()] for one, other in pairs]
    subject = f"profile:{UUID(bytes=found.person.id)}"
    async with transaction(reads.pool) as connection:
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
    await reads.append([encode_command(time.time_ns() // 1_000_000, msgspec.json.encode(record))])
    known = {identifier.key: identifier for identifier in found.identifiers}
    profile = UUID(bytes=found.person.id)
    return UnmergeAccepted(
        command_id=command,
        links=[(_end(known[one], profile), _end(known[other], profile)) for one, other in pairs],
    )


async def _pairs(
    caller: Caller, reads: Reads, found: StoredProfile, body: UnmergeRequest
) -> list[Pair]:
    """The link facts to ban: at least one.

    Raises:
        UnprocessableError: an identifier or link that is not this person's.
        ConflictError: nothing would be split.
    """
    members = {identifier.key for identifier in found.identifiers}
    facts = {
        pair_of(IdentifierKey(fact.a), IdentifierKey(fact.b))
        for fact in await graph.facts_within(reads.pool, caller.workspace, found.person.id)
    }
    if body.identifiers:
        apart = {_key(caller, reads, reference, members) for reference in body.identifiers}
        if apart == members:
            raise ConflictError(
                "These are all identifiers of the person: nothing would remain to be split from."
            )
        pairs = crossing(facts, apart)
        if not pairs:
            raise ConflictError("No link holds these identifiers to the rest of the person.")
        return pairs
    wanted = {
        pair_of(_key(caller, reads, one, members), _key(caller, reads, other, members))
        for one, other in body.links
    }
    if not wanted <= facts:
        raise UnprocessableError("A pair is not a link of this person; the graph lists its links.")
    return sorted(wanted)


def _key(
    caller: Caller, reads: Reads, reference: IdentifierRef, members: set[IdentifierKey]
) -> IdentifierKey:
    if reference.key is not None:
        key = IdentifierKey(reference.key.bytes)
    else:
        kind = reference.kind or ""
        key = identifier_key(
            caller.salt, kind, normalise(kind, reference.value or "", reads.identity) or ""
        )
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
    reads: ReadsNow,
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
    row = await read.by_id(reads.pool, caller.workspace, number)
    if row is None or row.action != ACTION or command_id(caller.salt, number) != id:
        raise NotFoundError("command")
    processed = await events.received(reads.pool, caller.workspace, message_key(caller.salt, id))
    return CommandStatus(
        id=id,
        kind="unmerge",
        status="processed" if processed else "pending",
        requested_at=row.at,
        requested_by=row.actor,
        subject=row.subject,
    )
