"""Records that a worker was assigned a partition, and proceeds carefully where others died.

A worker that is killed reports nothing, so the attempt is recorded beforehand. Two deaths at one
position are chance: a kill, a machine that went. The third worker processes the entries there one
by one, and the records of an entry one by one, each noted before. A record that two workers died of
while they processed it by itself is refused unread.

A batch that one process takes again is one attempt: it was fenced off, or it was committed and a
crash of the database took the commit back.

Costs one statement when a partition is assigned, none while it proceeds.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from dataflows.unify.quarantine import NOBODY, Quarantine, entries, only
from domain.changes import Facts
from domain.event import Batch
from domain.failure import Failure
from store.intake import attempts
from store.intake.attempts import Attempt
from store.unify.unit_of_work import PostgresUnitOfWork

DEATHS: Final = 2
"""So many workers may die at one place before it is handled with care."""
DIED: Final = Failure("internal_error", "worker died")

log = structlog.get_logger("profiles")


class Careful:
    """Commits batches through a quarantine, and carefully where workers died before.

    Args:
        store: where traces are kept.
        commit: commits a batch whatever is in it, except what kills the process.
        waiting: does something, again and again while the database is away.
    """

    def __init__(
        self,
        store: PostgresUnitOfWork,
        commit: Quarantine,
        waiting: Callable[[Callable[[], list[Facts]]], list[Facts]],
    ) -> None:
        self._store = store
        self._commit = commit
        self._waiting = waiting
        self._next: dict[tuple[str, int], int] = {}
        self._own: dict[tuple[str, int], Attempt] = {}

    def __call__(self, batch: Batch) -> list[Facts]:
        """Commit a batch; see `Quarantine`."""
        if not batch.records:
            return self._commit(batch)
        key = batch.log, batch.partition
        attempt = None if self._next.get(key) == batch.start else self._take(batch)
        careful = attempt is not None and (attempt.tries > DEATHS or attempt.record >= 0)
        facts = (
            self._one_by_one(batch, attempt)
            if careful and attempt is not None
            else self._commit(batch)
        )
        if facts:
            self._next[key] = batch.next
        else:
            self._next.pop(key, None)
        return facts

    def _take(self, batch: Batch) -> Attempt:
        """Record the attempt; one that this process goes on with is not counted again."""
        key = batch.log, batch.partition
        self._own[key] = self._store.read(
            partial(
                attempts.take,
                log=batch.log,
                partition=batch.partition,
                position=batch.start,
                own=self._own.get(key),
            )
        )
        return self._own[key]

    def _one_by_one(self, batch: Batch, attempt: Attempt) -> list[Facts]:
        log.error(
            "workers_died_here",
            log=batch.log,
            partition=batch.partition,
            position=batch.start,
            tries=attempt.tries,
        )
        facts: list[Facts] = []
        for entry in entries(batch):
            known = attempt if entry.start == attempt.position else Attempt(entry.start, -1, 0, ())
            done = self._waiting(partial(self._entry, entry, known))
            if not done:
                break
            facts += done
        return facts

    def _entry(self, entry: Batch, attempt: Attempt) -> list[Facts]:
        """Try the records of one entry by themselves, then commit them together."""
        broken, whole = set(attempt.broken), len(entry.records)
        refused = dict.fromkeys(broken, DIED)
        for index in range(max(attempt.record, 0), whole) if whole > 1 else ():
            if self._killed(entry, attempt, index, broken):
                broken.add(index)
                refused[index] = DIED
            elif (why := self._commit.rehearsed(only(entry, [index]))) is not None:
                refused[index] = why
        if self._killed(entry, attempt, whole, broken):
            refused = dict.fromkeys(range(whole), DIED)
        return self._commit(entry, refused or NOBODY)

    def _killed(self, entry: Batch, attempt: Attempt, index: int, broken: set[int]) -> bool:
        """Whether enough workers died of this record; else note that it is in hand now."""
        if index != attempt.record:
            self._store.read(
                lambda conn: attempts.note(
                    conn, entry.log, entry.partition, entry.start, index, broken
                )
            )
            self._own[entry.log, entry.partition] = Attempt(
                entry.start, index, 1, tuple(sorted(broken))
            )
            return False
        return attempt.tries > DEATHS
