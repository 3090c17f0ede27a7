"""Takes a request in: finds whom it means, enters it for each of them, sends what there is to send.

    body ──▶ identities ──▶ identifiers ──▶ people ──▶ a request of the register each
                                       └──▶ nobody's ──▶ one more, where it is an erasure

The sender's id makes it safe to send again: the same request is answered as before, and commands
that the event log had not confirmed are sent once more.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from api.opendsr.schemas import DsrExtension, DsrRequest, Identity
from api.privacy.entering import Asked, Subject, add_access, add_erasure, request_of
from api.privacy.laws import Law, law_of
from api.privacy.sending import NotSentError, send
from api.web.deps import Caller
from api.web.errors import ApiError, BadRequestError
from api.web.values import now
from config.opendsr import OpenDsrParams
from config.settings import Settings
from domain.ids import IdentifierKey
from domain.keys import identifier_key, request_digest
from domain.policies import IdentityRules
from domain.privacy.erasure import Afterwards, RequestKind, RequestStatus
from domain.privacy.opendsr import RAW
from operators.identity.normalise import normalise
from sinks.intake.log import EventLog
from sinks.opendsr.callbacks import host_of, read_address
from store.audit.trail import append_async
from store.fetch import AsyncConn, Pool, transaction
from store.privacy import opendsr
from store.privacy.opendsr import NewSentRequest, SentRequest
from store.profiles import profiles

_EARLY: Final = timedelta(days=1)
"""Clocks of senders may run so far ahead."""


class DsrNotSentError(ApiError):
    """The event log has not confirmed the commands of a request, which is kept.

    Args:
        cause: why the log did not.
    """

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "log_unavailable"

    def __init__(self, cause: NotSentError) -> None:
        super().__init__(
            "The request is kept, and the event log has not confirmed it: send the same again."
        )
        self.retry_after_s = cause.retry_after_s


class _Meant(NamedTuple):
    """Whom a request means: people, and identifiers that nobody has."""

    people: list[Subject]
    nobodys: list[IdentifierKey]


def kinds_of(params: OpenDsrParams, rules: IdentityRules) -> dict[str, str]:
    """Identity types that can be looked up, each with the kind of identifier that it is."""
    own = {kind: kind for kind in rules.kinds}
    mapped = {name: kind for name, kind in params.identities.items() if kind in rules.kinds}
    return own | mapped


async def receive(
    pool: Pool, log: EventLog, caller: Caller, settings: Settings, body: DsrRequest
) -> SentRequest:
    """Take a request in, or one that is there already once more.

    Args:
        pool: open pool.
        log: where commands of erasures go.
        caller: who sends it.
        settings: of the process.
        body: the request.

    Raises:
        BadRequestError: it cannot be carried out, or is another one than before.
        ConflictError: an earlier request of one of the people is under way.
        UnprocessableError: the settings have no such law.
        DsrNotSentError: it is entered, and the event log did not confirm it.
    """
    number, digest = UUID(body.subject_request_id), request_digest(caller.salt, _content(body))
    found = await opendsr.by_id(pool, caller.workspace, number)
    if found is None:
        law = law_of(settings.privacy, body.regulation)
        asked = _asked(settings, body, law)
        meant = await _meant(pool, caller, settings, body.subject_identities)
        new = NewSentRequest(
            id=number,
            digest=digest,
            kind=body.subject_request_type,
            regulation=law.name,
            group_id=body.group_id,
            requested_by=caller.actor,
            submitted_at=body.submitted_time,
            due_after=law.due_after,
            callbacks=_callbacks(settings.opendsr, body.status_callback_urls),
        )
        async with transaction(pool) as conn:
            if await opendsr.add(conn, caller.workspace, new):
                await _enter(conn, caller, new, asked, meant)
        found = await opendsr.by_id(pool, caller.workspace, number)
    if found is None or found.digest != digest:
        raise BadRequestError("There is another request with this subject_request_id.")
    await _send(pool, log, caller, found)
    return found


def _content(body: DsrRequest) -> bytes:
    """What makes a request this one, however it is spelled."""
    own = body.model_dump(mode="json", exclude={"extensions"})
    try:
        return json.dumps([own, body.extensions], sort_keys=True).encode()
    except RecursionError:
        raise BadRequestError("The extensions are nested too deep.") from None


def _asked(settings: Settings, body: DsrRequest, law: Law) -> Asked:
    if body.submitted_time > now() + _EARLY:
        raise BadRequestError("submitted_time is in the future.")
    try:
        own = (body.extensions or {}).get(settings.opendsr.processor_domain)
        extension = DsrExtension.model_validate({} if own is None else own)
    except ValidationError:
        raise BadRequestError("The extension of this processor does not hold.") from None
    kind = body.subject_request_type.kind
    return Asked(
        kind=kind,
        reason=f"OpenDSR {body.subject_request_type} {body.subject_request_id}",
        law=law,
        afterwards=Afterwards(extension.afterwards) if kind == RequestKind.ERASURE else None,
        since=body.submitted_time,
    )


async def _meant(
    pool: Pool, caller: Caller, settings: Settings, identities: Iterable[Identity]
) -> _Meant:
    """Whom identities mean now."""
    kinds, rules = kinds_of(settings.opendsr, settings.identity), settings.identity
    keys = sorted(
        {
            _key(place, identity, kinds, rules, caller.salt)
            for place, identity in enumerate(identities)
        }
    )
    owners = await profiles.owners(pool, caller.workspace, keys)
    people: list[Subject] = []
    for owner in sorted({*owners.values()}):
        person = await profiles.by_key(pool, caller.workspace, owner)
        if person is not None:
            people.append(Subject.from_stored(person))
    held = {key for person in people for key in person.keys}
    return _Meant(people, [key for key in keys if key not in held])


def _key(
    place: int, identity: Identity, kinds: dict[str, str], rules: IdentityRules, salt: bytes
) -> IdentifierKey:
    where = f"subject_identities[{place}]"
    if identity.identity_format != RAW:
        raise BadRequestError(
            f"{where}: hashed identities cannot be looked up here; send it raw. Discovery lists"
            " what is supported."
        )
    kind = kinds.get(identity.identity_type)
    if kind is None:
        raise BadRequestError(f"{where}: this identity_type is not supported; discovery lists all.")
    value = normalise(kind, identity.identity_value, rules)
    if value is None:
        raise BadRequestError(f"{where}: this value identifies nobody: it is no {kind}.")
    return identifier_key(salt, kind, value)


def _callbacks(params: OpenDsrParams, urls: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(urls))
    for place, url in enumerate(found):
        try:
            read_address(url, params.callbacks.allowed_hosts)
        except ValueError as error:
            raise BadRequestError(f"status_callback_urls[{place}]: {error}.") from None
    return found


async def _enter(
    conn: AsyncConn, caller: Caller, new: NewSentRequest, asked: Asked, meant: _Meant
) -> None:
    """Enter a request for each person; of nobody, an answered one, or one that suppresses."""
    add = add_erasure if asked.kind == RequestKind.ERASURE else add_access
    parts = [await add(conn, caller, person, asked) for person in meant.people]
    unknown = Subject(meant.nobodys[0], [*meant.nobodys]) if meant.nobodys else None
    if unknown is not None and asked.kind == RequestKind.ERASURE:
        parts.append(await add_erasure(conn, caller, unknown, asked))
    elif unknown is not None and not parts:
        answered = asked._replace(is_answered=True)
        parts.append(await add_access(conn, caller, unknown, answered))
    await opendsr.add_parts(conn, caller.workspace, new.id, parts)
    detail = {
        "type": new.kind,
        "regulation": new.regulation,
        "requests": parts,
        "people": len(meant.people),
        "callbacks": [host_of(url) for url in new.callbacks],
    }
    subject = f"opendsr:{new.id}"
    await append_async(conn, caller.workspace, caller.actor, "opendsr.request", subject, detail)


async def _send(pool: Pool, log: EventLog, caller: Caller, found: SentRequest) -> None:
    """Send the commands that the event log has not confirmed."""
    for number, (status, *_) in zip(found.requests, found.parts, strict=True):
        if status == RequestStatus.NOT_SENT:
            try:
                await send(pool, log, caller, await request_of(pool, caller, number))
            except NotSentError as error:
                raise DsrNotSentError(error) from error
