"""Retention: how long each class of data is kept, previewed and set."""

from collections.abc import Mapping
from datetime import date, timedelta

from fastapi import APIRouter

from api.privacy.retention_schemas import (
    ClassDueView,
    PolicyChange,
    PolicyPreview,
    PolicyRequest,
    RetentionView,
    class_view,
)
from api.web.actors import named
from api.web.deps import Admin, Caller, PoolDep, Reader, SettingsDep
from api.web.errors import ConflictError, UnprocessableError
from api.web.values import now
from config.settings import Settings
from domain.privacy.retention import MOST, RULES, RetentionClass, refusals, shortened
from operators.privacy.retention import is_approved, policy_fingerprint
from store.fetch import Pool, transaction
from store.retention import policies, told
from store.retention.policies import Order
from store.retention.told import Look

router = APIRouter(prefix="/cdp/privacy/retention", tags=["privacy"])


@router.get("", summary="Read how long data is kept")
async def get_retention(caller: Reader, settings: SettingsDep, pool: PoolDep) -> RetentionView:
    """Every class of data: what it covers, how long it is kept, and what went last."""
    return await _view(pool, caller, settings)


@router.post("/preview", summary="Preview a retention policy")
async def preview_retention(
    caller: Admin, settings: SettingsDep, pool: PoolDep, body: PolicyRequest
) -> PolicyPreview:
    """What a policy would remove at once, and its fingerprint; nothing is stored."""
    after = _policy(body, settings)
    before = policies.keep_of(await policies.policies_of(pool, caller.workspace))
    look = Look(settings.gate.pushes_remembered, settings.retention.counted)
    found = await told.due(pool, caller.workspace, after, look)
    return PolicyPreview(
        classes=[
            ClassDueView.from_due(due, after[due.name], before.get(due.name)) for due in found
        ],
        shortened=shortened(before, after),
        fingerprint=policy_fingerprint(caller.salt, before, after, _today()),
    )


@router.put("", summary="Set how long data is kept")
async def set_retention(
    caller: Admin, settings: SettingsDep, pool: PoolDep, body: PolicyChange
) -> RetentionView:
    """Sets the policy as a whole; what is too old goes from then on and does not come back.

    Refused without the fingerprint of a preview where something is kept for less than now, and
    where the policy has changed since the preview. Data that a longer policy keeps is safe from the
    moment it is answered.
    """
    after = _policy(body, settings)
    async with transaction(pool) as conn:
        before = await policies.claim(conn, caller.workspace)
        less = shortened(before, after)
        if less and not _is_approved(caller, before, after, body.fingerprint):
            raise ConflictError(
                f"Less is kept of {', '.join(less)}: preview it and quote the fingerprint."
            )
        order = Order(caller.workspace, caller.actor, body.reason, before, after)
        await policies.replace(conn, order)
    return await _view(pool, caller, settings)


def _is_approved(
    caller: Caller,
    before: Mapping[RetentionClass, int],
    after: Mapping[RetentionClass, int],
    fingerprint: str | None,
) -> bool:
    return fingerprint is not None and is_approved(
        caller.salt, before, after, fingerprint, _today()
    )


def _policy(body: PolicyRequest, settings: Settings) -> dict[RetentionClass, int]:
    """A policy that can be, without what is kept for ever.

    Raises:
        UnprocessableError: it cannot be; every reason is told.
    """
    found = refusals(body.keep, _bounds(settings))
    if found:
        raise UnprocessableError("; ".join(f"`{name}` {why}" for name, why in found.items()) + ".")
    return {
        RetentionClass(name): keep_s for name, keep_s in body.keep.items() if keep_s is not None
    }


def _bounds(settings: Settings) -> dict[RetentionClass, timedelta]:
    """How long settings let classes be kept at most."""
    return {
        RetentionClass.ARCHIVES: settings.privacy.archive_lifetime,
        RetentionClass.LOGINS: settings.edge.login.lifetime,
    }


async def _view(pool: Pool, caller: Caller, settings: Settings) -> RetentionView:
    said = {one.name: one for one in await policies.policies_of(pool, caller.workspace)}
    runs, bounds = await told.runs_of(pool, caller.workspace), _bounds(settings)
    classes = [
        class_view(name, bounds.get(name, MOST), said.get(name), runs.get(name)).model_copy(
            update={"oldest_at": await told.oldest(pool, caller.workspace, name)}
        )
        for name in RULES
    ]
    return RetentionView(classes=await named(pool, caller, classes))


def _today() -> date:
    return now().date()
