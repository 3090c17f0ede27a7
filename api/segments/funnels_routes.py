"""Funnels over stored events."""

from fastapi import APIRouter

from api.segments.funnels_schemas import FunnelBody, FunnelView
from api.web.deps import Reader
from api.web.errors import DESCRIBED, UnprocessableError
from api.web.reading import ReadsNow
from store.segments.funnels import FunnelTooLargeError

router = APIRouter(prefix="/cdp/funnels", tags=["statistics"], responses=DESCRIBED)


@router.post("", summary="Compute a funnel")
async def compute_funnel(caller: Reader, reads: ReadsNow, body: FunnelBody) -> FunnelView:
    """How many people did the steps in order within the window, and how long they took.

    Per person, over the events of all their identifiers as they are one person now; each person
    counts once, with the attempt that got furthest. `docs/funnels.md` states it exactly.
    """
    funnel = body.funnel()
    if funnel.until - funnel.since > reads.bounds.funnels.longest:
        raise UnprocessableError(
            f"A funnel spans at most {reads.bounds.funnels.longest.days} days."
        )
    try:
        answer = await reads.funnels.answer(caller.workspace, funnel)
    except FunnelTooLargeError as error:
        raise UnprocessableError(str(error)) from error
    return FunnelView.of(funnel, answer, reads.now())
