"""Routes of the trust gate: modes, overrides and releases."""

from typing import Final, Literal

import msgspec
from fastapi import APIRouter

from api.gate.interventions import Kind, actor_of, intervention
from api.gate.schemas import GateView, ModeRequest, ModeView, OverrideRequest, SaidView
from api.web.deps import AnyKey, Caller, Reader, Releaser, SettingsDep, Stopper, demand
from api.web.errors import ConflictError, NotFoundError
from api.web.paging import RowId
from api.web.transaction import Transactions, TransactionsDep
from api.web.values import now
from domain.gate import Mode
from store.gate import commands, controls

router = APIRouter(prefix="/cdp", tags=["trust"])

KindPath = Literal["overrides", "releases"]
_KINDS: Final[dict[KindPath, Kind]] = {"overrides": "override", "releases": "release"}
_SHOWN: Final = 200


@router.get("/gate", summary="Read how the gate is run")
async def get_gate(
    caller: Reader, settings: SettingsDep, transactions: TransactionsDep
) -> GateView:
    """Thresholds, modes, and the overrides and releases that hold."""
    at = now()
    modes, said = await transactions.run(
        lambda conn: (
            controls.modes(conn, caller.workspace, at),
            controls.interventions(conn, caller.workspace, at),
        )
    )
    views = [SaidView.from_row(row) for row in said]
    return GateView(
        thresholds=msgspec.to_builtins(settings.gate),
        modes=[ModeView.from_row(row) for row in modes],
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
    actor, mode = actor_of(caller, settings), Mode(body.mode)
    await transactions.run(
        lambda conn: commands.set_mode(
            conn, actor, mode, commands.Terms(body.scope, body.reason, body.expires_at), now()
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
    actor = actor_of(caller, settings)
    if not await transactions.run(lambda conn: commands.approve_mode(conn, actor, scope)):
        raise NotFoundError("mode that waits for approval")
    return await _modes(transactions, caller)


@router.get("/gate/overrides", summary="List overrides and releases")
async def list_interventions(caller: Reader, transactions: TransactionsDep) -> list[SaidView]:
    """The newest ones, those that ended too."""
    rows = await transactions.run(
        lambda conn: controls.interventions(conn, caller.workspace, now(), ended=True, limit=_SHOWN)
    )
    return [SaidView.from_row(row) for row in rows]


@router.post("/gate/overrides", summary="Override reasons for a while", status_code=201)
async def create_override(
    caller: Releaser, settings: SettingsDep, transactions: TransactionsDep, body: OverrideRequest
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
    return await intervention(transactions, caller, "override", made)


@router.post("/gate/{kind}/{id}/approve", summary="Approve an override or a release")
async def approve_intervention(
    caller: Releaser,
    settings: SettingsDep,
    transactions: TransactionsDep,
    kind: KindPath,
    id: RowId,
) -> SaidView:
    """Agrees to what somebody else said, where two persons are needed. Takes the scope `gate`."""
    one, actor = _KINDS[kind], actor_of(caller, settings)
    before = await intervention(transactions, caller, one, id)
    if not await transactions.run(lambda conn: commands.approve(conn, actor, one, id)):
        raise ConflictError(f"The {one} is {'approved' if before.approved_by else 'over'} already.")
    return await intervention(transactions, caller, one, id)


@router.delete("/gate/{kind}/{id}", summary="Revoke an override or a release")
async def revoke_intervention(
    caller: Stopper, settings: SettingsDep, transactions: TransactionsDep, kind: KindPath, id: RowId
) -> SaidView:
    """Takes it back at once: once it is answered, no request begins on it.

    Takes the scope `write` or `gate`.
    """
    one, actor = _KINDS[kind], actor_of(caller, settings)
    await intervention(transactions, caller, one, id)
    await transactions.run(lambda conn: commands.revoke(conn, actor, one, id))
    return await intervention(transactions, caller, one, id)


async def _modes(transactions: Transactions, caller: Caller) -> list[ModeView]:
    rows = await transactions.run(lambda conn: controls.modes(conn, caller.workspace, now()))
    return [ModeView.from_row(row) for row in rows]
