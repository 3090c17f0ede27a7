"""Recomputes the quintile bounds of a workspace's buyers when they are due, and publishes them.

Everybody's purchases are read from their documents as of one instant, page by page from a cursor of
the server, so that memory does not grow with the number of people. Bounds that hardly moved are
noted and not published: no sweep follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.profiles.profile import decode_person
from domain.segments.aggregate import NumberBuckets
from domain.segments.definition import (
    Aggregate,
    RfmBreaks,
    RfmDefinition,
    RfmRule,
    WorkspaceDefinitions,
    spec_key,
)
from domain.segments.rfm import RFM_SEGMENTS
from operators.aggregates.fold import state_of
from operators.aggregates.plan import rfm_spec
from operators.profiles.consent import restricted
from operators.rfm.bounds import (
    Buyer,
    Distribution,
    Population,
    RfmParams,
    buyer_reader,
    same_bounds,
)
from store import locks
from store.definitions.drafts import Author
from store.definitions.load import load_definitions
from store.definitions.publish_rfm import set_rfm_breaks

_ACTOR: Final = "engine"

_DUE: Final = """
    SELECT workspace_id FROM rfm
    WHERE coalesce((distribution->>'taken_ms')::bigint, 0)
        + coalesce((definition->>'refresh_s')::bigint, %(refresh_s)s) * 1000 <= %(now_ms)s
      AND NOT EXISTS (SELECT FROM workspace_deletions d WHERE d.workspace_id = rfm.workspace_id)
    ORDER BY coalesce((distribution->>'taken_ms')::bigint, 0), workspace_id
"""
_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_DOCUMENTS: Final = "SELECT doc FROM profiles WHERE workspace_id = %s"
_NOTE: Final = """
    UPDATE rfm SET distribution = %(distribution)s,
        breaks = CASE WHEN breaks IS NOT NULL THEN jsonb_set(breaks, '{taken_ms}',
            to_jsonb(%(taken_ms)s::bigint)) END
    WHERE workspace_id = %(workspace)s AND version = %(version)s
"""


@dataclass(frozen=True)
class RfmRefreshParams:
    """How bounds are refreshed.

    Attributes:
        population: exact or estimated.
        page: people read at once.
        interval: pause between two looks for a workspace whose bounds are due.
    """

    population: RfmParams = field(default_factory=RfmParams)
    page: int = 1_000
    interval: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        if self.page < 1:
            raise ValueError("a page has at least one person")


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh found.

    Attributes:
        workspace: whose.
        population: buyers.
        exact: whether their bounds are exact.
        changed: whether new bounds were made live.
        sweep: the sweep that rescores every person; None where no segment depends on it.
    """

    workspace: int
    population: int
    exact: bool
    changed: bool
    sweep: int | None


class RfmRefresh:
    """Refreshes one workspace at a time, the one that has waited longest.

    One process does so at a time.

    Args:
        params: see `RfmRefreshParams`.
    """

    def __init__(self, params: RfmRefreshParams) -> None:
        self._params = params

    def run_once(self, conn: Connection[Any], now_ms: int) -> RefreshResult | None:
        """Refresh a workspace whose bounds are due: new ones, or taken `RfmRule.refresh_s` ago.

        Reading a million people takes some ten seconds: not in a thread that has other duties. A
        workspace whose people do not all have the aggregate yet waits for the sweep that builds it.

        Args:
            conn: an autocommit connection.
            now_ms: the instant that scores are of.

        Returns:
            What was found; None where nothing is due, or another process is at it.

        Raises:
            psycopg.OperationalError: the server does not answer; nothing was changed.
        """
        with locks.held(conn, locks.RFM_REFRESH) as alone:
            if not alone:
                return None
            due = conn.execute(
                _DUE, {"now_ms": now_ms, "refresh_s": RfmRule().refresh_s}
            ).fetchall()
            results = (self.refresh(conn, workspace, now_ms) for (workspace,) in due)
            return next((result for result in results if result is not None), None)

    def refresh(self, conn: Connection[Any], workspace: int, now_ms: int) -> RefreshResult | None:
        """Refresh one workspace, due or not.

        Args:
            conn: an autocommit connection.
            workspace: tenant.
            now_ms: the instant that scores are of.

        Returns:
            What was found; None where there is no RFM, or the sweep that builds its aggregate is
            not through.

        Raises:
            LookupError: there is no such workspace.
            psycopg.OperationalError: the server does not answer; nothing was changed.
        """
        with conn.transaction():
            conn.execute(_SNAPSHOT)
            definitions = load_definitions(conn, workspace)
            aggregate = _built(definitions)
            if definitions.rfm is None or aggregate is None:
                return None
            census = _Census(conn, definitions, definitions.rfm, aggregate, now_ms, self._params)
            breaks, distribution = census.take()
        return _publish(
            conn,
            workspace,
            definitions.rfm,
            breaks,
            self._params.population.tolerance,
            distribution,
        )


def _built(definitions: WorkspaceDefinitions) -> Aggregate | None:
    """The aggregate that purchases are read from; None until everybody has it."""
    if definitions.rfm is None:
        return None
    wanted = spec_key(rfm_spec(definitions.rfm.rule, definitions.time_zone))
    found = next(
        (aggregate for aggregate in definitions.aggregates if spec_key(aggregate.spec) == wanted),
        None,
    )
    return found if found is not None and found.id <= definitions.swept_aggregate else None


class _Census:
    """One walk over everybody, or two where they are too many to be held."""

    def __init__(
        self,
        conn: Connection[Any],
        definitions: WorkspaceDefinitions,
        rfm: RfmDefinition,
        aggregate: Aggregate,
        now_ms: int,
        params: RfmRefreshParams,
    ) -> None:
        self._conn = conn
        self._workspace = definitions.workspace
        self._aggregate = aggregate
        self._read = buyer_reader(rfm.rule.look_back, definitions.time_zone)
        self._now_ms = now_ms
        self._params = params

    def take(self) -> tuple[RfmBreaks | None, dict[str, Any]]:
        """Bounds, None without buyers, and the distribution as the table ``rfm`` describes it."""
        population = Population(self._params.population)
        for buyer in self._buyers():
            population.add(buyer)
        breaks = population.breaks(self._now_ms)
        if breaks is None:
            return None, _distribution(None, population, self._now_ms)
        counted = Distribution(breaks)
        for buyer in population.buyers() if population.exact else self._buyers():
            counted.add(buyer)
        return breaks, _distribution(counted, population, self._now_ms)

    def _buyers(self) -> Iterator[Buyer]:
        with self._conn.cursor("buyers", binary=True) as cursor:
            cursor.itersize = self._params.page
            for (document,) in cursor.execute(_DOCUMENTS, (self._workspace,)):
                view = decode_person(document).view
                state = state_of(view, self._aggregate)
                buyer = (
                    None
                    if state is None or restricted(view)
                    else self._read(cast("NumberBuckets", state), self._now_ms)
                )
                if buyer is not None:
                    yield buyer


def _distribution(
    counted: Distribution | None, population: Population, now_ms: int
) -> dict[str, Any]:
    segments = dict.fromkeys(RFM_SEGMENTS, 0)
    return {
        "population": population.size,
        "exact": population.exact,
        "taken_ms": now_ms,
        "segments": segments if counted is None else segments | counted.segments(),
        "grid": [[0] * 5 for _ in range(5)] if counted is None else counted.grid(),
    }


def _publish(
    conn: Connection[Any],
    workspace: int,
    rfm: RfmDefinition,
    breaks: RfmBreaks | None,
    tolerance: float,
    distribution: dict[str, Any],
) -> RefreshResult:
    """Make bounds live where they score somebody otherwise; else note when they were taken."""
    population, exact = distribution["population"], distribution["exact"]
    if breaks is not None and not same_bounds(breaks, rfm.breaks, tolerance):
        with conn.transaction():
            published = set_rfm_breaks(
                conn, Author(workspace, _ACTOR), rfm.version, breaks, distribution
            )
        return RefreshResult(
            workspace, population, exact, published.revision is not None, published.sweep
        )
    params = {
        "distribution": Jsonb(distribution),
        "taken_ms": distribution["taken_ms"],
        "workspace": workspace,
        "version": rfm.version,
    }
    conn.execute(_NOTE, params)
    return RefreshResult(workspace, population, exact, changed=False, sweep=None)
