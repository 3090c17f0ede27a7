"""A million people: time per event against ten thousand, worker memory, restart."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.intake.throughput import PARTITIONS, copy_rate, drain_rate
from benchmarks.support.figures import Report
from benchmarks.support.stack import Bench, bench_stack, resident_mb, wait_for
from benchmarks.support.workload import records
from domain.changes import NewIdentifier
from domain.event import Event, Identifier
from domain.ids import ProfileId, SourceId, WorkspaceId
from domain.keys import identifier_key, message_key
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person, encode_person
from operators.profiles.fold import fold
from store.connection import adapt
from store.unify import copy_format

CHUNK = 20_000
Traits = Callable[[int], dict[str, Any]]


def _crowd(salt: bytes, people: int, traits: Traits) -> Iterator[tuple[Person, NewIdentifier]]:
    workspace, rules = WorkspaceId(1), ProfileRules()
    for number in range(people):
        identifier = Identifier(
            identifier_key(salt, "anonymous_id", f"anon-{number}"), "anonymous_id", f"anon-{number}"
        )
        person = Person(
            ProfileId(identifier.key),
            workspace,
            1,
            Leaf(),
            {"anonymous_id": 1},
            sole=identifier.key,
        )
        key = message_key(salt, f"crowd-{number}")
        at_ms = 1_790_000_000_000 + number
        fold(
            person.view,
            Event(
                workspace,
                SourceId(1),
                "page",
                "Home",
                key,
                "",
                (identifier,),
                at_ms,
                at_ms,
                b"",
                traits(number),
            ),
            rules,
        )
        yield person, NewIdentifier(workspace, identifier, person.id, None)


def settle(bench: Bench, people: int, traits: Traits = lambda _: {}) -> None:
    """Store so many anonymous people, as UNIFY would, with traits derived from their number."""
    with bench.connect() as connection:
        row = connection.execute("SELECT salt FROM workspaces WHERE id = 1").fetchone()
        adapt(connection)
        crowd = _crowd(bytes(row[0]) if row else b"", people, traits)
        while chunk := [item for _, item in zip(range(CHUNK), crowd, strict=False)]:
            cursor = connection.cursor()
            copy_format.copy_people(
                cursor, "profiles", [(person, encode_person(person)) for person, _ in chunk]
            )
            copy_format.copy_identifiers(cursor, [identifier for _, identifier in chunk])
        connection.execute("VACUUM ANALYZE profiles")
        connection.execute("VACUUM ANALYZE identifiers")


def run(report: Report, count: int = 100_000, many: int = 1_000_000, few: int = 10_000) -> None:
    """Measure all three with `many` people, and the cost per event against `few`."""
    received = time.time_ns() // 1_000_000
    rates: dict[int, float] = {}
    for people in (few, many):
        with bench_stack() as bench:
            settle(bench, people)
            batch = records(count, people, received)
            reference = copy_rate(bench, batch[:50_000])
            bench.fill(batch, "stratum.events", PARTITIONS)
            rates[people] = drain_rate(bench, count, 2) / reference
            if people == many:
                _memory_and_restart(report, bench, received, people, count)
    factor = rates[few] / rates[many]
    report.add(
        f"cost per event, {many:,} people against {few:,}",
        f"{factor:.2f}×",
        f"ratios to COPY {rates[many]:.2f} and {rates[few]:.2f}",
        "≤ 1.3×",
        met=factor <= 1.3,
    )


def _memory_and_restart(
    report: Report, bench: Bench, received: int, people: int, done: int
) -> None:
    batches = [records(60_000, people, received, seed) for seed in (2, 3)]
    sizes: list[float] = []
    with bench.workers(1, LOG__PARTITIONS=str(PARTITIONS)) as (worker,):
        for number, batch in enumerate(batches, 1):
            bench.fill(batch, "stratum.events", PARTITIONS)

            def stored(goal: int = done + number * 60_000) -> bool:
                return bench.accepted() >= goal

            wait_for(stored, 120, "committed")
            sizes.append(resident_mb(worker.pid))
        report.add(
            f"memory of a worker with {people:,} people",
            f"{sizes[-1]:,.0f} MB",
            f"{sizes[0]:,.0f} MB before the last 60,000 events",
            "≤ 600 MB, flat",
            met=sizes[-1] <= 600,
        )
        bench.fill(records(60_000, people, received, 4), "stratum.events", PARTITIONS)
        wait_for(lambda: bench.accepted() > done + 120_000, 60, "traffic flows")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    before, started = bench.accepted(), time.perf_counter()
    with bench.workers(1, LOG__PARTITIONS=str(PARTITIONS)):
        wait_for(lambda: bench.accepted() > before, 60, "first commit after the restart")
        elapsed = time.perf_counter() - started
    started = time.perf_counter()
    bench.start("--help").wait()
    report.add(
        "restart after kill -9 → first commit",
        f"{elapsed:.2f} s",
        f"`stratum --help` {time.perf_counter() - started:.2f} s",
        "≤ 3 s",
        met=elapsed <= 3,
    )
