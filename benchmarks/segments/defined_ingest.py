"""Log → committed with 200 segments and 50 traits against none, in turns."""

import time
from contextlib import ExitStack

from benchmarks.intake.throughput import PARTITIONS, drain_rate
from benchmarks.segments.publishing import publish_all, settled
from benchmarks.support.figures import Report, median
from benchmarks.support.stack import Bench, bench_stack
from benchmarks.support.workload import records

AIM = 0.6
PEOPLE_PER_EVENT = 0.3
WORKERS = 2


def _round(bench: Bench, rows: list[bytes]) -> float:
    """Events per second for one more round."""
    before = bench.accepted()
    bench.fill(rows, "stratum.events", PARTITIONS)
    return drain_rate(bench, len(rows), WORKERS, before)


def _transitions(bench: Bench) -> int:
    with bench.connect() as connection:
        row = connection.execute("SELECT count(*) FROM changes").fetchone()
    return int(row[0]) if row else 0


def run(report: Report, count: int = 60_000, rounds: int = 3, warm: int = 2) -> None:
    """Measure both in turns on two stacks, `rounds` times, after `warm` rounds."""
    received = time.time_ns() // 1_000_000
    people = int(count * PEOPLE_PER_EVENT)
    rates: dict[str, list[float]] = {"bare": [], "defined": []}
    with ExitStack() as stacks:
        benches = {name: stacks.enter_context(bench_stack()) for name in rates}
        publish_all(benches["defined"])
        with benches["defined"].workers(1):
            settled(benches["defined"])
        before = 0
        for number in range(warm + rounds):
            if number == warm:
                before = _transitions(benches["defined"])
            rows = records(count, people, received, seed=20 + number)
            for name, bench in sorted(benches.items(), reverse=bool(number % 2)):
                rate = _round(bench, rows)
                if number >= warm:
                    rates[name].append(rate)
        transitions = (_transitions(benches["defined"]) - before) / count / rounds
    bare, defined = median(rates["bare"]), median(rates["defined"])
    report.add(
        "ingest with 200 segments and 50 traits",
        f"ratio {defined / bare:.2f}, {defined:,.0f} events/s",
        f"without {bare:,.0f} events/s; {transitions:.2f} transitions per event",
        f"≥ {AIM:g} of none",
        met=defined / bare >= AIM,
    )
