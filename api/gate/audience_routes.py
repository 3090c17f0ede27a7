"""Routes of one audience's gate: the verdict now, its first push, the release of its next."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.gate.interventions import actor_of, intervention, shown
from api.gate.schemas import (
    AudienceGateView,
    DependencyView,
    ReleaseRequest,
    SaidView,
)
from api.gate.thresholds_schemas import GateThresholds
from api.gate.verdicts import VerdictCountsDep
from api.web.deps import Caller, PoolDep, Reader, Releaser, SettingsDep
from api.web.errors import NotFoundError
from api.web.texts import ReasonDep
from api.web.transaction import Conn, TransactionsDep
from api.web.values import now
from sinks.gate import PendingDecision, TrustGate
from store.activation import audiences
from store.activation.audiences import AudienceRow
from store.fetch import Pool
from store.gate import commands, controls
from store.gate.controls import GateIntervention

router = APIRouter(prefix="/cdp", tags=["trust"])

AudienceId = Annotated[int, Path(ge=0, lt=2**31)]


@router.get(
    "/audience-sync/audiences/{id}/gate", summary="Read what the gate says of an audience now"
)
async def get_audience_gate(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    id: AudienceId,
) -> AudienceGateView:
    """The verdict on a push now, the signals that it is based on, and what people let pass."""
    audience = await _audience(caller, pool, id)
    at = now()

    def judge(conn: Conn) -> tuple[PendingDecision, list[GateIntervention]]:
        gate = TrustGate(conn, settings.gate)
        judged = gate.judge(caller.workspace, audience.platform, id, "push", at)
        scopes = controls.scopes_of(id, audience.platform)
        return judged, controls.interventions(conn, caller.workspace, at, scopes=scopes)

    judged, said = await transactions.run(judge)
    decision = judged.decision
    depends_on = [
        DependencyView.from_reading(
            signal, judged.readings.get(signal), judged.now_ms, settings.gate
        )
        for signal in decision.depends_on
    ]
    return AudienceGateView(
        audience_id=id,
        verdict=decision.verdict.value,
        reasons=list(decision.reasons),
        codes=[code.value for code in decision.codes],
        depends_on=depends_on,
        mode=judged.mode.value,
        confirmed_first=audience.members > 0 or audience.confirmed_at is not None,
        thresholds=GateThresholds.from_params(settings.gate),
        interventions=await shown(pool, caller, settings, said, at),
    )


@router.post("/audience-sync/audiences/{id}/confirm", summary="Confirm an audience's first push")
async def confirm_first_push(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    id: AudienceId,
    reason: ReasonDep,
) -> AudienceGateView:
    """The first push adds everybody at once; somebody has to say that this is meant.

    It says nothing about health.

    Takes the scope `gate`.
    """
    await _audience(caller, pool, id)
    actor = actor_of(caller, settings)
    await transactions.run(lambda conn: commands.confirm_first(conn, actor, id, now(), reason))
    counts.forget(caller.workspace)
    return await get_audience_gate(caller, settings, pool, transactions, id)


@router.post(
    "/audience-sync/audiences/{id}/release",
    summary="Release an audience's next push",
    status_code=201,
)
async def release_next_push(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    id: AudienceId,
    body: ReleaseRequest,
) -> SaidView:
    """Lets the next push pass whatever the gate says of it, frozen aside.

    It is used up by that push, or ends. Takes the scope `gate`.
    """
    await _audience(caller, pool, id)
    actor = actor_of(caller, settings)
    made = await transactions.run(
        lambda conn: commands.release(conn, actor, id, body.reason, now(), body.expires_at)
    )
    counts.forget(caller.workspace)
    return await intervention(pool, transactions, caller, settings, "release", made)


async def _audience(caller: Caller, pool: Pool, audience: int) -> AudienceRow:
    found = await audiences.by_id(pool, caller.workspace, audience)
    if found is None:
        raise NotFoundError("audience")
    return found
