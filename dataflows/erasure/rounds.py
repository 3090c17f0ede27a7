"""One look at all open erasures: each step taken as far as it goes.

One process at a time looks; the others see the lock and leave it to it. A step that fails for a
reason that nobody expected is left alone for a while, and the others go on.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from traceback import extract_tb
from typing import Any

import psycopg
import redis
import structlog

from config.exports import archive_files, export_files
from config.settings import Settings
from dataflows import metrics
from dataflows.erasure import lists, places
from dataflows.erasure.letters import Letters
from dataflows.erasure.log import LogStep
from dataflows.erasure.neighbours import Neighbours, Rewritten
from dataflows.erasure.stopping import BrokenOffError, check
from dataflows.recomputing import Recomputation
from domain.privacy.erasure import Step
from sources.log.valkey_purge import ValkeyPurge
from store import locks
from store.definitions.load import load_registry
from store.erasure import progress
from store.errors import StoreUnavailable
from store.unify.unit_of_work import PostgresUnitOfWork

logger = structlog.get_logger(__name__)


class Rounds:
    """Takes erasures to their end.

    Args:
        settings: of the process.
        conn: in autocommit mode, used for nothing else.
        engine: the engine's connection, with its staging tables; opened when needed.
        client: of Redis or Valkey; None where there is none.
        clock: monotonic seconds.
        stopping: whether the process ends.
    """

    def __init__(
        self,
        settings: Settings,
        conn: psycopg.Connection[Any],
        engine: PostgresUnitOfWork,
        client: "redis.Redis | None",
        clock: Callable[[], float] = time.monotonic,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._params = params = settings.erasure
        self._conn = conn
        self._engine = engine
        self._client = client
        self._clock = clock
        self._check = partial(check, stopping)
        self._recomputation: Recomputation | None = None
        self._rests_until_s: dict[str, float] = {}
        letters = Letters(conn, params, settings.identity, self._check)
        files, log = export_files(settings), settings.log
        self._archives = archives = archive_files(settings)
        ours = client if log.kind == "valkey" else None
        purge = None if ours is None else ValkeyPurge(ours, log.name, log.partitions)
        log_step = LogStep(conn, params, log.name, log.partitions, purge, clock)
        self._steps: dict[str, Callable[[], int]] = {
            "seen": partial(_all, partial(progress.begin, conn, params.page), params.page),
            Step.CACHE: partial(places.forget_cached, conn, client, params),
            Step.EXPORTS: partial(places.forget_files, conn, files, archives, params),
            Step.NEIGHBOURS: self._forget_at_neighbours,
            Step.DEAD_LETTERS: letters.finish,
            "later_letters": letters.keep_looking,
            Step.LOG: log_step,
            Step.PLATFORMS: partial(lists.confirm_platforms, conn, params),
            Step.SENT: partial(lists.forget_sent, conn, params, self._check),
            "completed": partial(_all, partial(progress.complete, conn, params.page), params.page),
        }

    def run_once(self) -> bool:
        """Take every step once; whether anything moved.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        moved: dict[str, int] = {}
        with locks.held(self._conn, locks.ERASURES) as mine:
            if mine:
                with suppress(BrokenOffError):
                    for name, step in self._steps.items():
                        self._check()
                        moved[name] = self._take(name, step)
        waiting, oldest_s = progress.outstanding(self._conn)
        metrics.ERASURES_OPEN.set(waiting)
        metrics.ERASURES_OLDEST.set(oldest_s)
        metrics.ERASURES.inc(moved.get("completed", 0))
        told = {name: count for name, count in moved.items() if count}
        if told:
            logger.info("erasures", open=waiting, oldest_s=round(oldest_s, 1), **told)
        return bool(told)

    def _take(self, name: str, step: Callable[[], int]) -> int:
        """Take a step; one that failed rests.

        Its error may repeat what a record said: the kind and the place are enough.
        """
        if self._clock() < self._rests_until_s.get(name, 0.0):
            return 0
        try:
            return step()
        except redis.RedisError as error:
            logger.warning("erasure_step_waits", step=name, reason=type(error).__name__)
        except (
            BrokenOffError,
            psycopg.OperationalError,
            psycopg.InterfaceError,
            StoreUnavailable,
        ):
            raise
        except Exception as error:  # the other steps must not wait for this one
            frames = extract_tb(error.__traceback__)[-3:]
            where = "; ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
            logger.error(  # noqa: TRY400 - as above
                "erasure_step_failed", step=name, reason=type(error).__name__, where=where
            )
        self._rest(name)
        return 0

    def _rest(self, name: str) -> None:
        self._rests_until_s[name] = self._clock() + self._params.failed_wait.total_seconds()

    def _forget_at_neighbours(self) -> int:
        noted = 0
        for waiting in progress.pages(self._conn, Step.NEIGHBOURS, self._params.page):
            alone = {each.command for each in waiting if not each.neighbours}
            others = [each for each in waiting if each.neighbours]
            found = self._neighbours()(others) if others else Rewritten(set(), [], 0)
            if found.unreadable:
                self._rest(Step.NEIGHBOURS)
            with suppress(redis.RedisError):  # they expire
                places.unlink_people(self._client, found.people)
            places.forget_archives_of_neighbours(self._conn, self._archives, found.done)
            told = {
                command: {"events": counts.events, "people": counts.people}
                for command, counts in progress.counted(self._conn, alone | found.done).items()
            }
            noted += progress.note(self._conn, Step.NEIGHBOURS, told)
        return noted

    def _neighbours(self) -> Neighbours:
        settings, connection = self._settings, self._engine.connection
        if self._recomputation is None:
            self._recomputation = Recomputation(
                settings.identity, settings.profile, load_registry(connection)
            )
        return Neighbours(
            connection,
            self._recomputation,
            self._params.event_page,
            self._check,
        )


def _all(take: Callable[[], int], page: int) -> int:
    """Take pages until one is not full; how many there were."""
    taken = last = take()
    while last >= page:
        last = take()
        taken += last
    return taken
