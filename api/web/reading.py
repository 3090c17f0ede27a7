"""What the query routes read from: the pool, the hot projection, kept totals and names.

Built once per process.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis

from config.settings import Query, Settings
from domain.instants import to_ms
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.profile import Person, Stage
from operators.profiles.lifecycle import stage_at
from operators.signals.params import HealthParams
from sinks.intake.log import EventLog, keyed
from sinks.profiles.cache import HotProfiles, connect_hot
from sources.log.lag import KafkaLag, LagReader, PartitionLag, ValkeyLag
from store.fetch import Pool, connect_blocking
from store.intake.partitions import Watched
from store.profiles.profiles import by_key, owner
from store.profiles.statistics import Totals
from store.segments.funnels import Funnels
from store.segments.segments import SegmentNames


class LagGauge:
    """Reads the lag in a thread of its own, one reading at a time: the readers block and keep their connections.

    Args:
        reader: blocking reader.
    """

    def __init__(self, reader: LagReader) -> None:
        self._reader = reader
        self._turn = asyncio.Lock()

    async def read(self) -> list[PartitionLag]:
        """One entry per partition, in order."""
        async with self._turn:
            return await asyncio.to_thread(self._reader.read)

    def close(self) -> None:
        """Close the reader's connections."""
        self._reader.close()


@dataclass(frozen=True)
class Reads:
    """Everything that a query route may read.

    Attributes:
        pool: connections to Postgres.
        redis: client of the hot projection.
        hot: profiles by identifier.
        totals: counters.
        funnels: computes funnels, a few at a time.
        names: names of segments.
        lag: lag of the event log.
        log: the event log, for commands.
        identity: rules that spell identifiers and explain refusals.
        profile: rules that decide stages.
        health: how health is computed.
        bounds: limits of the query API.
        watched: partitions that are to get on.
    """

    pool: Pool
    redis: Redis | None
    hot: HotProfiles
    totals: Totals
    funnels: Funnels
    names: SegmentNames
    lag: LagGauge
    log: EventLog
    identity: IdentityRules
    profile: ProfileRules
    health: HealthParams
    bounds: Query
    watched: Watched

    async def append(self, records: Sequence[bytes]) -> None:
        """Append records to the event log; returns once they are durable."""
        await self.log.append(keyed(records))

    async def ping_redis(self) -> None:
        """Ask Redis for a sign of life."""
        if self.redis is not None:
            await self.redis.ping()

    async def ping_log(self) -> None:
        """Ask the event log whether it takes records.

        Raises:
            LogUnavailableError: it does not; says why.
        """
        refusal = await self.log.refusal()
        if refusal is not None:
            raise refusal

    def now(self) -> datetime:
        """The instant of reading, aware UTC."""
        return datetime.now(UTC)

    def stage(self, person: Person) -> tuple[Stage, int]:
        """The stage at this instant, and when it changes by itself (ms, 0 for never).

        A wake may be a moment late, this is not.
        """
        return stage_at(person, self.profile, to_ms(self.now()))

    async def segments(self, person: Person) -> list[str]:
        """Names of the segments that a person is in."""
        return await self.names.of(person.workspace, list(person.segments), monotonic())


def _lag_reader(settings: Settings) -> LagReader:
    connect = partial(connect_blocking, settings.postgres.dsn.get_secret_value())
    log, kafka = settings.log, settings.log.kafka
    if log.kind == "kafka":
        return KafkaLag(kafka.bootstrap_servers, kafka.topics, kafka.options, connect)
    return ValkeyLag(settings.redis.url.get_secret_value(), log.name, log.partitions, connect)


@asynccontextmanager
async def open_reads(settings: Settings, pool: Pool, log: EventLog) -> AsyncIterator[Reads]:
    """Build what the routes read from around an open pool, and close it again.

    Args:
        settings: the configuration; without ``redis.url`` lookups go to Postgres.
        pool: opened and closed by the caller.
        log: opened and closed by the caller.
    """
    bounds, url = settings.query, settings.redis.url.get_secret_value()
    redis = connect_hot(url, bounds.hot) if url else None
    hot = HotProfiles(
        redis, partial(owner, pool), partial(by_key, pool), bounds.hot, token_hex(8), monotonic
    )
    names = SegmentNames(pool, bounds.names_age.total_seconds())
    lag = LagGauge(_lag_reader(settings))
    totals = Totals(pool, bounds.statistics)
    funnels = Funnels(pool, bounds.funnels)
    try:
        rules = settings.identity, settings.profile, settings.signals
        yield Reads(
            pool, redis, hot, totals, funnels, names, lag, log, *rules, bounds, settings.log.watched
        )
    finally:
        lag.close()
        if redis is not None:
            await redis.aclose()


async def reads(request: Request) -> Reads:
    """The process's `Reads`, put there by ``api.app``.

    A coroutine, because FastAPI runs plain functions in threads, which is slow.
    """
    found: Reads = request.app.state.reads
    return found


ReadsNow = Annotated[Reads, Depends(reads)]
"""Parameter of a route that reads."""
