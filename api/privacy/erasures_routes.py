"""Erasures: what one would remove, and the request."""

from uuid import UUID

from fastapi import APIRouter

from api.privacy.asking import meant
from api.privacy.entering import enter, request_of
from api.privacy.erasures_schemas import ErasurePreview, ErasureRequest, PersonRequest
from api.privacy.laws import law_of
from api.privacy.requests_schemas import RequestView
from api.privacy.sending import send
from api.web.actors import named
from api.web.deps import Admin, LogDep, PoolDep, SettingsDep
from api.web.transaction import TransactionsDep
from api.web.values import now
from store.privacy import register
from store.privacy.foretold import foretold

router = APIRouter(prefix="/cdp/privacy/erasures", tags=["privacy"])


@router.post("/preview", summary="Preview an erasure")
async def preview_erasure(
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    body: PersonRequest,
) -> ErasurePreview:
    """What would be removed of a person, and where; nothing is stored.

    A person is found by any id, one that was merged away too, and by any identifier in any
    spelling. Check that whoever asks is this person before you send the request.
    """
    found = await meant(pool, caller, settings.identity, body)
    profile, keys = UUID(bytes=found.person.id), [each.key for each in found.identifiers]
    told = await transactions.read(
        lambda conn: foretold(conn, caller.workspace, profile, [UUID(bytes=key) for key in keys])
    )
    waiting = await register.waiting(pool, caller.workspace, [*keys])
    return ErasurePreview.from_found(found, told, body.profile_id, waiting and waiting.id)


@router.post("", summary="Erase a person", status_code=202)
async def erase_person(
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    log: LogDep,
    body: ErasureRequest,
) -> RequestView:
    """Asks for the erasure of a person; it cannot be taken back.

    The audit log and the register have the request before anything happens. The answer comes when
    the command is safe in the event log. Where the log does not answer, the request is kept as
    `not_sent` and can be sent again; `GET /cdp/privacy/requests/{id}` tells how far it is.

    Refused where the person has other identifiers than the preview showed, and while an earlier
    request that names all of them is not processed.
    """
    law = law_of(settings.privacy, body.regulation)
    found = await meant(pool, caller, settings.identity, body)
    entered = await enter(pool, caller, found, body, law)
    await send(pool, log, caller, entered)
    view = RequestView.from_row(await request_of(pool, caller, entered.id), now())
    return (await named(pool, caller, [view]))[0]
