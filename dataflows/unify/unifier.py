"""The imperative shell around UNIFY: decode, load, decide, commit; again after a version conflict.

The only place where the engine reads the clock for a batch. A batch that cannot be committed
because the database is away waits for it. One that breaks the engine is cut down to the record that
does (`dataflows.unify.quarantine`); people whose evaluation breaks it rest for a while
(`dataflows.unify.waking`).
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress as suppress_error
from functools import partial
from typing import Final

import psycopg
import structlog
from msgspec.structs import replace

from config.settings import Engine
from dataflows.unify.attempts import Careful
from dataflows.unify.commits import BackOff, Clock, Commits, Observer, facts_of, given_up
from dataflows.unify.definitions import LiveDefinitions, Rules
from dataflows.unify.quarantine import Quarantine, Refused
from dataflows.unify.waking import Waking
from domain.changes import Changes, Facts, LoadedState, NeedMore
from domain.event import Batch, Command, DeadLetter, Event, Fence, Wake
from domain.ids import IdentifierKey
from domain.policies import IdentityRules, ProfileRules
from operators.unify.batch import unify
from operators.unify.read_set import ReadSet, collect_read_set
from operators.unify.suppress import suppress
from sources.intake.stored import UnreadableEventError
from store.errors import StoreUnavailable, is_away
from store.unify.outcomes import Conflict, Fenced
from store.unify.unit_of_work import PostgresUnitOfWork

BUSY_S: Final = 1.0
"""For so long after a batch a process counts as busy with events."""

log = structlog.get_logger("profiles")


class Unifier:
    """Turns batches and wakes into committed changes.

    Args:
        store: the unit of work.
        rules: of identifiers and profiles.
        engine: retries and rests.
        on_fenced: told (log, partition) when a batch was dropped because the partition's position
            is elsewhere.
        clock: the wall clock, and waits between tries.
        observer: told what happens.
    """

    def __init__(
        self,
        store: PostgresUnitOfWork,
        rules: Rules,
        engine: Engine,
        on_fenced: Callable[[str, int], None],
        clock: Clock | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._clock = clock or Clock()
        self._on_fenced = on_fenced
        self._observer = observer or Observer()
        self._back_off = BackOff(self._clock.sleep)
        self._definitions = LiveDefinitions(store, rules)
        self._commits = Commits(self._definitions, engine.retries, self._back_off, self._observer)
        self._waking = Waking(
            store, self._definitions, self._commits, self._clock, engine.rest_s, self._waiting
        )
        self._quarantine = Quarantine(self._commit, self._rehearse, self._waiting)
        self._process: Callable[[Batch], list[Facts]] = self._quarantine
        self._last_batch = float("-inf")

    @property
    def swept(self) -> int:
        """People written because definitions changed."""
        return self._waking.swept

    @property
    def sweep_seconds(self) -> float:
        """What that took."""
        return self._waking.sweep_seconds

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
        return self._waiting(partial(self._waking, work))

    def _waiting(self, step: Callable[[], list[Facts]]) -> list[Facts]:
        """Do something; while the database is away, again and again."""
        away = 0
        while True:
            try:
                self._definitions.keep_fresh()
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
                self._back_off(away)
                away += 1

    def busy(self) -> bool:
        """Whether a batch with records came lately."""
        return time.monotonic() - self._last_batch < BUSY_S

    def _batch(self, batch: Batch) -> list[Facts]:
        if batch.records:
            self._last_batch = time.monotonic()
        return self._process(batch)

    def _commit(self, batch: Batch, refused: Refused, *, bare: bool = False) -> list[Facts]:
        """Commit a batch; raises whatever its records make it raise.

        See `dataflows.unify.quarantine.Commit`.
        """
        items = self._items(batch, refused)
        if bare:
            items = [
                replace(item, workspace=None, source=None, received_ms=0, retry_of=0)
                for item in items
                if isinstance(item, DeadLetter)
            ]
        try:
            return self._try(items, collect_read_set(items), _fence(batch))
        finally:
            self._store.release_contention_lock()

    def _rehearse(self, batch: Batch) -> None:
        items = self._items(batch, {})
        changes = self._decide(items, collect_read_set(items))
        if isinstance(changes, Changes):
            self._store.rehearse(changes, _fence(batch))

    def _items(self, batch: Batch, refused: Refused) -> list[Event | Command | DeadLetter]:
        """What the records are.

        Where one names an unknown source, the sources are read again first.
        """
        items = self._decoded(batch, refused)
        if any(
            isinstance(item, DeadLetter) and item.failure.reason == "unknown_source"
            for item in items
        ):
            self._definitions.refresh()
            items = self._decoded(batch, refused)
        return items

    def _decoded(self, batch: Batch, refused: Refused) -> list[Event | Command | DeadLetter]:
        decode = self._definitions.decode
        if not refused:
            return decode(batch)
        items: list[Event | Command | DeadLetter] = []
        for place, record in enumerate(batch.records):
            if place in refused:
                letter = decode.refuse(record, refused[place])
                items += [] if letter is None else [letter]
            else:
                items += decode(batch._replace(records=(record,)))
        return items

    def _try(
        self, items: list[Event | Command | DeadLetter], read_set: ReadSet, fence: Fence
    ) -> list[Facts]:
        started = time.monotonic()
        done = self._commits(
            partial(self._decide, items, read_set),
            partial(self._store.commit, fence=fence),
            partial(self._store.serialize_retries, read_set),
        )
        match done:
            case Changes():
                self._observer.committed(done, time.monotonic() - started)
                return [facts_of(done)]
            case Fenced():
                log.info(
                    "batch dropped, partition is elsewhere",
                    log=fence.log,
                    partition=fence.partition,
                )
                self._on_fenced(fence.log, fence.partition)
                self._observer.fenced()
                return []
            case Conflict():
                raise given_up(done)

    def _decide(
        self, items: list[Event | Command | DeadLetter], read_set: ReadSet
    ) -> Changes | Conflict:
        loaded = self._store.load(read_set)
        living = self._definitions.living(items)
        judged = suppress(living, loaded, self._definitions.stored.without)
        now_ms = self._clock.now_ms()
        while True:
            answer = unify(judged, loaded, self._definitions.current, now_ms)
            if isinstance(answer, Changes):
                return answer
            extended = self._extend(loaded, answer)
            if isinstance(extended, Conflict):
                return extended
            loaded = extended

    def _extend(self, loaded: LoadedState, more: NeedMore) -> LoadedState | Conflict:
        if more.people:
            return self._store.load_components(loaded, more.people)
        if more.around:
            return self._store.load_around(loaded, more.around)
        if more.later:
            return self._with_later(loaded, more.later)
        return self._store.load_histories(loaded, more.histories, self._definitions.names())

    def _with_later(
        self, loaded: LoadedState, leaves: Collection[tuple[IdentifierKey, int]]
    ) -> LoadedState:
        """Add the stored events of leaves from after an erasure, those that name what is erased."""
        found: dict[IdentifierKey, list[Event]] = {leaf: [] for leaf, _ in leaves}
        for row in self._store.load_later(leaves):
            with suppress_error(UnreadableEventError):
                event = self._definitions.stored(row.workspace, row.event)
                if not loaded.around.isdisjoint([one.key for one in event.identifiers]):
                    found[row.leaf].append(event)
        loaded.later |= found
        return loaded

    def close(self) -> None:
        """Close the database connection."""
        self._store.close()


def _fence(batch: Batch) -> Fence:
    return Fence(batch.log, batch.partition, batch.start, batch.next, batch.caught_up_ms)


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
    unifier = Unifier(store, Rules(identity, profile), engine, on_fenced, observer=observer)
    unifier.leave_traces()
    return unifier
