"""Bounded counts: exact below a cap, the planner's estimate above it.

Source of the estimate: PostgreSQL manual, "Row Estimation Examples": the statistics that ANALYZE
last took, scaled to the table's present number of pages.
"""

from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

from store.fetch import Pool, fetch


class Count(NamedTuple):
    """How many there are.

    Attributes:
        value: the number.
        exact: False where it is an estimate.
    """

    value: int
    exact: bool


async def count(pool: Pool, rows: LiteralString, params: Mapping[str, Any], cap: int) -> Count:
    """Count the rows of a query without ever reading more than `cap` of them.

    Args:
        pool: open pool.
        rows: ``FROM … WHERE …``; it should be answerable from an index, because a condition that is
            checked row by row may have to look at the whole table before it finds `cap` rows.
        params: named parameters of `rows`.
        cap: up to here the count is exact.
    """
    capped = await fetch(
        pool,
        int,
        "SELECT count(*) FROM (SELECT 1 " + rows + " LIMIT %(cap)s) AS capped",
        {**params, "cap": cap + 1},
    )
    if capped[0] <= cap:
        return Count(capped[0], exact=True)
    return Count(max(await estimate(pool, rows, params), cap), exact=False)


async def estimate(pool: Pool, rows: LiteralString, params: Mapping[str, Any]) -> int:
    """The planner's estimate of how many rows ``FROM … WHERE …`` has.

    Reads nothing but statistics.
    """
    plans = await fetch(pool, _planned_rows, "EXPLAIN (FORMAT JSON) SELECT 1 " + rows, params)
    return plans[0] if plans[0] > 1 else 0  # the planner says 1 where its statistics say none


def _planned_rows(plan: list[dict[str, Any]]) -> int:
    return int(plan[0]["Plan"]["Plan Rows"])
