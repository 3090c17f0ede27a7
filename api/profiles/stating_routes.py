"""What an operator states of somebody's consent: a command through the log, audited."""

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter

from api.profiles.routes import ProfileIdPath, find
from api.profiles.stating_schemas import ConsentAccepted, ConsentRequest
from api.web.deps import Admin, Caller, LogDep, PoolDep, SettingsDep
from api.web.errors import UnprocessableError
from api.web.purposes import known_purposes
from config.settings import Settings
from domain.event import CONSENT, Identifier
from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.keys import command_id
from domain.policies import IdentityRules
from domain.profiles.consent import EVERY_PURPOSE
from operators.identity.normalise import normalise
from sinks.intake.log import keyed
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.profiles.profiles import StoredProfile

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
    await _refuse_unknown(pool, settings, caller, found, body.purpose)
    named = _strongest(found, settings.identity)
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


async def _refuse_unknown(
    pool: Pool, settings: Settings, caller: Caller, found: StoredProfile, purpose: str
) -> None:
    """Refuse a purpose that nobody knows.

    Raises:
        UnprocessableError: it says which are known.
    """
    known = (await known_purposes(pool, settings, caller.workspace)).names
    if purpose not in {EVERY_PURPOSE, *known, *found.person.view.consent}:
        names = ", ".join(sorted(known)) or "none"
        raise UnprocessableError(f"The workspace knows no such purpose; it knows: {names}.")


def _strongest(found: StoredProfile, rules: IdentityRules) -> Identifier:
    """The identifier that the statement is of: one that the rules of today still name.

    Raises:
        UnprocessableError: there is none.
    """
    usable = [
        (rules.kinds[one.kind].priority, one.kind, one.value, one)
        for one in found.identifiers
        if normalise(one.kind, one.value, rules) == one.value
    ]
    if not usable:
        raise UnprocessableError("By the rules of today no identifier names this person.")
    return min(usable, key=lambda one: one[:3])[3]
