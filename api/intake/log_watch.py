"""Watches whether the event log takes events; logs, counts and stores why it does not.

Looks by itself, so that it tells before a client is refused, and hears of every refusal.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

import psycopg
import structlog

from api.edge import metrics
from config.collector import LogWatchParams
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import EventLog, LogUnavailableError
from store.fetch import Pool
from store.intake.log_refusals import note_refusal

logger = structlog.get_logger(__name__)


@dataclass
class _Lasting:
    """One reason that holds: since when, when it was logged last (monotonic seconds)."""

    since_s: float
    told_s: float


class LogWatch:
    """The watch of one process.

    Args:
        log: what is watched.
        name: of the log.
        pool: connections to Postgres.
        params: see `LogWatchParams`.
    """

    def __init__(self, log: EventLog, name: str, pool: Pool, params: LogWatchParams) -> None:
        self._log = log
        self._name = name
        self._pool = pool
        self._params = params
        self._noted: dict[LogRefusal, str] = {}
        self._lasting: dict[LogRefusal, _Lasting] = {}

    def note(self, refusal: LogUnavailableError) -> None:
        """Hear that an append was refused."""
        metrics.LOG_REFUSALS.labels(refusal.reason).inc()
        self._noted[refusal.reason] = refusal.detail

    async def check(self) -> None:
        """Check once, and report what holds now and what is over."""
        seen, self._noted = self._noted, {}
        try:
            async with asyncio.timeout(self._params.timeout.total_seconds()):
                refusal = await self._log.refusal()
        except TimeoutError:
            seen.setdefault(LogRefusal.AWAY, "no answer in time")
        else:
            if refusal is not None:
                seen[refusal.reason] = refusal.detail
        now_s = monotonic()
        for reason, detail in seen.items():
            self._report(reason, detail, now_s)
        for reason in self._lasting.keys() - seen.keys():
            ended = self._lasting.pop(reason)
            logger.info(
                "log_accepts",
                log=self._name,
                after=reason,
                lasted_s=round(now_s - ended.since_s, 1),
            )
        for reason in LogRefusal:
            metrics.LOG_REFUSING.labels(reason).set(reason in seen)
        await self._keep(seen)

    def _report(self, reason: LogRefusal, detail: str, now_s: float) -> None:
        lasting = self._lasting.get(reason)
        if lasting is None:
            lasting = self._lasting[reason] = _Lasting(now_s, float("-inf"))
        if now_s - lasting.told_s >= self._params.repeat_after.total_seconds():
            lasting.told_s = now_s
            lasted_s = round(now_s - lasting.since_s, 1)
            logger.warning(
                "log_refuses",
                log=self._name,
                reason=reason,
                meaning=reason.meaning,
                detail=detail,
                lasted_s=lasted_s,
            )

    async def _keep(self, seen: dict[LogRefusal, str]) -> None:
        try:
            for reason, detail in seen.items():
                if reason is not LogRefusal.CLOSING:
                    await note_refusal(self._pool, self._name, reason, detail, self._params.lasting)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            logger.warning("log_refusal_not_noted", reason=type(error).__name__)

    async def run(self, stop: asyncio.Event) -> None:
        """Check once per interval until asked to stop."""
        while not stop.is_set():
            await self.check()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._params.interval.total_seconds()):
                    await stop.wait()


@asynccontextmanager
async def watched(watch: LogWatch) -> AsyncIterator[None]:
    """Watch for as long as the context lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(watch.run(stop), name="log-watch")
    try:
        yield
    finally:
        # A client's library may lose the cancellation of a wait that ends at the same moment.
        stop.set()
        task.cancel()
        await asyncio.wait({task})
