"""Drives dead letters again.

Marks them and writes the audit row in one transaction, then appends their records to the event log.

Delivery: at least once. Where the log cannot be reached the letters are open again, and a second
audit row says so: what a log took whose answer was lost may be processed all the same. Where the
process dies in between they stay ``retrying`` and may be driven again by hand. Neither counts
anything twice: UNIFY compares message ids, and resolves or reopens the letter.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection

from domain.instants import to_ms
from operators.intake import redrive
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.intake.dead_letters import DeadLetterFilter, DeadLetterRow, claim, reopen

Append = Callable[[Sequence[bytes]], Awaitable[None]]
"""Appends records to the event log; returns once they are durable, raises where they may not be."""


@dataclass(frozen=True)
class Selection:
    """Which letters, oldest first.

    Attributes:
        matching: a filter; one with a workspace never touches another's.
        ids: only these of them; None for all.
        after: only later letters than this id; 0 from the beginning.
        limit: letters at most.
    """

    matching: DeadLetterFilter
    ids: list[int] | None
    after: int
    limit: int


@dataclass
class Redriven:
    """Results of a re-drive: ids of the dead letters.

    Attributes:
        retried: their record is in the log again.
        hopeless: still open, because their record is not valid JSON.
        last: the greatest id read; continue after it. 0 where nothing matched.
    """

    retried: list[int] = field(default_factory=list)
    hopeless: list[int] = field(default_factory=list)
    last: int = 0

    def __len__(self) -> int:
        return len(self.retried) + len(self.hopeless)


async def redrive_dead_letters(
    pool: Pool, append: Append, filter_by: Selection, actor: str
) -> Redriven:
    """Drive letters again, oldest first.

    Args:
        pool: connections to Postgres.
        append: the event log.
        filter_by: which letters.
        actor: who asks, for the audit log.

    Raises:
        psycopg.OperationalError: nothing has happened.
        Exception: whatever `append` raises; the letters are open again.
    """
    outcome, records = Redriven(), []
    per_workspace: dict[int, list[int]] = defaultdict(list)
    async with transaction(pool) as connection:
        chosen = claim(
            connection, filter_by.matching, filter_by.ids, filter_by.after, filter_by.limit
        )
        for letter in await chosen:
            outcome.last = letter.id
            record = _record(letter)
            if record is None:
                outcome.hopeless.append(letter.id)
                continue
            records.append(record)
            outcome.retried.append(letter.id)
            if letter.workspace_id is not None:
                per_workspace[letter.workspace_id].append(letter.id)
        await reopen(connection, outcome.hopeless)
        await _audit(connection, actor, "dead_letter.retry", per_workspace)
    if records:
        try:
            await append(records)
        except BaseException:  # also when the caller goes away: what was claimed must not stay so
            async with transaction(pool) as connection:
                await reopen(connection, outcome.retried)
                await _audit(connection, actor, "dead_letter.retry_failed", per_workspace)
            raise
    return outcome


async def _audit(
    conn: AsyncConnection[Any], actor: str, action: str, per_workspace: Mapping[int, list[int]]
) -> None:
    for workspace, letters in per_workspace.items():
        await append_async(conn, workspace, actor, action, "dead_letters", {"letters": letters})


def _record(dead_letter: DeadLetterRow) -> bytes | None:
    arrived_at = dead_letter.received_at or dead_letter.recorded_at  # it arrived before it failed
    return redrive(
        dead_letter.payload, dead_letter.id, dead_letter.source_id or 0, to_ms(arrived_at)
    )
