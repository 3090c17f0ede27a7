"""Makes the embedded log forget records of erased people, once they are processed.

    seen ──▶ ends of the log noted ──▶ everything before them is processed ──▶ trimmed
         ──▶ the server's file is rewritten ──▶ done

Where a process dies in between, the next one begins at the ends of the log as they are then. Kafka
keeps what it has for as long as its topics say.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
import structlog

from domain.privacy.erasure import Step
from sources.log.valkey_purge import Rewriting, ValkeyPurge
from store.erasure import progress
from store.erasure.params import ErasureParams
from store.intake.offsets import durable_positions

logger = structlog.get_logger(__name__)

_KAFKA: Final = {"kept": "kafka"}


class LogStep:
    """Trims the embedded log for erasures.

    Args:
        conn: in autocommit mode.
        params: how many erasures at a time, and how often the file is rewritten.
        log: name of the log.
        partitions: how many it has.
        purge: deletes entries; None where the log is none of ours.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        params: ErasureParams,
        log: str,
        partitions: int,
        purge: ValkeyPurge | None,
        clock: Callable[[], float],
    ) -> None:
        self._conn = conn
        self._params = params
        self._log = log
        self._partitions = range(partitions)
        self._purge = purge
        self._clock = clock
        self._ends: dict[UUID, tuple[tuple[int, int], ...]] = {}
        self._trimmed: set[UUID] = set()
        self._rewriting: set[UUID] = set()
        self._rewritten_at_s = float("-inf")

    def __call__(self) -> int:
        """Take every erasure as far as the log is; for how many the step was noted.

        Raises:
            redis.RedisError: the log does not answer; the step waits.
        """
        waiting = [
            each.command
            for page in progress.pages(self._conn, Step.LOG, self._params.page)
            for each in page
        ]
        if not waiting:
            self._forget(set())
            return 0
        if self._purge is None:
            return progress.note(self._conn, Step.LOG, dict.fromkeys(waiting, _KAFKA))
        self._forget(set(waiting))
        self._trim(self._purge, waiting)
        return self._rewrite(self._purge)

    def _forget(self, waiting: set[UUID]) -> None:
        """Drop what is known of erasures that wait no more."""
        self._ends = {key: ends for key, ends in self._ends.items() if key in waiting}
        self._trimmed &= waiting
        self._rewriting &= waiting

    def _trim(self, purge: ValkeyPurge, waiting: list[UUID]) -> None:
        """Trim up to the ends of those erasures that the log has passed."""
        if not self._ends.keys() >= set(waiting):
            ends = tuple(sorted(purge.ends().items()))
            for command in waiting:
                self._ends.setdefault(command, ends)
        due = [each for each in waiting if each not in self._trimmed | self._rewriting]
        if not due:
            return
        processed = durable_positions(self._conn, self._log, self._partitions)
        passed = {
            ends
            for ends in {self._ends[command] for command in due}
            if purge.has_passed(processed, dict(ends))
        }
        if passed:
            deleted = purge.trim(processed, _furthest(passed))
            self._trimmed |= {command for command in due if self._ends[command] in passed}
            logger.info("log_trimmed_for_erasures", entries=deleted, erasures=len(self._trimmed))

    def _rewrite(self, purge: ValkeyPurge) -> int:
        """Have the file rewritten for what was trimmed since; note what that is done for."""
        state = purge.rewriting()
        if state is Rewriting.BUSY:
            return 0
        noted = 0
        if self._rewriting:
            if state is Rewriting.FAILED:
                logger.warning("log_not_rewritten", erasures=len(self._rewriting))
                self._trimmed |= self._rewriting
            else:
                noted = self._note(self._rewriting, rewritten=True)
            self._rewriting = set()
        if not self._trimmed:
            return noted
        if state is Rewriting.REFUSED:
            return noted + self._give_up()
        if self._clock() - self._rewritten_at_s < _seconds(self._params.rewrite_interval):
            return noted
        if not purge.rewrite():
            return noted + self._give_up()
        self._rewritten_at_s = self._clock()
        self._rewriting, self._trimmed = self._trimmed, set()
        return noted

    def _give_up(self) -> int:
        """Go on without: the server has no such file, or does not let us ask for it."""
        trimmed, self._trimmed = self._trimmed, set()
        return self._note(trimmed, rewritten=False)

    def _note(self, commands: set[UUID], *, rewritten: bool) -> int:
        told: Mapping[UUID, Mapping[str, Any]] = {
            command: {"rewritten": rewritten} for command in commands
        }
        return progress.note(self._conn, Step.LOG, told)


def _furthest(ends: set[tuple[tuple[int, int], ...]]) -> dict[int, int]:
    furthest: dict[int, int] = {}
    for each in ends:
        for partition, end in each:
            furthest[partition] = max(furthest.get(partition, 0), end)
    return furthest


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
