"""Routes of the trust gate: modes, overrides, releases, verdicts, and trials of thresholds."""

from collections import Counter
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Path

from api.gate.rejudge_schemas import RejudgedView, RejudgeRequest, RejudgeView
from api.gate.schemas import (
    AudienceGateView,
    DependencyView,
    GateView,
    ModeRequest,
    ModeView,
    OverrideRequest,
    ReleaseRequest,
    SaidView,
)
from api.web.deps import (
    AnyKey,
    Caller,
    PoolDep,
    Reader,
    Releaser,
    SettingsDep,
    Stopper,
    demand,
)
from api.web.errors import ConflictError, NotFoundError, UnprocessableError
from api.web.paging import RowId
from api.web.transaction import Conn, Transactions, TransactionsDep
from api.web.values import instant, now
from config.settings import Settings
from domain.gate import Mode
from domain.ids import WorkspaceId
from operators.gate.decide import mode_now
from operators.gate.params import GateParams
from operators.gate.replay import Rejudged, rejudge, with_values
from sinks.gate import Evaluation, TrustGate
from store.activation import audiences
from store.activation.audiences import AudienceRow
from store.fetch import Pool
from store.gate import commands, controls, replay
from store.gate.commands import Speaker

router = APIRouter(prefix="/cdp", tags=["trust"])

AudienceId = Annotated[int, Path(ge=0, lt=2**31)]
KindPath = Literal["overrides", "releases"]
Kind = Literal["override", "release"]
_KINDS: Final[dict[KindPath, Kind]] = {"overrides": "override", "releases": "release"}
_SHOWN: Final = 200
_JUDGED: Final = 20_000
"""Past decisions that are judged anew at most."""


@router.get("/gate", summary="Read how the gate is run")
async def get_gate(
    caller: Reader, settings: SettingsDep, transactions: TransactionsDep
) -> GateView:
    """Thresholds, modes, and the overrides and releases that hold."""
    at = now()
    modes, said = await transactions.run(
        lambda conn: (
            controls.modes(conn, caller.workspace, at),
            controls.said(conn, caller.workspace, at),
        )
    )
    views = [SaidView.of(row) for row in said]
    return GateView(
        thresholds=msgspec.to_builtins(settings.gate),
        modes=[ModeView.of(row) for row in modes],
        overrides=[view for view in views if view.kind == "override"],
        releases=[view for view in views if view.kind == "release"],
    )


@router.put("/gate/mode", summary="Set how the gate is run")
async def set_gate_mode(
    caller: AnyKey, settings: SettingsDep, transactions: TransactionsDep, body: ModeRequest
) -> list[ModeView]:
    """Enforce, freeze all pushes, or advise until an instant.

    To advise is a dry run: nothing is sent, and it is recorded what would have been.

    Once it is answered, no request of a push begins as it was before. Frozen anywhere is frozen;
    else the mode closest to the audience holds. Withdrawals and erasures go in every mode. Freezing
    without an end takes the scope `write` or `gate`; everything else may end what holds pushes, now
    or later, and takes `gate`.
    """
    until_lifted = body.mode == "frozen" and body.expires_at is None
    demand(caller, *(("write", "gate") if until_lifted else ("gate",)))
    speaker, mode = _speaker(caller, settings), Mode(body.mode)
    await transactions.run(
        lambda conn: commands.set_mode(
            conn, speaker, body.scope, mode, body.reason, now(), body.expires_at
        )
    )
    return await _modes(transactions, caller)


@router.post("/gate/mode/{scope}/approve", summary="Approve an advisory mode", deprecated=True)
async def approve_gate_mode(
    caller: Releaser, settings: SettingsDep, transactions: TransactionsDep, scope: str
) -> list[ModeView]:
    """Agrees to an advisory mode that somebody else set.

    None needs it any more: a dry run lets nothing pass.
    """
    speaker = _speaker(caller, settings)
    if not await transactions.run(lambda conn: commands.approve_mode(conn, speaker, scope)):
        raise NotFoundError("mode that waits for approval")
    return await _modes(transactions, caller)


@router.get("/gate/overrides", summary="List overrides and releases")
async def list_interventions(caller: Reader, transactions: TransactionsDep) -> list[SaidView]:
    """The newest ones, those that ended too."""
    rows = await transactions.run(
        lambda conn: controls.said(conn, caller.workspace, now(), ended=True, limit=_SHOWN)
    )
    return [SaidView.of(row) for row in rows]


@router.post("/gate/overrides", summary="Override reasons for a while", status_code=201)
async def create_override(
    caller: Releaser, settings: SettingsDep, transactions: TransactionsDep, body: OverrideRequest
) -> SaidView:
    """Pushes that only these reasons speak against pass until the override ends.

    Takes the scope `gate`.
    """
    speaker = _speaker(caller, settings)
    made = await transactions.run(
        lambda conn: commands.override(
            conn, speaker, body.scope, body.codes, body.reason, now(), body.expires_at
        )
    )
    return await _said(transactions, caller, "override", made)


@router.post("/gate/{kind}/{id}/approve", summary="Approve an override or a release")
async def approve_intervention(
    caller: Releaser,
    settings: SettingsDep,
    transactions: TransactionsDep,
    kind: KindPath,
    id: RowId,
) -> SaidView:
    """Agrees to what somebody else said, where two persons are needed. Takes the scope `gate`."""
    one, speaker = _KINDS[kind], _speaker(caller, settings)
    before = await _said(transactions, caller, one, id)
    if not await transactions.run(lambda conn: commands.approve(conn, speaker, one, id)):
        raise ConflictError(f"The {one} is {'approved' if before.approved_by else 'over'} already.")
    return await _said(transactions, caller, one, id)


@router.delete("/gate/{kind}/{id}", summary="Revoke an override or a release")
async def revoke_intervention(
    caller: Stopper, settings: SettingsDep, transactions: TransactionsDep, kind: KindPath, id: RowId
) -> SaidView:
    """Takes it back at once: once it is answered, no request begins on it.

    Takes the scope `write` or `gate`.
    """
    one, speaker = _KINDS[kind], _speaker(caller, settings)
    await _said(transactions, caller, one, id)
    await transactions.run(lambda conn: commands.revoke(conn, speaker, one, id))
    return await _said(transactions, caller, one, id)


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
    """The verdict on a push now, and the signals that it rests on."""
    audience = await _audience(caller, pool, id)

    def judge(conn: Conn) -> tuple[Evaluation, Mode]:
        gate = TrustGate(conn, settings.gate)
        judged = gate.judge(caller.workspace, audience.platform, id, "push", now())
        return judged, mode_now(judged.situation, id, judged.now_ms, settings.gate)

    judged, mode = await transactions.run(judge)
    decision = judged.decision
    depends_on = []
    for signal in decision.depends_on:
        reading = judged.readings.get(signal)
        depends_on.append(
            DependencyView(
                signal=signal,
                reading_id=reading.id if reading else None,
                score=reading.score if reading else None,
                status=reading.status.value if reading else "unknown",
                read_at=instant(reading.read_ms) if reading else None,
            )
        )
    return AudienceGateView(
        audience_id=id,
        verdict=decision.verdict.value,
        reasons=list(decision.reasons),
        codes=[code.value for code in decision.codes],
        depends_on=depends_on,
        mode=mode.value,
        confirmed_first=audience.members > 0 or audience.confirmed_at is not None,
    )


@router.post("/audience-sync/audiences/{id}/confirm", summary="Confirm an audience's first push")
async def confirm_first_push(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    id: AudienceId,
) -> AudienceGateView:
    """The first push adds everybody at once; somebody has to say that this is meant.

    It says nothing about health.

    Takes the scope `gate`.
    """
    await _audience(caller, pool, id)
    speaker = _speaker(caller, settings)
    await transactions.run(lambda conn: commands.confirm_first(conn, speaker, id, now()))
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
    id: AudienceId,
    body: ReleaseRequest,
) -> SaidView:
    """Lets the next push pass whatever the gate says of it, frozen aside.

    It is used up by that push, or ends. Takes the scope `gate`.
    """
    await _audience(caller, pool, id)
    speaker = _speaker(caller, settings)
    made = await transactions.run(
        lambda conn: commands.release(conn, speaker, id, body.reason, now(), body.expires_at)
    )
    return await _said(transactions, caller, "release", made)


@router.post("/gate/rejudge", summary="Judge past pushes anew")
async def rejudge_pushes(
    caller: Reader, settings: SettingsDep, transactions: TransactionsDep, body: RejudgeRequest
) -> RejudgeView:
    """Judges the recorded decisions about pushes with other thresholds, over the same readings.

    Nothing is recorded or done.

    Old readings are thinned to one a minute and status, so that rows of healthy ones are shorter
    than they were.
    """
    if not body.since < body.until:
        raise UnprocessableError("The range is empty: since lies before until.")
    try:
        params = with_values(settings.gate, body.thresholds)
    except ValueError as error:
        raise UnprocessableError(f"The thresholds make no sense: {error}.") from error

    found = await transactions.run(lambda conn: _rejudged(conn, caller.workspace, body, params))
    counts = Counter(f"{one.past.value} → {one.now.verdict.value}" for one in found)
    differing = [one for one in found if one.differs]
    return RejudgeView(
        judged=len(found),
        complete=len(found) < _JUDGED,
        counts=dict(sorted(counts.items())),
        differing=[
            RejudgedView(
                decision_id=one.number,
                destination=one.now.destination,
                decided_at=instant(one.now.decided_ms),
                past=one.past.value,
                now=one.now.verdict.value,
                reasons=list(one.now.reasons),
                codes=[code.value for code in one.now.codes],
            )
            for one in differing[:_SHOWN]
        ],
    )


def _rejudged(
    conn: Conn, workspace: WorkspaceId, body: RejudgeRequest, params: GateParams
) -> list[Rejudged]:
    past = replay.past_pushes(conn, workspace, body.since, body.until, _JUDGED)
    before = max(params.staleness * (params.recover_readings + 1), params.cool_down)
    return list(rejudge(past, replay.readings_for(conn, workspace, past, before), params))


def _speaker(caller: Caller, settings: Settings) -> Speaker:
    return Speaker(caller.workspace, caller.actor, settings.gate.longest_override)


async def _audience(caller: Caller, pool: Pool, audience: int) -> AudienceRow:
    found = await audiences.by_id(pool, caller.workspace, audience)
    if found is None:
        raise NotFoundError("audience")
    return found


async def _modes(transactions: Transactions, caller: Caller) -> list[ModeView]:
    rows = await transactions.run(lambda conn: controls.modes(conn, caller.workspace, now()))
    return [ModeView.of(row) for row in rows]


async def _said(transactions: Transactions, caller: Caller, kind: Kind, number: int) -> SaidView:
    found = await transactions.run(
        lambda conn: controls.one_said(conn, caller.workspace, kind, number)
    )
    if found is None:
        raise NotFoundError(kind)
    return SaidView.of(found)
