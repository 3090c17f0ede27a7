"""Optimistic commits: decide, commit, and decide again after a version conflict.

A conflict that says that definitions have changed has them read first. Pauses between tries grow,
with full jitter, so that workers that collide do not come back together.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from dataflows.unify.definitions import LiveDefinitions
from dataflows.unify.quarantine import ContendedError
from domain.changes import Changes, Facts
from store.errors import StoreUnavailable
from store.unify.outcomes import DEFINITIONS, Conflict, Fenced, Outcome

_BACKOFF_S: Final = (0.05, 2.0)
_DOUBLINGS: Final = 10

Done: TypeAlias = Changes | Fenced | Conflict
"""What was committed; or that the partition is elsewhere; or what the last try met."""


class Observer:
    """Is told what happens. This one does not listen."""

    def committed(self, changes: Changes, seconds: float) -> None:
        """A batch was committed, this long after it was taken in hand."""

    def woke(self, people: int) -> None:
        """The clock changed people."""

    def conflict(self) -> None:
        """A version conflict; the work is retried."""

    def fenced(self) -> None:
        """A batch was dropped: the partition is elsewhere."""

    def store_away(self) -> None:
        """Postgres was gone; the work waits."""


@dataclass(frozen=True)
class Clock:
    """The time, as this process tells it.

    Attributes:
        now_ms: the wall clock.
        sleep: waits so many seconds.
    """

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    sleep: Callable[[float], None] = time.sleep


class BackOff:
    """Waits between tries.

    Args:
        sleep: waits so many seconds.
    """

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._jitter = random.Random()  # noqa: S311 - spreads retries, decides nothing

    def __call__(self, attempt: int) -> None:
        """Wait after a try; they are counted from 0."""
        first, most = _BACKOFF_S
        doubled = min(attempt, _DOUBLINGS)  # an outage has no longest time
        self._sleep(self._jitter.uniform(0, min(most, first * 2**doubled)))


class Commits:
    """Commits what is decided.

    Args:
        definitions: what is decided by.
        retries: tries.
        back_off: waits between them.
        observer: told of conflicts.

    Attributes:
        observer: the same.
    """

    def __init__(
        self, definitions: LiveDefinitions, retries: int, back_off: BackOff, observer: Observer
    ) -> None:
        self._definitions = definitions
        self._retries = retries
        self._back_off = back_off
        self.observer = observer

    def __call__(
        self,
        decide: Callable[[], Changes | Conflict],
        commit: Callable[[Changes], Outcome],
        contend: Callable[[int], None] = lambda _: None,
    ) -> Done:
        """Decide and commit until there is no version conflict.

        Args:
            decide: loads and decides; a conflict where what was loaded does not fit together.
            commit: writes the decision, or says why not.
            contend: called after a conflict, with the number of the try.

        Returns:
            The changes that were committed; `Fenced` where nothing was, because the partition
            belongs to another worker; or the conflict of the last try, where every try met one.
        """
        met = Conflict("")
        for attempt in range(self._retries):
            decided = decide()
            outcome = commit(decided) if isinstance(decided, Changes) else decided
            if isinstance(outcome, Fenced):
                return outcome
            if not isinstance(outcome, Conflict) and isinstance(decided, Changes):
                return decided
            met = outcome if isinstance(outcome, Conflict) else met
            self.observer.conflict()
            if met.reason == DEFINITIONS:
                self._definitions.refresh()
            contend(attempt)
            self._back_off(attempt)
        return met


def given_up(met: Conflict) -> Exception:
    """Return what to raise when every try met a conflict.

    Changing definitions are waited for; any other conflict lies in the work.
    """
    if met.reason == DEFINITIONS:
        return StoreUnavailable("definitions keep changing")
    return ContendedError(met.reason)


def facts_of(changes: Changes) -> Facts:
    """What the steps after UNIFY learn of a transaction."""
    profiles = (
        *(person.id for person in changes.people),
        *(profile for profile, _ in changes.gone),
    )
    return Facts(profiles, tuple(changes.moves), len(changes.events))
