"""Whether this process lives, and whether it can serve.

No key needed; nothing about anybody's data.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Response
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.operation.schemas import Alive, ComponentHealth, Health, StuckPartition
from api.web.deps import LogDep, SettingsDep, state
from api.web.errors import STORE_RETRY_AFTER_S
from api.web.values import now
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import EventLog, LogUnavailableError
from store.errors import StoreUnavailable
from store.fetch import Pool, ping
from store.intake.partitions import Watched, stuck_now

router = APIRouter(prefix="/cdp/health", tags=["operation"])


async def _probe(
    ask: Awaitable[object], limit_s: float, *, required: bool, away: LogRefusal | None = None
) -> ComponentHealth:
    started = perf_counter()
    try:
        async with asyncio.timeout(limit_s):
            await ask
    except LogUnavailableError as refusal:
        return ComponentHealth(
            status="down",
            required=required,
            latency_ms=None,
            reason=refusal.reason,
            message=str(refusal),
        )
    except (StoreUnavailable, RedisError, OSError, TimeoutError):
        return ComponentHealth(
            status="down",
            required=required,
            latency_ms=None,
            reason=away,
            message=away.meaning if away else "It does not answer.",
        )
    return ComponentHealth(
        status="up", required=required, latency_ms=round((perf_counter() - started) * 1000, 3)
    )


@router.get(
    "",
    summary="Read readiness",
    responses={503: {"model": Health, "description": "A required server does not answer."}},
)
async def get_health(
    settings: SettingsDep,
    pool: Annotated[Pool, state("reserved_pool")],  # reads that wait make no process unready
    log: LogDep,
    redis: Annotated[Redis | None, state("redis")],
    response: Response,
) -> Health:
    """Whether Postgres, the event log and Redis answer, and events are processed.

    503 where a required server does not answer.
    """
    limit_s = settings.query.health_timeout.total_seconds()
    store, intake, cache = await asyncio.gather(
        _probe(ping(pool), limit_s, required=True),
        _probe(_ping_log(log), limit_s, required=True, away=LogRefusal.AWAY),
        _probe(_ping_redis(redis), limit_s, required=False),
    )
    components = {"postgres": store, "log": intake, "redis": cache}
    if any(each.required and each.status == "down" for each in components.values()):
        response.status_code = 503
        response.headers["retry-after"] = f"{STORE_RETRY_AFTER_S:.0f}"
        return Health(status="unavailable", components=components, partitions=[])
    stuck = await _stuck(pool, settings.log.watched, limit_s)
    return Health(
        status="ready" if cache.status == "up" and not stuck else "degraded",
        components=components,
        partitions=stuck,
    )


async def _ping_log(log: EventLog) -> None:
    refusal = await log.refusal()
    if refusal is not None:
        raise refusal


async def _ping_redis(redis: Redis | None) -> None:
    if redis is not None:
        await redis.ping()


async def _stuck(pool: Pool, watched: Watched, limit_s: float) -> list[StuckPartition]:
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(limit_s):
            found = await stuck_now(pool, watched, now())
            return [StuckPartition.from_row(one) for one in found]
    return []


@router.get("/live", summary="Read liveness")
async def get_liveness() -> Alive:
    """The process answers."""
    return Alive()
