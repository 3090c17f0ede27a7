"""What an operator states of somebody's consent: a command through the log, audited."""

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter

from api.profiles.routes import ProfileIdPath, find
from api.profiles.stating import refuse_unknown, strongest
from api.profiles.stating_schemas import ConsentAccepted, ConsentRequest
from api.web.deps import Admin, LogDep, PoolDep, SettingsDep
from domain.event import CONSENT
from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.keys import command_id
from sinks.intake.log import keyed
from store.audit.trail import append_async
from store.fetch import transaction

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])


@router.post("/{id}/consent", summary="State a person's consent", status_code=202)
async def state_consent(
    caller: Admin,
    settings: SettingsDep,
    pool: PoolDep,
    log: LogDep,
    id: ProfileIdPath,
    body: ConsentRequest,
) -> ConsentAccepted:
    """Grants or withdraws consent in a person's name, as of when they said so.

    The statement is one of the person's strongest identifier, now and at every replay, and counts
    like one of an event: the newest by `stated_at` wins, and at one instant a refusal. It is no
    activity. A withdrawal takes the person off every platform, whatever the gate says, and revokes
    the files of exports that hold them and serve the purpose.

    The answer comes when the command is safe in the log; `GET /cdp/commands/{id}` tells when it has
    been processed.
    """
    found = await find(pool, caller.workspace, id)
    await refuse_unknown(pool, settings, caller, found, [body.purpose])
    named = strongest(found, settings.identity)
    stated_ms = None if body.stated_at is None else to_ms(body.stated_at)
    async with transaction(pool) as connection:
        entered = await append_async(
            connection,
            caller.workspace,
            caller.actor,
            CONSENT,
            f"profile:{UUID(bytes=found.person.id)}",
            {
                "identifier": named.key.hex(),
                "purpose": body.purpose,
                "state": body.state,
                "stated_ms": stated_ms,
                "version": body.version or "",
                "reason": body.reason,
            },
        )
    record: dict[str, Any] = {
        "kind": CONSENT,
        "workspace": caller.workspace,
        "id": command_id(caller.salt, CONSENT, entered.id),
        "identifier": [named.kind, named.value],
        "purpose": body.purpose,
        "state": body.state,
        "stated": to_ms(entered.at) if stated_ms is None else stated_ms,
        "evidence": body.evidence or "",
        "version": body.version or "",
        "author": caller.actor,
        "reason": body.reason,
    }
    encoded = encode_sealed(caller.salt, to_ms(entered.at), msgspec.json.encode(record))
    await log.append(keyed([encoded]))
    return ConsentAccepted(command_id=str(record["id"]))
