"""How fast a sweep re-evaluates everybody after a publishing, on an idle system.

The reference is one process that reads everybody, page by page, and decodes them: what a walk costs
that decides nothing.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import psycopg

from benchmarks.intake.throughput import PARTITIONS, drain_rate
from benchmarks.profiles.people import settle
from benchmarks.segments.publishing import publish_all, publish_segment, sweeps_done
from benchmarks.support.figures import Report
from benchmarks.support.stack import bench_stack, wait_for
from benchmarks.support.workload import records
from domain.profiles.profile import decode_person
from domain.segments import conditions, rule

AIM_PER_S: Final = 20_000
PAGE: Final = 1_000
LIMIT_S: Final = 300.0
EVENTS_EACH: Final = 5
ENTERING: Final = 5
_PAGE: Final = (
    "SELECT id, doc FROM profiles WHERE workspace_id = 1 AND id > %s ORDER BY id LIMIT %s"
)
_PROGRESS: Final = "SELECT coalesce(max(visited), 0) FROM sweeps WHERE status = 'running'"


def read_rate(connection: psycopg.Connection) -> float:
    """People per second that one process reads and decodes."""
    began, people, after = time.perf_counter(), 0, "00000000-0000-0000-0000-000000000000"
    cursor = connection.cursor(binary=True)
    while page := cursor.execute(_PAGE, (after, PAGE)).fetchall():
        for _, doc in page:
            decode_person(doc)
        people, after = people + len(page), page[-1][0]
    return people / (time.perf_counter() - began)


def sweep_rate(connection: psycopg.Connection, people: int, publish: Callable[[], object]) -> float:
    """People per second from the first page that is seen committed to the end of the sweep.

    Raises:
        ValueError: so few people that the first page seen was the last.
    """

    def visited() -> int:
        row = connection.execute(_PROGRESS).fetchone()
        return int(row[0]) if row else 0

    publish()
    wait_for(lambda: visited() > 0 or sweeps_done(connection), LIMIT_S, "the sweep begins")
    first, began = visited(), time.perf_counter()
    wait_for(lambda: sweeps_done(connection), LIMIT_S, "the sweep is done")
    if not 0 < first < people:
        raise ValueError(f"{people} people are too few to time a sweep: take ten thousand")
    return (people - first) / (time.perf_counter() - began)


def _plain(report: Report, people: int) -> None:
    """Sweeps over people who hold everything that the new segment asks for."""
    with bench_stack() as bench, bench.connect() as connection:
        settle(bench, people, lambda number: {} if number % ENTERING else {"plan": "gold"})
        reading = read_rate(connection)
        with bench.workers(1):
            for name, plan in (("nobody enters", "platinum"), ("a fifth enters", "gold")):
                made = rule.Trait("plan", conditions.Equals(plan))
                rate = sweep_rate(
                    connection, people, partial(publish_segment, connection, plan, made)
                )
                _add(report, f"sweep of {people:,} people, {name}", rate, reading, aimed=True)


def _with_history(report: Report, people: int) -> None:
    """Sweep for 200 segments and 50 traits over stored events, then for one more segment."""
    rows = records(people * EVENTS_EACH, people, time.time_ns() // 1_000_000)
    with bench_stack() as bench, bench.connect() as connection:
        bench.fill(rows, "stratum.events", PARTITIONS)
        drain_rate(bench, len(rows), 2)
        row = connection.execute("SELECT count(*) FROM profiles").fetchone()
        there = int(row[0]) if row else 0
        publish_all(bench)
        with bench.workers(1):
            rate = sweep_rate(connection, there, lambda: None)
            _add(
                report,
                f"sweep of {there:,} people, first 200 segments, pasts read",
                rate,
                read_rate(connection),
            )
            rate = sweep_rate(
                connection,
                there,
                partial(
                    publish_segment,
                    connection,
                    "gold",
                    rule.Trait("plan", conditions.Equals("gold")),
                ),
            )
            _add(
                report,
                f"sweep of {there:,} people, one segment beside 200",
                rate,
                read_rate(connection),
            )


def _add(report: Report, name: str, rate: float, reading: float, *, aimed: bool = False) -> None:
    aim = f"≥ {AIM_PER_S:,}/s" if aimed else ""
    reference = f"only reading and decoding them {reading:,.0f}/s"
    report.add(
        name,
        f"{rate:,.0f} people/s, ratio {rate / reading:.2f}",
        reference,
        aim,
        met=rate >= AIM_PER_S if aimed else None,
    )


def run(report: Report, people: int = 100_000, histories: int = 20_000) -> None:
    """Measure sweeps over people with complete aggregates, and over people without."""
    _plain(report, people)
    _with_history(report, histories)
