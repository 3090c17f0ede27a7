"""Enters requests into the audit log and the register, each in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from api.privacy.erasures_schemas import ErasureRequest
from api.privacy.laws import Law
from api.privacy.restrictions_schemas import ObjectionRequest, RestrictionRequest
from api.web.deps import Caller
from api.web.errors import ConflictError, NotFoundError
from domain.event import CONSENT, RESTRICTION
from domain.ids import IdentifierKey
from domain.keys import command_id, message_key
from domain.privacy.access import REQUESTED as ACCESS_REQUESTED
from domain.privacy.erasure import Afterwards, RequestKind, RequestStatus
from domain.privacy.receipt import REQUESTED
from domain.profiles.consent import ANY_USE
from operators.privacy.identifiers import fingerprint
from store.audit.trail import append_async
from store.fetch import AsyncConn, Pool, transaction
from store.privacy import archives, register
from store.privacy.register import NewRequest, PrivacyRequest, Waiting
from store.profiles.profiles import StoredProfile


class Subject(NamedTuple):
    """Whom a request is about.

    Attributes:
        profile: the person's id; of somebody unknown, the first of the keys.
        keys: sorted keys of identifiers.
    """

    profile: bytes
    keys: list[bytes]

    @classmethod
    def from_stored(cls, found: StoredProfile) -> "Subject":
        """A person with exactly the identifiers that they have now."""
        return cls(found.person.id, sorted(identifier.key for identifier in found.identifiers))


class Asked(NamedTuple):
    """What is asked for.

    Attributes:
        law: under which law.
        afterwards: of an erasure; else None.
        since: when the person asked, where that was earlier; the answer is due from then on.
        is_answered: nothing is left to do.
        told: of a statement, its purposes and evidence; the subject has the one identifier that it
            is a statement of.
    """

    kind: RequestKind
    reason: str
    law: Law
    afterwards: Afterwards | None = None
    since: datetime | None = None
    is_answered: bool = False
    told: Mapping[str, Any] = MappingProxyType({})


async def enter(
    pool: Pool, caller: Caller, found: StoredProfile, body: ErasureRequest, law: Law
) -> PrivacyRequest:
    """Enter a request; it names exactly the identifiers that the person has now.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        body: what is asked for.
        law: under which law.

    Raises:
        ConflictError: the person has other identifiers than were approved, or an earlier request
            names all of them and is not processed.
    """
    subject = Subject.from_stored(found)
    if body.fingerprint not in {None, fingerprint(subject.keys)}:
        raise ConflictError(
            "The person has other identifiers than the preview showed: preview again."
        )
    async with transaction(pool) as conn:
        asked = Asked(RequestKind.ERASURE, body.reason, law, body.afterwards)
        number = await add_erasure(conn, caller, subject, asked)
    return await request_of(pool, caller, number)


async def add_erasure(conn: AsyncConn, caller: Caller, subject: Subject, asked: Asked) -> int:
    """Enter an erasure within a transaction; answers its number.

    Raises:
        ConflictError: an earlier request names all these identifiers and is not processed.
    """
    waiting = await register.claim(conn, caller.workspace, subject.keys)
    if waiting is not None:
        raise ConflictError(_refusal(waiting))
    return await _add(conn, caller, subject, asked)


async def enter_access(
    pool: Pool, caller: Caller, found: StoredProfile, reason: str, law: Law
) -> PrivacyRequest:
    """Enter a request of access, and order its archive.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        reason: why.
        law: under which law.

    Raises:
        ConflictError: the archive of an earlier request of the person is under way.
    """
    subject = Subject.from_stored(found)
    async with transaction(pool) as conn:
        number = await add_access(conn, caller, subject, Asked(RequestKind.ACCESS, reason, law))
    return await request_of(pool, caller, number)


async def add_access(conn: AsyncConn, caller: Caller, subject: Subject, asked: Asked) -> int:
    """Enter a request of access within a transaction, and order its archive; answers its number.

    No archive is ordered of one that is answered.

    Raises:
        ConflictError: the archive of an earlier request of the person is under way.
    """
    keys = [UUID(bytes=key) for key in subject.keys]
    waiting = await archives.waiting(conn, caller.workspace, keys)
    if waiting is not None:
        raise ConflictError(f"Request {waiting.id} asks for this already; it is {waiting.status}.")
    number = await _add(conn, caller, subject, asked)
    if not asked.is_answered:
        await archives.add(conn, number)
    return number


async def enter_stated(
    pool: Pool,
    caller: Caller,
    found: StoredProfile,
    of: IdentifierKey,
    kind: RequestKind,
    body: RestrictionRequest,
    law: Law,
) -> PrivacyRequest:
    """Enter a restriction, a release or an objection.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        of: the identifier that it is a statement of.
        kind: which of them.
        body: why, what shows it, and what is objected to.
        law: under which law.
    """
    purposes = list(dict.fromkeys(body.purposes)) if isinstance(body, ObjectionRequest) else None
    told: dict[str, Any] = {"purposes": purposes or [ANY_USE]}
    if body.evidence:
        told["evidence"] = body.evidence
    subject = Subject(found.person.id, [of])
    async with transaction(pool) as conn:
        number = await _add(conn, caller, subject, Asked(kind, body.reason, law, told=told))
    return await request_of(pool, caller, number)


_ACTIONS: Final = {
    RequestKind.ERASURE: REQUESTED,
    RequestKind.ACCESS: ACCESS_REQUESTED,
    RequestKind.RESTRICTION: RESTRICTION,
    RequestKind.RELEASE: RESTRICTION,
    RequestKind.OBJECTION: CONSENT,
}
"""The audit log calls a request as its command is called."""


async def _add(conn: AsyncConn, caller: Caller, subject: Subject, asked: Asked) -> int:
    """Enter a request; its number in the register."""
    action = _ACTIONS[asked.kind]
    detail: dict[str, Any] = {"identifiers": [UUID(bytes=key).hex for key in subject.keys]}
    if asked.told:
        detail = {"identifier": subject.keys[0].hex(), "request": asked.kind}
        if asked.kind is RequestKind.OBJECTION:
            detail["purposes"] = asked.told["purposes"]
    if asked.afterwards is not None:
        detail["afterwards"] = asked.afterwards
    detail |= {"regulation": asked.law.name, "reason": asked.reason}
    about = f"profile:{UUID(bytes=subject.profile)}"
    entered = await append_async(conn, caller.workspace, caller.actor, action, about, detail)
    name = command_id(caller.salt, action, entered.id)
    new = NewRequest(
        command=message_key(caller.salt, name),
        command_id=name,
        profile=subject.profile,
        keys=subject.keys,
        afterwards=asked.afterwards,
        reason=asked.reason,
        requested_by=caller.actor,
        audit_id=entered.id,
        requested_at=entered.at,
        due_at=min(entered.at, asked.since or entered.at) + asked.law.due_after,
        regulation=asked.law.name,
        kind=asked.kind,
        completed_at=entered.at if asked.is_answered else None,
        told=dict(asked.told),
    )
    return await register.add(conn, caller.workspace, new)


async def request_of(pool: Pool, caller: Caller, number: int) -> PrivacyRequest:
    """A request of the caller's workspace.

    Raises:
        NotFoundError: there is none with this number.
    """
    found = await register.by_id(pool, caller.workspace, number)
    if found is None:
        raise NotFoundError("request")
    return found


def _refusal(waiting: Waiting) -> str:
    names = f"Request {waiting.id} names all these identifiers already"
    if waiting.status == RequestStatus.NOT_SENT:
        return f"{names} and was not sent: POST /cdp/privacy/requests/{waiting.id}/retry."
    return f"{names} and waits for the engine."
