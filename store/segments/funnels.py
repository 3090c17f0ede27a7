"""Computes funnels from stored events: reads the occurrences of every step.

Events count for the person whom their identifier belongs to now, so an answer changes when people
are merged or split; those of people who are restricted do not count. One answer is computed from
one snapshot of the store.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from psycopg import AsyncConnection

from domain.ids import ProfileId
from domain.instants import MS, to_ms
from domain.segments.event_filter import EventFilter
from operators.funnels.breakdown import Kind, break_down
from operators.funnels.funnel import (
    Attempts,
    Occurrences,
    StepFigures,
    best_attempts,
    figures,
    some,
)
from store.fetch import Pool, fetch_one, transaction
from store.segments.details import properties, traits
from store.segments.halves import Halves, Places, distinct
from store.segments.occurrences import EventQuery, MatchedEvents, matching, people
from store.segments.restricted import restricted_people


@dataclass(frozen=True)
class FunnelParams:
    """How much one funnel may read; memory is bounded by these.

    Attributes:
        longest: time within which attempts may begin.
        events_limit: events of all steps that are looked at, about 150 bytes each.
        breakdown_people_limit: people that a breakdown may look at.
        chunk_rows: records held at once while their properties are read.
        at_once: funnels that one process computes at a time; some wait (`api.web.concurrency`).
    """

    longest: timedelta = timedelta(days=731)
    events_limit: int = 3_000_000
    breakdown_people_limit: int = 250_000
    chunk_rows: int = 5_000
    at_once: int = 1

    def __post_init__(self) -> None:
        bounds = (self.events_limit, self.breakdown_people_limit, self.chunk_rows, self.at_once)
        if min(bounds) < 1 or self.longest < MS:
            raise ValueError("bounds of funnels are at least 1")


class FunnelTooLargeError(Exception):
    """The funnel would read more than it may; the message says what, and how to ask for less."""


class Breakdown(NamedTuple):
    """What people are grouped by.

    Attributes:
        trait: a trait's newest value; exclusive with `property`.
        property: of the event that began a person's best attempt.
        limit: values shown apart.
    """

    trait: str | None
    property: str | None
    limit: int


class Funnel(NamedTuple):
    """What is asked.

    Attributes:
        steps: at least one, in order.
        window: from an attempt's first step to its last.
        since: attempts begin at or after.
        until: attempts begin before.
        breakdown: None for none.
    """

    steps: tuple[EventFilter, ...]
    window: timedelta
    since: datetime
    until: datetime
    breakdown: Breakdown | None = None


class FunnelGroup(NamedTuple):
    """Figures of the people with one value, with any other value, or without one."""

    kind: Kind
    value: Any
    steps: tuple[StepFigures, ...]


class FunnelAnswer(NamedTuple):
    """Its result.

    Attributes:
        events: how many were looked at.
        steps: figures of everybody.
        groups: figures of parts; empty without a breakdown.
    """

    events: int
    steps: tuple[StepFigures, ...]
    groups: tuple[FunnelGroup, ...]


class Funnels:
    """Computes funnels.

    Args:
        pool: open pool.
        params: bounds.
    """

    def __init__(self, pool: Pool, params: FunnelParams) -> None:
        self._pool = pool
        self._params = params

    async def answer(self, workspace: int, funnel: Funnel) -> FunnelAnswer:
        """Compute one funnel.

        Raises:
            FunnelTooLargeError: it reads more than the bounds allow.
            psycopg.OperationalError: Postgres cannot be reached or cancels a statement.
        """
        zone = await fetch_one(
            self._pool,
            str,
            "SELECT time_zone FROM workspaces WHERE id = %(id)s",
            {"id": workspace},
        )
        async with transaction(self._pool) as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return await self._answer(connection, workspace, funnel, zone or "UTC")

    async def _answer(
        self, connection: AsyncConnection[Any], workspace: int, funnel: Funnel, zone: str
    ) -> FunnelAnswer:
        found, numbered = await self._read(connection, workspace, funnel, zone)
        known, owners = await people(connection, workspace, numbered)
        frozen = await restricted_people(connection, workspace)
        if frozen:
            found, owners = await asyncio.to_thread(_without, found, owners, known, frozen)
        steps = {
            event: Occurrences(owner, one.at_ms)
            for (event, one), owner in zip(found.items(), owners, strict=True)
        }
        first = found[funnel.steps[0]]
        begins = _beginnings(first, to_ms(funnel.until) + (funnel.until.microsecond % 1_000 > 0))
        occurrences = [Occurrences(*(column[begins] for column in steps[funnel.steps[0]]))]
        occurrences += [steps[event] for event in funnel.steps[1:]]
        attempts = await asyncio.to_thread(best_attempts, occurrences, funnel.window // MS)
        groups: tuple[FunnelGroup, ...] = ()
        if funnel.breakdown:
            starts = (
                first.message[begins[attempts.start]]
                if funnel.breakdown.property
                else first.message
            )
            values = await self._values(
                connection, workspace, funnel.breakdown, known[attempts.person], starts
            )
            groups = await asyncio.to_thread(_grouped, attempts, values, funnel.breakdown.limit)
        read = sum(one.read for one in found.values())
        return FunnelAnswer(read, await asyncio.to_thread(figures, attempts), groups)

    async def _read(
        self, connection: AsyncConnection[Any], workspace: int, funnel: Funnel, zone: str
    ) -> tuple[dict[EventFilter, MatchedEvents], list[tuple[Halves, Places]]]:
        """Each different filter once, as far as any step needs it.

        Leaves are numbered while Postgres finds the next ones.
        """
        found: dict[EventFilter, MatchedEvents] = {}
        numbering: list[Awaitable[tuple[Halves, Places]]] = []
        left = self._params.events_limit
        for event in funnel.steps:
            if event in found:
                continue
            until = funnel.until + funnel.window if event in funnel.steps[1:] else funnel.until
            named = (
                funnel.breakdown is not None and funnel.breakdown.property is not None and not found
            )
            asked = EventQuery(
                workspace,
                event,
                zone,
                funnel.since,
                until,
                named,
                left + 1,
                self._params.chunk_rows,
            )
            found[event] = await matching(connection, asked)
            left -= found[event].read
            if left < 0:
                limit = f"{self._params.events_limit:,}"
                raise FunnelTooLargeError(
                    f"The steps have more than {limit} events; ask for a shorter time or for rarer"
                    " events."
                )
            numbering.append(asyncio.ensure_future(asyncio.to_thread(distinct, found[event].leaf)))
        return found, [await one for one in numbering]

    async def _values(
        self,
        connection: AsyncConnection[Any],
        workspace: int,
        breakdown: Breakdown,
        profiles: Halves,
        starts: Halves,
    ) -> list[Any]:
        limit = self._params.breakdown_people_limit
        if len(profiles) > limit:
            raise FunnelTooLargeError(
                f"More than {limit:,} people begin, too many to break down; ask for a shorter time."
            )
        if breakdown.trait is not None:
            return await traits(
                connection, workspace, profiles, breakdown.trait, self._params.chunk_rows
            )
        return await properties(
            connection, workspace, starts, breakdown.property or "", self._params.chunk_rows
        )


def _without(
    found: dict[EventFilter, MatchedEvents],
    owners: list[Places],
    known: Halves,
    frozen: Sequence[ProfileId],
) -> tuple[dict[EventFilter, MatchedEvents], list[Places]]:
    """What was found without the events of some people.

    Args:
        found: events by filter.
        owners: for each filter, places of the events' people.
        known: these people.
        frozen: who is left out.
    """
    leaves_out = np.isin(known.astype(">u8").view("S16").reshape(-1), np.array(frozen, "S16"))
    kept = [np.flatnonzero(~leaves_out[owner]) for owner in owners]
    left = {
        event: one._replace(
            leaf=one.leaf[rows],
            at_ms=one.at_ms[rows],
            message=one.message[rows] if len(one.message) else one.message,
        )
        for (event, one), rows in zip(found.items(), kept, strict=True)
    }
    return left, [owner[rows] for owner, rows in zip(owners, kept, strict=True)]


def _beginnings(first: MatchedEvents, until_ms: int) -> Places:
    """Places of the events that may begin an attempt.

    Several at one instant are ordered by the first half of their message keys.
    """
    begins = np.flatnonzero(first.at_ms < until_ms)
    if len(first.message):
        begins = begins[np.argsort(first.message[begins, 0].view(np.int64), kind="stable")]
    return begins


def _grouped(attempts: Attempts, values: list[Any], limit: int) -> tuple[FunnelGroup, ...]:
    return tuple(
        FunnelGroup(group.kind, group.value, figures(some(attempts, group.rows)))
        for group in break_down(values, limit)
    )
