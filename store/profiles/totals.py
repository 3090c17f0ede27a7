"""How many people a listing has, where counting is cheap."""

from typing import Final

from store.counting import Count, count, estimate
from store.fetch import Pool
from store.profiles.filters import WANTED, ProfileFilter
from store.profiles.pages import LAST_CHARACTER, PagingParams

_EVERYBODY: Final = "FROM profiles p WHERE p.workspace_id = %(workspace)s"
_MEMBERS: Final = """
    FROM memberships l
    WHERE l.segment_id = %(segment)s AND l.workspace_id = %(workspace)s
"""
_JOINED: Final = f"""
    FROM memberships l JOIN profiles p ON p.id = l.profile_id
    WHERE l.segment_id = %(segment)s AND l.workspace_id = %(workspace)s AND {WANTED}
"""
_FOUND: Final = """
    FROM identifiers WHERE workspace_id = %(workspace)s AND value ~>=~ %(low)s
    AND value ~<~ %(high)s
"""


async def total(
    pool: Pool, workspace: int, filter_by: ProfileFilter, params: PagingParams
) -> Count | None:
    """How many people match: exact while there are few, else the planner's estimate.

    A search counts matching identifiers, of which one person may have several, and leaves the other
    filters out. What people consented to is not counted.

    Args:
        pool: open pool.
        workspace: tenant.
        filter_by: which people.
        params: up to how many are counted.
    """
    values = {
        "workspace": workspace,
        "stage": filter_by.stage,
        "since": filter_by.seen_since,
        "segment": filter_by.segment,
        "low": filter_by.search,
        "high": (filter_by.search or "") + LAST_CHARACTER,
    }
    if filter_by.search is not None:
        return await count(pool, _FOUND, values, params.exact_limit)
    if filter_by.consent is not None:
        return None
    base, filtered = (
        (_EVERYBODY, f"{_EVERYBODY} AND {WANTED}")
        if filter_by.segment is None
        else (_MEMBERS, _JOINED)
    )
    everybody = await count(pool, base, values, params.exact_limit)
    if filter_by.stage is None and filter_by.seen_since is None:
        return everybody
    if everybody.exact:
        return await count(pool, filtered, values, params.exact_limit)
    return Count(await estimate(pool, filtered, values), exact=False)
