"""Log → committed: raw events stored, people folded, identity resolved.

Beside a bare COPY of the same JSON into one jsonb column.
"""

import time

from benchmarks.support.figures import Report, median
from benchmarks.support.stack import Bench, bench_stack, wait_for
from benchmarks.support.workload import records

PARTITIONS = 8
COPY_BATCH = 2_000


def copy_rate(bench: Bench, rows: list[bytes]) -> float:
    """Measure a bare COPY into one jsonb column, rows/s, in transactions of the batch size."""
    with bench.connect() as connection:
        connection.execute("CREATE TABLE bare (doc jsonb)")
        started = time.perf_counter()
        for start in range(0, len(rows), COPY_BATCH):
            with connection.cursor().copy("COPY bare FROM STDIN") as copy:
                copy.write(
                    b"".join(
                        row.replace(b"\\", b"\\\\") + b"\n"
                        for row in rows[start : start + COPY_BATCH]
                    )
                )
        elapsed = time.perf_counter() - started
        connection.execute("DROP TABLE bare")
    return len(rows) / elapsed


def drain_rate(bench: Bench, expected: int, workers: int, before: int = 0) -> float:
    """Events per second from the first commit seen to the last, with so many workers."""
    with bench.workers(workers, LOG__PARTITIONS=str(PARTITIONS)):
        wait_for(lambda: bench.accepted() > before, 60, "first commit")
        first, started = bench.accepted(), time.perf_counter()
        wait_for(lambda: bench.accepted() >= before + expected, 300, "all committed")
        return (before + expected - first) / (time.perf_counter() - started)


def run(report: Report, count: int = 200_000, people: int = 60_000) -> None:
    """Measure one and two workers, and the worst case: people spread over all partitions."""
    received = time.time_ns() // 1_000_000
    rows = records(count, people, received)
    with bench_stack() as bench:
        copies = [copy_rate(bench, rows[:100_000])]
        bench.fill(rows, "stratum.events", PARTITIONS)
        two = drain_rate(bench, count, 2)
        copies.append(copy_rate(bench, rows[:100_000]))
        reference = median(copies)
        ratio = two / reference
        report.add(
            "log → committed, 2 workers",
            f"{two:,.0f} events/s, ratio {ratio:.2f}",
            f"bare COPY {reference:,.0f} rows/s",
            "≥ 0.20 of COPY",
            met=ratio >= 0.20,
        )
    for name, workers, spread in (
        ("log → committed, 1 worker", 1, False),
        ("worst case: people over all partitions, 2 workers", 2, True),
    ):
        with bench_stack() as bench:
            reference = copy_rate(bench, rows[:100_000])
            bench.fill(
                rows[: count // 2],
                "stratum.events",
                PARTITIONS,
                (lambda number, _: number % PARTITIONS) if spread else None,
            )
            rate = drain_rate(bench, count // 2, workers)
            report.add(
                name,
                f"{rate:,.0f} events/s, ratio {rate / reference:.2f}",
                f"bare COPY {reference:,.0f} rows/s, keyed {two:,.0f}",
            )
