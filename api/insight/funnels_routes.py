"""Funnels over stored events."""

from typing import Annotated

from fastapi import APIRouter

from api.insight.funnels_schemas import FunnelBody, FunnelView
from api.web.concurrency import HeavyReadsDep
from api.web.deps import Reader, SettingsDep, state
from api.web.errors import UnprocessableError
from api.web.values import now
from store.segments.funnels import Funnels, FunnelTooLargeError

router = APIRouter(prefix="/cdp/funnels", tags=["statistics"])


@router.post("", summary="Compute a funnel")
async def compute_funnel(
    caller: Reader,
    settings: SettingsDep,
    funnels: Annotated[Funnels, state("funnels")],
    heavy: HeavyReadsDep,
    body: FunnelBody,
) -> FunnelView:
    """How many people did the steps in order within the window, and how long they took.

    Per person, over the events of all their identifiers as they are one person now; each person
    counts once, with the attempt that got furthest. `docs/funnels.md` states it exactly.
    """
    funnel = body.funnel()
    longest = settings.query.funnels.longest
    if funnel.until - funnel.since > longest:
        raise UnprocessableError(f"A funnel spans at most {longest.days} days.")
    try:
        async with heavy.funnels.slot(caller.workspace):
            answer = await funnels.answer(caller.workspace, funnel)
    except FunnelTooLargeError as error:
        raise UnprocessableError(str(error)) from error
    return FunnelView.from_answer(funnel, answer, now())
