"""Archives of access by the upkeep process: time for one person, and memory by their events.

The reference is a bare COPY of the same events out of the store.
"""

import time
from typing import Final
from uuid import UUID

import psycopg

from benchmarks.support.eventful import ask_access, store_person
from benchmarks.support.figures import Report
from benchmarks.support.stack import Bench, bench_stack, peak_mb, stop, wait_for

WORKSPACE, SOURCE, WAIT_S = 1, 1, 1_800
AIM_S, AIM_MB = 10, 50
_COPY: Final = "COPY (SELECT payload FROM events WHERE leaf = '{}') TO STDOUT (FORMAT BINARY)"


def run(report: Report, events: int = 10_000, many: int = 200_000) -> None:
    """Write the archive of a person with so many events, then of one with many."""
    with bench_stack() as bench, bench.connect() as connection:
        (salt,) = connection.execute("SELECT salt FROM workspaces").fetchone() or (b"",)
        few, more = (
            store_person(connection, WORKSPACE, SOURCE, bytes(salt), f"mary-{count}", count)
            for count in (events, many)
        )
        connection.execute("VACUUM ANALYZE events, identifiers, profiles")
        upkeep = bench.start("engine", "upkeep", METRICS__PORT="0")
        try:
            _written(connection, few)
            seconds, size = _written(connection, few)
            report.add(
                f"archive of a person with {events:,} events",
                f"{seconds:.2f} s, {size / 1e6:.1f} MB",
                f"bare COPY of the events {_copied(bench, few):.2f} s",
                f"≤ {AIM_S} s",
                met=seconds <= AIM_S,
            )
            before = peak_mb(upkeep.pid)
            seconds, size = _written(connection, more)
            after = peak_mb(upkeep.pid)
        finally:
            stop([upkeep])
        report.add(
            f"archive of a person with {many:,} events",
            f"{seconds:.1f} s, {many / seconds:,.0f} events/s, {size / 1e6:.0f} MB",
            f"bare COPY of the events {_copied(bench, more):.2f} s",
        )
    report.add(
        f"peak memory of the writer at {many:,} events",
        f"{after:,.0f} MB",
        f"{before:,.0f} MB at {events:,} events",
        f"at most {AIM_MB} MB more",
        met=after - before <= AIM_MB,
    )


def _written(connection: psycopg.Connection, person: UUID) -> tuple[float, int]:
    """Ask for an archive and wait for it; seconds from the request on, and its size in bytes."""
    started = time.perf_counter()
    number = ask_access(connection, WORKSPACE, person)
    found: list[int] = []

    def done() -> bool:
        row = connection.execute(
            "SELECT size_bytes FROM access_archives WHERE request = %s AND status = 'ready'",
            (number,),
        ).fetchone()
        found.extend(row or ())
        return bool(found)

    wait_for(done, WAIT_S, "the archive is written")
    return time.perf_counter() - started, found[0]


def _copied(bench: Bench, person: UUID) -> float:
    started = time.perf_counter()
    with (
        bench.connect() as connection,
        connection.cursor().copy(_COPY.format(person).encode()) as (copy),
    ):
        for _ in copy:
            pass
    return time.perf_counter() - started
