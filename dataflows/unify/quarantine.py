"""No record stops a partition: a batch that raises is cut down to the record at fault.

A batch that raises is cut in halves between log entries, because the fence stands between entries;
each part is a transaction of its own. Within one entry the records that break it are looked for by
rehearsing them, without committing, and the entry is committed whole with dead letters in their
place. A record is refused only if its dead letter can be stored; where not even that goes, the
store is at fault, and the partition waits.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog

from domain.changes import Facts
from domain.event import Batch
from domain.failure import Failure
from store.errors import StoreUnavailable, is_away

T = TypeVar("T")
Refused = Mapping[int, Failure]
"""Place within a batch → why that record is not to be looked at."""

NOBODY: Final[Refused] = {}
_ROOT: Final = Path(__file__).resolve().parents[2]

log = structlog.get_logger("profiles")


class ContendedError(Exception):
    """Every try met a conflict."""


class Commit(Protocol):
    """Commits a batch."""

    def __call__(self, batch: Batch, refused: Refused, *, bare: bool = False) -> list[Facts]:
        """Commit a batch with dead letters for the refused.

        Nothing is answered where the partition is elsewhere.

        Args:
            batch: what is committed.
            refused: records that become dead letters unread.
            bare: their dead letters say nothing of their surroundings.
        """
        ...


def attempted(work: Callable[[], T]) -> T | Failure:
    """Run something that records may break; returns the failure where they do.

    Raises:
        StoreUnavailable: the database is at fault.
    """
    try:
        return work()
    except StoreUnavailable:
        raise
    except Exception as error:  # a fault of the engine must not stop later records
        if is_away(error):
            raise StoreUnavailable("PostgreSQL refuses to work") from error
        return failure_of(error)


def failure_of(error: BaseException) -> Failure:
    """Return the failure behind an exception: class and place, never its message.

    A message may quote personal data.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _own(frame.filename)]
    place = (
        f" at {Path(frames[-1].filename).relative_to(_ROOT)}:{frames[-1].lineno} {frames[-1].name}"
        if frames
        else ""
    )
    said = f" ({error})" if isinstance(error, ContendedError) else ""
    return Failure("internal_error", f"{type(error).__name__}{said}{place}")


def _own(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and not path.relative_to(_ROOT).parts[0].startswith(".")


def entries(batch: Batch) -> list[Batch]:
    """A batch cut between all of its log entries.

    Only the last part asserts that everything was read.
    """
    groups = [
        tuple(group) for _, group in groupby(batch.records, key=lambda record: record.position)
    ]
    bounds = [batch.start, *(group[0].position for group in groups[1:]), batch.next]
    return [
        Batch(
            batch.log,
            batch.partition,
            bounds[number],
            bounds[number + 1],
            group,
            batch.caught_up_ms if number + 1 == len(groups) else 0,
        )
        for number, group in enumerate(groups)
    ]


def halves(batch: Batch) -> tuple[Batch, Batch] | None:
    """A batch cut in two between log entries; None where it has one entry, or none."""
    parts = entries(batch)
    if len(parts) < 2:
        return None
    first, second = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    return _joined(first), _joined(second)


def _joined(parts: list[Batch]) -> Batch:
    last = parts[-1]
    return last._replace(
        start=parts[0].start, records=tuple(record for part in parts for record in part.records)
    )


def only(batch: Batch, indexes: Iterable[int]) -> Batch:
    """A batch with some of its records."""
    return batch._replace(records=tuple(batch.records[place] for place in indexes))


class Quarantine:
    """Commits batches, whatever is in them.

    Args:
        commit: commits a batch, or raises what a record makes it raise.
        rehearse: does everything that a commit does, and takes it back.
        waiting: does something, again and again while the database is away.
    """

    def __init__(
        self,
        commit: Commit,
        rehearse: Callable[[Batch], None],
        waiting: Callable[[Callable[[], list[Facts]]], list[Facts]],
    ) -> None:
        self._commit = commit
        self._rehearse = rehearse
        self._waiting = waiting

    def __call__(self, batch: Batch, refused: Refused = NOBODY) -> list[Facts]:
        """Commit a batch; where it raises, in parts.

        Args:
            batch: of any size.
            refused: of a batch of one entry: records that become dead letters unread.

        Returns:
            Facts for every transaction; none for what was dropped because the partition is
            elsewhere.

        Raises:
            StoreUnavailable: the database is at fault.
        """
        done = attempted(partial(self._commit, batch, refused))
        if not isinstance(done, Failure):
            return done
        log.error(
            "batch_broken",
            log=batch.log,
            partition=batch.partition,
            position=batch.start,
            failure=done.detail,
        )
        parts = halves(batch)
        if parts is None:
            return self._entry(batch, dict(refused), done)
        first = self._waiting(partial(self, parts[0]))
        return [*first, *self._waiting(partial(self, parts[1]))] if first else []

    def _entry(self, batch: Batch, refused: dict[int, Failure], failure: Failure) -> list[Facts]:
        """Commit the records of one entry together, with dead letters for those that break it."""
        done: list[Facts] | Failure = failure
        while isinstance(done, Failure) and (culprits := self._culprits(batch, refused, done)):
            for place, why in sorted(culprits.items()):
                record = batch.records[place]
                log.error(
                    "record_refused",
                    log=batch.log,
                    partition=batch.partition,
                    position=record.position,
                    index=record.index,
                    failure=why.detail,
                )
            refused |= culprits
            done = attempted(partial(self._commit, batch, refused))
        if isinstance(done, Failure):
            done = attempted(partial(self._commit, batch, refused, bare=True))
        if isinstance(done, Failure):
            raise StoreUnavailable(f"not even a dead letter can be stored: {done.detail}")
        return done

    def _culprits(self, batch: Batch, refused: Refused, failure: Failure) -> Refused:
        """Find the records that break an entry.

        Each that does by itself, else the last one of the shortest prefix that does.
        """
        alive = [place for place in range(len(batch.records)) if place not in refused]
        if len(alive) < 2:
            return dict.fromkeys(alive, failure)
        alone = {place: self._rehearsed(batch, [place]) for place in alive}
        culprits = {place: why for place, why in alone.items() if why is not None}
        if culprits:
            return culprits
        least, most = 1, len(alive)
        while least < most:
            middle = (least + most) // 2
            why = self._rehearsed(batch, alive[:middle])
            if why is None:
                least = middle + 1
            else:
                most, failure = middle, why
        return {alive[most - 1]: failure}

    def _rehearsed(self, batch: Batch, indexes: Iterable[int]) -> Failure | None:
        return self.rehearsed(only(batch, indexes))

    def rehearsed(self, batch: Batch) -> Failure | None:
        """Why a batch would raise; None where it would not.

        Raises:
            StoreUnavailable: the database is at fault.
        """
        return attempted(partial(self._rehearse, batch))
