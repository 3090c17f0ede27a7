"""Routes of the trust gate: modes, overrides and releases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from fastapi import APIRouter

from api.gate.interventions import Kind, actor_of, intervention, shown
from api.gate.schemas import (
    AudienceVerdicts,
    EffectiveMode,
    GateView,
    ModeRequest,
    ModeView,
    OverrideRequest,
    SaidView,
)
from api.gate.thresholds_schemas import GateThresholds
from api.gate.verdicts import VerdictCountsDep
from api.web.actors import named
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
from api.web.errors import ConflictError, NotFoundError
from api.web.paging import RowId
from api.web.texts import ReasonDep
from api.web.transaction import Transactions, TransactionsDep
from api.web.values import now
from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES
from domain.gate import Controls, Mode, Setting
from domain.instants import to_ms
from operators.gate.decide import mode_of
from store.fetch import Pool
from store.gate import commands, controls
from store.gate.controls import ModeRow

router = APIRouter(prefix="/cdp", tags=["trust"])

KindPath = Literal["overrides", "releases"]
_KINDS: Final[dict[KindPath, Kind]] = {"overrides": "override", "releases": "release"}
_SHOWN: Final = 200


@router.get("/gate", summary="Read how the gate is run")
async def get_gate(
    caller: Reader, settings: SettingsDep, pool: PoolDep, transactions: TransactionsDep
) -> GateView:
    """Thresholds, modes, and the overrides and releases that hold."""
    at = now()
    modes, said = await transactions.run(
        lambda conn: (
            controls.modes(conn, caller.workspace, at),
            controls.interventions(conn, caller.workspace, at),
        )
    )
    views = await shown(pool, caller, settings, said, at)
    return GateView(
        thresholds=GateThresholds.from_params(settings.gate),
        modes=await named(pool, caller, [ModeView.from_row(row) for row in modes]),
        effective=_effective(modes, at, settings),
        overrides=[view for view in views if view.kind == "override"],
        releases=[view for view in views if view.kind == "release"],
    )


def _effective(modes: Sequence[ModeRow], at: datetime, settings: Settings) -> list[EffectiveMode]:
    """What holds for the workspace, then for each platform, by all modes that somebody set."""
    said = Controls(
        tuple(
            Setting(
                row.scope,
                Mode(row.mode),
                row.author,
                None if row.expires_at is None else to_ms(row.expires_at),
            )
            for row in modes
        )
    )
    scopes = {"workspace": None, **{f"platform:{name}": name for name in PLATFORM_NAMES}}
    return [
        EffectiveMode(
            scope=scope, mode=mode_of(said, None, platform, to_ms(at), settings.gate).value
        )
        for scope, platform in scopes.items()
    ]


@router.get("/gate/audiences", summary="Count audiences by what the gate says of them now")
async def count_audience_verdicts(caller: Reader, counts: VerdictCountsDep) -> AudienceVerdicts:
    """How many audiences the gate lets pass, holds and blocks.

    As the list of audiences says of each: without the size of the push. Where judging takes long,
    a count is given again for a while: `as_of` says from when it is.
    """
    return await counts.read(caller.workspace)


@router.put("/gate/mode", summary="Set how the gate is run")
async def set_gate_mode(
    caller: AnyKey,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    body: ModeRequest,
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
    actor, mode = actor_of(caller, settings), Mode(body.mode)
    await transactions.run(
        lambda conn: commands.set_mode(
            conn, actor, mode, commands.Terms(body.scope, body.reason, body.expires_at), now()
        )
    )
    counts.forget(caller.workspace)
    return await _modes(pool, transactions, caller)


@router.post("/gate/mode/{scope}/approve", summary="Approve an advisory mode", deprecated=True)
async def approve_gate_mode(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    scope: str,
    reason: ReasonDep,
) -> list[ModeView]:
    """Agrees to an advisory mode that somebody else set.

    None needs it any more: a dry run lets nothing pass.
    """
    actor = actor_of(caller, settings)
    if not await transactions.run(lambda conn: commands.approve_mode(conn, actor, scope, reason)):
        raise NotFoundError("mode that waits for approval")
    counts.forget(caller.workspace)
    return await _modes(pool, transactions, caller)


@router.get("/gate/overrides", summary="List overrides and releases")
async def list_interventions(
    caller: Reader, settings: SettingsDep, pool: PoolDep, transactions: TransactionsDep
) -> list[SaidView]:
    """The newest ones, those that ended too."""
    at = now()
    rows = await transactions.run(
        lambda conn: controls.interventions(conn, caller.workspace, at, ended=True, limit=_SHOWN)
    )
    return await shown(pool, caller, settings, rows, at)


@router.post("/gate/overrides", summary="Override reasons for a while", status_code=201)
async def create_override(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    body: OverrideRequest,
) -> SaidView:
    """Pushes that only these reasons speak against pass until the override ends.

    Takes the scope `gate`.
    """
    actor = actor_of(caller, settings)
    made = await transactions.run(
        lambda conn: commands.override(
            conn,
            actor,
            body.codes,
            commands.Terms(body.scope, body.reason, body.expires_at),
            now(),
        )
    )
    counts.forget(caller.workspace)
    return await intervention(pool, transactions, caller, settings, "override", made)


@router.post("/gate/{kind}/{id}/approve", summary="Approve an override or a release")
async def approve_intervention(
    caller: Releaser,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    kind: KindPath,
    id: RowId,
    reason: ReasonDep,
) -> SaidView:
    """Agrees to what somebody else said, where two persons are needed. Takes the scope `gate`."""
    one, actor = _KINDS[kind], actor_of(caller, settings)
    done = await transactions.run(lambda conn: commands.approve(conn, actor, one, id, reason))
    found = await intervention(pool, transactions, caller, settings, one, id)
    if not done:
        raise ConflictError(f"The {one} is {'approved' if found.approved_by else 'over'} already.")
    counts.forget(caller.workspace)
    return found


@router.get("/gate/{kind}/{id}", summary="Read an override or a release")
async def get_intervention(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    kind: KindPath,
    id: RowId,
) -> SaidView:
    """One of them, also where it is over: what a decision names, for instance."""
    return await intervention(pool, transactions, caller, settings, _KINDS[kind], id)


@router.delete("/gate/{kind}/{id}", summary="Revoke an override or a release")
async def revoke_intervention(
    caller: Stopper,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    counts: VerdictCountsDep,
    kind: KindPath,
    id: RowId,
    reason: ReasonDep,
) -> SaidView:
    """Takes it back at once: once it is answered, no request begins on it.

    What is over stays as it was. Takes the scope `write` or `gate`.
    """
    one, actor = _KINDS[kind], actor_of(caller, settings)
    await intervention(pool, transactions, caller, settings, one, id)
    await transactions.run(lambda conn: commands.revoke(conn, actor, one, id, reason))
    counts.forget(caller.workspace)
    return await intervention(pool, transactions, caller, settings, one, id)


async def _modes(pool: Pool, transactions: Transactions, caller: Caller) -> list[ModeView]:
    rows = await transactions.run(lambda conn: controls.modes(conn, caller.workspace, now()))
    return await named(pool, caller, [ModeView.from_row(row) for row in rows])
