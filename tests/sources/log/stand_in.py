"""A stand-in for UNIFY: stores every record once, with the fence, in one transaction.

A worker process when run as a script.
"""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from config.load import load_settings
from dataflows.runtime import run_profiles
from domain.changes import Facts
from domain.event import Batch, Wake

CREATE = (
    "CREATE TABLE IF NOT EXISTS stored (log text, partition int, position bigint, "
    "index int, source int, received_ms bigint, value bytea)"
)
CRASH, HANG = b'"crash"', b'"hang"'
FENCE = """
UPDATE offsets SET next_position = %s, caught_up_at = greatest(caught_up_at, to_timestamp(nullif(%s,
    0) / 1000.0))
WHERE log = %s AND partition = %s AND next_position = %s
"""


class StandIn:
    """Commits batches to the table ``stored``; drops fenced ones and says so."""

    def __init__(self, dsn: str, on_fenced: Callable[[str, int], None]) -> None:
        self.conn = psycopg.connect(dsn, autocommit=True)
        self.fenced = 0
        self.swept = 0
        self.sweep_seconds = 0.0
        self._on_fenced = on_fenced

    def __call__(self, work: Batch | Wake) -> list[Facts]:
        if isinstance(work, Wake):
            return []
        if any(record.value == CRASH for record in work.records):
            raise RuntimeError("told to crash")
        if any(record.value == HANG for record in work.records):
            # So that others can see it.
            self.conn.execute("INSERT INTO stored (value) VALUES (%s)", (HANG,))
            time.sleep(3600)
        with self.conn.transaction():
            fence = (work.next, work.caught_up_ms, work.log, work.partition, work.start)
            mine = self.conn.execute(FENCE, fence).rowcount == 1
            if mine:
                self._store(work)
        if not mine:
            self.fenced += 1
            self._on_fenced(work.log, work.partition)
            return []
        return [Facts(events=len(work.records))]

    def _store(self, work: Batch) -> None:
        with self.conn.cursor().copy("COPY stored FROM STDIN") as copy:
            for each in work.records:
                copy.write_row(
                    (
                        work.log,
                        work.partition,
                        each.position,
                        each.index,
                        each.source_hint,
                        each.received_ms,
                        each.value,
                    )
                )

    def all(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self(batch)

    def values(self) -> list[bytes]:
        return [
            row[0]
            for row in self.conn.execute(
                "SELECT value FROM stored ORDER BY log, partition, position, index"
            )
        ]

    def rows(self) -> list[tuple[Any, ...]]:
        return self.conn.execute(
            "SELECT * FROM stored ORDER BY log, partition, position, index"
        ).fetchall()

    def busy(self) -> bool:
        return False

    def close(self) -> None:
        self.conn.close()


def main(worker: str) -> None:
    run_profiles(
        load_settings(),
        worker,
        lambda settings, positions: StandIn(
            settings.postgres.dsn.get_secret_value(), positions.reset
        ),
    )


if __name__ == "__main__":
    main(sys.argv[1])
