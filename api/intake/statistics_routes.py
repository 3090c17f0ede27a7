"""How many dead letters there are, by reason and source."""

from typing import Final

from fastapi import APIRouter

from api.intake.statistics_schemas import DeadLetterGroupView, DeadLetterStatistics
from api.web.deps import PoolDep, Reader
from api.web.values import now
from store.intake import dead_letters

LOOK: Final = 100_000
"""Newest letters that are counted."""

router = APIRouter(prefix="/cdp/statistics/dead-letters", tags=["dead letters"])


@router.get("", summary="Count dead letters")
async def get_dead_letter_statistics(caller: Reader, pool: PoolDep) -> DeadLetterStatistics:
    """By reason and source, those with the most open ones first.

    The newest 100,000 are counted: where there are more, `exact` is false.
    """
    groups = await dead_letters.groups(pool, caller.workspace, LOOK)
    looked = sum(group.open + group.retrying + group.resolved for group in groups)
    return DeadLetterStatistics(
        as_of=now(),
        exact=looked < LOOK and len(groups) < dead_letters.GROUPS_LIMIT,
        items=[DeadLetterGroupView.from_group(group) for group in groups],
    )
