"""Restriction and objection: keep a person's data, and use them for nothing or not for all."""

from fastapi import APIRouter

from api.privacy.asking import meant
from api.privacy.entering import enter_stated, request_of
from api.privacy.laws import law_of
from api.privacy.requests_schemas import RequestView
from api.privacy.restrictions_schemas import ObjectionRequest, RestrictionRequest
from api.privacy.sending import send
from api.profiles.stating import refuse_unknown, strongest
from api.web.actors import named
from api.web.deps import Admin, Caller, LogDep, PoolDep, SettingsDep
from api.web.errors import ConflictError
from api.web.values import now
from config.settings import Settings
from domain.privacy.erasure import RequestKind
from operators.profiles.consent import restricted
from sinks.intake.log import EventLog
from store.fetch import Pool
from store.privacy import register
from store.profiles.profiles import StoredProfile

router = APIRouter(prefix="/cdp/privacy", tags=["privacy"])


@router.post("/restrictions", summary="Restrict a person", status_code=202)
async def restrict_person(
    caller: Admin, settings: SettingsDep, pool: PoolDep, log: LogDep, body: RestrictionRequest
) -> RequestView:
    """Keeps what is held of a person, and uses it for nothing until they are released.

    They consent to nothing, so every platform loses them at once, whatever the gate says; they are
    in no segment, funnel, RFM bounds or export, and files that may hold them are revoked. What
    happens to them is still taken in and kept, and staff can still read it.

    A person is found by any id or identifier, as for an erasure. The restriction is one of their
    strongest identifier, now and at every replay: it merges and unmerges with it. Of it and a
    release the newer one counts, and at one instant the restriction.

    The answer comes when the command is safe in the event log; where the log does not answer, the
    request is kept as `not_sent`.
    """
    found = await meant(pool, caller, settings.identity, body)
    return await _state(caller, settings, pool, log, found, RequestKind.RESTRICTION, body)


@router.post("/restrictions/release", summary="Release a restricted person", status_code=202)
async def release_person(
    caller: Admin, settings: SettingsDep, pool: PoolDep, log: LogDep, body: RestrictionRequest
) -> RequestView:
    """Ends a restriction: everything is as if it had never been.

    Tell the person before (GDPR Art. 18(3)). Consent counts again as it was stated, segments are
    evaluated again, and audiences get the person with their next push. Refused where the person is
    not restricted and no restriction waits.
    """
    found = await meant(pool, caller, settings.identity, body)
    keys: list[bytes] = [each.key for each in found.identifiers]
    if not restricted(found.person.view) and not await register.restricting(
        pool, caller.workspace, keys
    ):
        raise ConflictError("The person is not restricted.")
    return await _state(caller, settings, pool, log, found, RequestKind.RELEASE, body)


@router.post("/objections", summary="Enter an objection", status_code=202)
async def enter_objection(
    caller: Admin, settings: SettingsDep, pool: PoolDep, log: LogDep, body: ObjectionRequest
) -> RequestView:
    """Refuses purposes in a person's name, because they object to them.

    By default it is every purpose. It counts like any refusal: every platform that needs one of the
    purposes loses the person at once, whatever the gate says, and what they grant later counts
    again.
    """
    found = await meant(pool, caller, settings.identity, body)
    await refuse_unknown(pool, settings, caller, found, body.purposes)
    return await _state(caller, settings, pool, log, found, RequestKind.OBJECTION, body)


async def _state(
    caller: Caller,
    settings: Settings,
    pool: Pool,
    log: EventLog,
    found: StoredProfile,
    kind: RequestKind,
    body: RestrictionRequest,
) -> RequestView:
    """Enter a request, send its command, and show the request."""
    of = strongest(found, settings.identity)
    law = law_of(settings.privacy, body.regulation)
    entered = await enter_stated(pool, caller, found, of.key, kind, body, law)
    await send(pool, log, caller, entered)
    view = RequestView.from_row(await request_of(pool, caller, entered.id), now())
    return (await named(pool, caller, [view]))[0]
