"""Evaluates people whom the clock or newer definitions concern, without an event.

Where an evaluation raises, people are evaluated in halves, down to the person who makes it raise:
that one is skipped for a while, and everybody else is evaluated.
"""

import time
from collections.abc import Callable
from functools import partial

import structlog

from dataflows.unify.commits import Clock, Commits, facts_of, given_up
from dataflows.unify.definitions import LiveDefinitions
from dataflows.unify.quarantine import attempted
from domain.changes import Changes, Facts, LoadedState
from domain.event import Wake
from domain.failure import Failure
from domain.instants import utc
from operators.unify.wake import wake
from store.unify import resting
from store.unify.outcomes import Committed, Conflict, Outcome
from store.unify.unit_of_work import PostgresUnitOfWork

log = structlog.get_logger("profiles")


class Waking:
    """Commits wakes and pages of sweeps.

    Args:
        store: the unit of work.
        definitions: what people are evaluated by.
        commits: commits evaluations.
        clock: the wall clock.
        rest_s: how long somebody whose evaluation raises rests.
        waiting: does something, again and again while the database is away.

    Attributes:
        swept: people written because definitions changed.
        sweep_seconds: what that took.
    """

    def __init__(
        self,
        store: PostgresUnitOfWork,
        definitions: LiveDefinitions,
        commits: Commits,
        clock: Clock,
        rest_s: float,
        waiting: Callable[[Callable[[], list[Facts]]], list[Facts]],
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._commits = commits
        self._clock = clock
        self._rest_ms = int(rest_s * 1000)
        self._waiting = waiting
        self.swept = 0
        self.sweep_seconds = 0.0

    def __call__(self, due: Wake) -> list[Facts]:
        """Evaluate people; one `Facts` per transaction."""
        if not due.sweep:
            return self._wake(due)
        started = time.monotonic()
        try:
            return self._wake(due)
        finally:
            self.sweep_seconds += time.monotonic() - started

    def _wake(self, due: Wake) -> list[Facts]:
        """Evaluate people; where that raises, in parts, and whoever makes it raise rests."""
        done = attempted(partial(self._woken, due))
        if not isinstance(done, Failure):
            return done
        people = due.profile_ids
        if len(people) == 1:
            self._rest(due, done)
            return []
        half = len(people) // 2
        parts = (due._replace(profile_ids=part) for part in (people[:half], people[half:]))
        return [facts for part in parts for facts in self._waiting(partial(self._wake, part))]

    def _rest(self, due: Wake, failure: Failure) -> None:
        (profile,), now_ms = due.profile_ids, self._clock.now_ms()
        log.error(
            "person_rests", sweep=due.sweep, failure=failure.detail, rest_s=self._rest_ms / 1000
        )
        now, until = utc(now_ms), utc(now_ms + self._rest_ms)
        self._store.read(
            lambda connection: resting.suspend_person(
                connection, profile, failure.detail, now, until
            )
        )

    def _woken(self, due: Wake) -> list[Facts]:
        if due.sweep > self._definitions.revision:
            self._definitions.refresh()
        done = self._commits(partial(self._evaluate, due), self._commit)
        if isinstance(done, Changes):
            if not done.people:
                return []
            self._commits.observer.woke(len(done.people))
            self.swept += len(done.people) if due.sweep else 0
            return [facts_of(done)]
        if due.sweep and isinstance(done, Conflict):
            raise given_up(done)
        return []  # still due: the source names them again

    def _commit(self, changes: Changes) -> Outcome:
        return self._store.commit(changes, None) if changes.people else Committed()

    def _evaluate(self, due: Wake) -> Changes | Conflict:
        people = self._store.load_people(due.profile_ids)
        loaded = LoadedState()
        while True:
            answer = wake(
                people,
                loaded,
                self._definitions.current,
                max(due.now_ms, self._clock.now_ms()),
                sweep=bool(due.sweep),
            )
            if isinstance(answer, Changes):
                return answer
            names = self._definitions.names()
            extended = self._store.load_histories(loaded, answer.histories, names)
            if isinstance(extended, Conflict):
                return extended
            loaded = extended
