"""Previews of pushes: planned as they would be, judged by the gate, and thrown away."""

from dataclasses import asdict

from fastapi import APIRouter

from api.activation.audience_sync_routes import AudienceId
from api.activation.audience_sync_schemas import FirstPushRequest
from api.activation.audience_views import AudienceViewsDep
from api.activation.pushes_schemas import PushPreviewView
from api.web.concurrency import HeavyReadsDep
from api.web.deps import Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.transaction import TransactionsDep
from api.web.values import now
from sinks.activation.preview import PushPreview, preview_first, preview_judged
from sinks.gate import PendingDecision
from store.activation.due import AudienceDraft

router = APIRouter(prefix="/cdp/audience-sync", tags=["audiences"])


def _view(preview: PushPreview, judged: PendingDecision) -> PushPreviewView:
    decision = judged.decision
    counted = asdict(preview)
    del counted["by_chance"]
    return PushPreviewView(
        **counted,
        exact=preview.exact,
        verdict=decision.verdict.value,
        codes=[code.value for code in decision.codes],
        reasons=list(decision.reasons),
    )


@router.post("/preview", summary="Preview the first push of a new audience")
async def preview_first_push(
    caller: Reader,
    settings: SettingsDep,
    transactions: TransactionsDep,
    heavy: HeavyReadsDep,
    body: FirstPushRequest,
) -> PushPreviewView:
    """Plans the first push of an audience that is not created yet, and throws the plan away.

    `come` is how many members have consent and something that the platform matches by, `skipped`
    how many are left out and why. Nothing is created, sent or recorded. Who is held out is chosen
    when the audience is created: with a share that is held out, all of it is right to within
    chance, and not `exact`.
    """
    draft = AudienceDraft(body.segment_id, body.ttl_s, body.holdout_percent)
    platform, params = settings.platforms[body.platform].codec, settings.gate
    async with heavy.push_previews.slot(caller.workspace):
        preview, judged = await transactions.read(
            lambda conn: preview_first(conn, caller.workspace, draft, platform, params, now())
        )
    return _view(preview, judged)


@router.post("/audiences/{id}/preview", summary="Preview an audience's next push")
async def preview_audience(
    caller: Reader,
    settings: SettingsDep,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    heavy: HeavyReadsDep,
    id: AudienceId,
) -> PushPreviewView:
    """Plans the next push and throws the plan away.

    Shows how many come, go, and are left out, by reason – and what the gate would say of it.
    """
    audience = await views.find(caller.workspace, id)
    platform, params = settings.platforms[audience.platform].codec, settings.gate
    async with heavy.push_previews.slot(caller.workspace):
        found = await transactions.read(
            lambda conn: preview_judged(conn, id, platform, params, now())
        )
    if found is None:
        raise NotFoundError("audience")
    return _view(*found)
