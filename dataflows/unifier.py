"""The imperative shell around UNIFY: decode, load, decide, commit; again where somebody was faster.

The only place where the engine reads the clock for a batch. A batch that cannot be committed
because the database is away waits for it. One that breaks the engine is cut down to the record that
does (`dataflows.quarantine`); people whose evaluation breaks it rest for a while.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import psycopg
import structlog
from msgspec.structs import replace

from config.settings import Engine
from dataflows.attempts import Careful
from dataflows.quarantine import ContendedError, Quarantine, Refused, attempted
from domain.changes import Changes, Known, Missing
from domain.event import Batch, DeadLetter, Event, Fence, Unmerge, Wake
from domain.facts import Facts
from domain.failure import Failure
from domain.ids import WorkspaceId
from domain.instants import utc
from domain.policies import IdentityRules, ProfileRules
from domain.segments.definition import WorkspaceDefinitions
from operators.segments.compile_definitions import compile_sound
from operators.segments.program import Program
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.needed import Needed, needed
from operators.unify.wake import wake
from sources.intake.decode import Decoder
from store.definitions.load import Registry, refresh
from store.errors import StoreUnavailable, is_away
from store.unify import resting
from store.unify.outcomes import DEFINITIONS, Conflict, Fenced
from store.unify.unit_of_work import PostgresUnitOfWork

REFRESH_S: Final = 1.0
"""How soon a new source, segment or rule is noticed."""
BUSY_S: Final = 1.0
"""For so long after a batch a process counts as busy with events."""
_BACKOFF_S: Final = (0.05, 2.0)

log = structlog.get_logger("profiles")


def _compiled(definitions: WorkspaceDefinitions) -> Program:
    """A workspace's program.

    One definition that is none stops neither the others nor the engine.
    """
    program, resting = compile_sound(definitions)
    if resting:
        log.error(
            "segments_rest",
            workspace=definitions.workspace,
            segments=resting,
            hint="publish another version, pause or delete",
        )
    return program


class Observer:
    """Is told what happens. This one does not listen."""

    def committed(self, changes: Changes, seconds: float) -> None:
        """A batch was committed, this long after it was taken in hand."""

    def woke(self, people: int) -> None:
        """The clock changed people."""

    def conflict(self) -> None:
        """Somebody was faster; the work is tried again."""

    def fenced(self) -> None:
        """A batch was dropped: the partition is elsewhere."""

    def store_away(self) -> None:
        """Postgres was gone; the work waits."""


class Unifier:
    """Turns batches and wakes into committed changes.

    Args:
        store: the unit of work.
        identity: identifier rules.
        profile: folding rules.
        engine: retries.
        on_fenced: told (log, partition) when a batch was dropped because the partition's position
            is elsewhere.
        clock_ms: the wall clock.
        sleep: waits between tries.
        observer: told what happens.

    Attributes:
        swept: people written because definitions changed.
        sweep_seconds: what that took.
    """

    def __init__(
        self,
        store: PostgresUnitOfWork,
        identity: IdentityRules,
        profile: ProfileRules,
        engine: Engine,
        on_fenced: Callable[[str, int], None],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        sleep: Callable[[float], None] = time.sleep,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._identity = identity
        self._profile = profile
        self._retries = engine.retries
        self._rest_ms = int(engine.rest_s * 1000)
        self._quarantine = Quarantine(self._commit, self._rehearse, self._waiting)
        self._process: Callable[[Batch], list[Facts]] = self._quarantine
        self._on_fenced = on_fenced
        self._clock_ms = clock_ms
        self._sleep = sleep
        self._observer = observer or Observer()
        self._registry = Registry({}, {}, {}, 0)
        self._refreshed = float("-inf")
        self._last_batch = float("-inf")
        self.swept = 0
        self.sweep_seconds = 0.0
        self._definitions = Definitions(identity, profile, {})
        self._decode = Decoder({}, {}, identity, profile)
        self._jitter = random.Random()  # noqa: S311 - spreads retries, decides nothing

    def leave_traces(self) -> None:
        """Record restarts of partitions from now on, to find a record that kills workers."""
        self._process = Careful(self._store, self._quarantine, self._waiting)

    def __call__(self, work: Batch | Wake) -> list[Facts]:
        """Commit one batch or wake.

        Returns:
            One `Facts` per transaction, or nothing where the batch was dropped.
        """
        if isinstance(work, Batch):
            return self._waiting(partial(self._batch, work))
        return self._waiting(partial(self._swept if work.sweep else self._wake, work))

    def _waiting(self, step: Callable[[], list[Facts]]) -> list[Facts]:
        """Do something; while the database is away, again and again."""
        away = 0
        while True:
            try:
                self._refresh()
                return step()
            except (StoreUnavailable, psycopg.Error) as error:
                if isinstance(error, psycopg.Error) and not is_away(error):
                    raise
                if isinstance(error, psycopg.Error) or isinstance(error.__cause__, psycopg.Error):
                    self._store.close()  # a broken session must not outlive its cause
                if not away:
                    reason = (
                        str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
                    )
                    log.warning("database away, waiting", reason=reason)
                    self._observer.store_away()
                self._pause(away)
                away += 1

    def _refresh(self) -> None:
        if time.monotonic() - self._refreshed < REFRESH_S:
            return
        before = self._registry
        registry = self._store.read(lambda connection: refresh(connection, before))
        self._refreshed = time.monotonic()
        if registry is not before:
            if registry.unreadable:
                log.error(
                    "definitions_unreadable",
                    resting=registry.unreadable,
                    hint="run the version that stored them, or publish another",
                )
            self._registry = registry
            self._definitions = Definitions(
                self._identity, self._profile, self._compiled(before, registry), registry.revision
            )
            self._decode = Decoder(registry.sources, registry.salts, self._identity, self._profile)

    def _compiled(self, before: Registry, registry: Registry) -> dict[WorkspaceId, Program]:
        """Programs of all workspaces; those whose definitions are as before are kept."""
        programs = self._definitions.programs
        return {
            workspace: (
                programs[workspace]
                if workspace in programs and before.definitions.get(workspace) == definitions
                else _compiled(definitions)
            )
            for workspace, definitions in registry.definitions.items()
        }

    def busy(self) -> bool:
        """Whether a batch with records came lately."""
        return time.monotonic() - self._last_batch < BUSY_S

    def _batch(self, batch: Batch) -> list[Facts]:
        if batch.records:
            self._last_batch = time.monotonic()
        return self._process(batch)

    def _commit(self, batch: Batch, refused: Refused, *, bare: bool = False) -> list[Facts]:
        """Commit a batch; raises whatever its records make it raise.

        See `dataflows.quarantine.Commit`.
        """
        items = self._items(batch, refused)
        if bare:
            items = [
                replace(item, workspace=None, source=None, received_ms=0, retry_of=0)
                for item in items
                if isinstance(item, DeadLetter)
            ]
        try:
            return self._try(items, needed(items), _fence(batch))
        finally:
            self._store.calm()

    def _rehearse(self, batch: Batch) -> None:
        items = self._items(batch, {})
        changes = self._decide(items, needed(items))
        if isinstance(changes, Changes):
            self._store.rehearse(changes, _fence(batch))

    def _items(self, batch: Batch, refused: Refused) -> list[Event | Unmerge | DeadLetter]:
        """What the records are.

        Where one names an unknown source, the sources are read again first.
        """
        items = self._decoded(batch, refused)
        if any(
            isinstance(item, DeadLetter) and item.failure.reason == "unknown_source"
            for item in items
        ):
            self._refreshed = float("-inf")
            self._refresh()
            items = self._decoded(batch, refused)
        return items

    def _decoded(self, batch: Batch, refused: Refused) -> list[Event | Unmerge | DeadLetter]:
        if not refused:
            return self._decode(batch)
        alive = iter(
            self._decode(
                batch._replace(
                    records=tuple(
                        one for place, one in enumerate(batch.records) if place not in refused
                    )
                )
            )
        )
        return [
            self._decode.refuse(record, refused[place]) if place in refused else next(alive)
            for place, record in enumerate(batch.records)
        ]

    def _try(
        self, items: list[Event | Unmerge | DeadLetter], wanted: Needed, fence: Fence
    ) -> list[Facts]:
        started = time.monotonic()
        outcome: object = None
        for attempt in range(self._retries):
            changes = self._decide(items, wanted)
            outcome = (
                self._store.commit(changes, fence) if isinstance(changes, Changes) else changes
            )
            if isinstance(outcome, Fenced):
                log.info(
                    "batch dropped, partition is elsewhere",
                    log=fence.log,
                    partition=fence.partition,
                )
                self._on_fenced(fence.log, fence.partition)
                self._observer.fenced()
                return []
            if not isinstance(outcome, Conflict) and isinstance(changes, Changes):
                self._observer.committed(changes, time.monotonic() - started)
                return [_facts(changes)]
            self._observer.conflict()
            self._stale(outcome)
            self._store.contend(wanted, attempt)
            self._pause(attempt)
        raise _given_up(outcome)

    def _stale(self, outcome: Conflict | object) -> None:
        """After a conflict: read definitions again where they have changed."""
        if isinstance(outcome, Conflict) and outcome.reason == DEFINITIONS:
            self._refreshed = float("-inf")
            self._refresh()

    def _decide(
        self, items: list[Event | Unmerge | DeadLetter], wanted: Needed
    ) -> Changes | Conflict:
        known = self._store.load(wanted)
        now_ms = self._clock_ms()
        while True:
            answer = unify(items, known, self._definitions, now_ms)
            if isinstance(answer, Changes):
                return answer
            extended = self._extend(known, answer)
            if isinstance(extended, Conflict):
                return extended
            known = extended

    def _extend(self, known: Known, missing: Missing) -> Known | Conflict:
        if missing.people:
            return self._store.load_components(known, missing.people)
        return self._store.load_histories(known, missing.histories, self._names())

    def _names(self) -> set[tuple[str, str | None]]:
        """Events that any aggregate looks at which not everybody has yet."""
        programs = self._definitions.programs.values()
        return {name for program in programs for name in program.names(0)}

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
        (profile,), now_ms = due.profile_ids, self._clock_ms()
        log.error(
            "person_rests", sweep=due.sweep, failure=failure.detail, rest_s=self._rest_ms / 1000
        )
        now, until = utc(now_ms), utc(now_ms + self._rest_ms)
        self._store.read(
            lambda connection: resting.rest(connection, profile, failure.detail, now, until)
        )

    def _woken(self, due: Wake) -> list[Facts]:
        if due.sweep > self._registry.revision:
            self._refreshed = float("-inf")
            self._refresh()
        outcome: object = None
        for attempt in range(self._retries):
            changes = self._evaluate(due)
            if isinstance(changes, Changes) and not changes.people:
                return []
            outcome = self._store.commit(changes, None) if isinstance(changes, Changes) else changes
            if isinstance(changes, Changes) and not isinstance(outcome, Conflict):
                self._observer.woke(len(changes.people))
                self.swept += len(changes.people) if due.sweep else 0
                return [_facts(changes)]
            self._stale(outcome)
            self._observer.conflict()
            self._pause(attempt)
        if due.sweep:
            raise _given_up(outcome)
        return []  # still due: the source names them again

    def _swept(self, page: Wake) -> list[Facts]:
        started = time.monotonic()
        try:
            return self._wake(page)
        finally:
            self.sweep_seconds += time.monotonic() - started

    def _evaluate(self, due: Wake) -> Changes | Conflict:
        people = self._store.load_people(due.profile_ids)
        known = Known()
        while True:
            answer = wake(
                people,
                known,
                self._definitions,
                max(due.now_ms, self._clock_ms()),
                sweep=bool(due.sweep),
            )
            if isinstance(answer, Changes):
                return answer
            extended = self._store.load_histories(known, answer.histories, self._names())
            if isinstance(extended, Conflict):
                return extended
            known = extended

    def _pause(self, attempt: int) -> None:
        first, most = _BACKOFF_S
        self._sleep(self._jitter.uniform(0, min(most, first * 2**attempt)))

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()


def _fence(batch: Batch) -> Fence:
    return Fence(batch.log, batch.partition, batch.start, batch.next, batch.caught_up_ms)


def _given_up(outcome: object) -> Exception:
    """Return what to raise when every try met a conflict.

    Changing definitions are waited for; any other conflict lies in the batch.
    """
    reason = outcome.reason if isinstance(outcome, Conflict) else ""
    return (
        StoreUnavailable("definitions keep changing")
        if reason == DEFINITIONS
        else ContendedError(reason)
    )


def _facts(changes: Changes) -> Facts:
    profiles = (
        *(person.id for person in changes.people),
        *(profile for profile, _ in changes.gone),
    )
    return Facts(profiles, tuple(changes.moves), len(changes.events))


def build_unifier(
    dsn: str,
    identity: IdentityRules,
    profile: ProfileRules,
    engine: Engine,
    on_fenced: Callable[[str, int], None],
    observer: Observer | None = None,
) -> Unifier:
    """UNIFY on PostgreSQL as configured."""
    store = PostgresUnitOfWork(dsn, engine.cache_people)
    unifier = Unifier(store, identity, profile, engine, on_fenced, observer=observer)
    unifier.leave_traces()
    return unifier
