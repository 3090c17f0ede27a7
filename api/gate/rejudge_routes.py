"""Trials of the gate's thresholds: past pushes are judged again."""

from collections import Counter
from typing import Final

from fastapi import APIRouter

from api.gate.rejudge_schemas import RejudgedView, RejudgeRequest, RejudgeView
from api.web.concurrency import HeavyReadsDep
from api.web.deps import Reader, SettingsDep
from api.web.errors import UnprocessableError
from api.web.transaction import Conn, TransactionsDep
from api.web.values import instant
from domain.ids import WorkspaceId
from operators.gate.params import GateParams
from operators.gate.replay import Rejudged, rejudge, with_values
from store.gate import replay

router = APIRouter(prefix="/cdp", tags=["trust"])

_SHOWN: Final = 200
_JUDGED: Final = 20_000
"""Most past decisions that are judged again."""


@router.post("/gate/rejudge", summary="Judge past pushes again")
async def rejudge_pushes(
    caller: Reader,
    settings: SettingsDep,
    transactions: TransactionsDep,
    heavy: HeavyReadsDep,
    body: RejudgeRequest,
) -> RejudgeView:
    """Judges the recorded decisions about pushes with other thresholds.

    Each is judged over the readings that were there. Nothing is recorded or done.

    Old readings are thinned to one a minute and status, so that rows of healthy ones are shorter
    than they were.
    """
    if not body.since < body.until:
        raise UnprocessableError("The range is empty: since lies before until.")
    try:
        params = with_values(settings.gate, body.thresholds)
    except ValueError as error:
        raise UnprocessableError(f"The thresholds make no sense: {error}.") from error

    async with heavy.rejudgements.slot(caller.workspace):
        found = await transactions.read(
            lambda conn: _rejudged(conn, caller.workspace, body, params)
        )
    counts = Counter(f"{one.past.value} → {one.now.verdict.value}" for one in found)
    differing = [one for one in found if one.differs]
    return RejudgeView(
        judged=len(found),
        complete=len(found) < _JUDGED,
        counts=dict(sorted(counts.items())),
        differing=[
            RejudgedView(
                decision_id=one.decision_id,
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
