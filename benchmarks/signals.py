"""Lag of readings behind their counters with many signals, and the cost of the signals flow.

Every second each signal's counters move, as under live traffic. The reference is what one look
costs the database: the same counters read once. The lag of a signal is the age of its newest
reading; the flow is asked for its memory at the end.
"""

import random
import time
from collections.abc import Sequence

from benchmarks.support.figures import Report, median, percentile
from benchmarks.support.stack import Bench, bench_stack, resident_mb, stop
from domain.signals import metrics
from store.signals import observations

AIM_LAG_S = 5.0
AIM_MB = 300.0
_SHARDS = 2


def _metrics(rng: random.Random) -> dict[str, float]:
    """One second of counters of a source with 60 events a minute."""
    names = [
        f"{name}:{kind}"
        for name in (metrics.NAMED, metrics.QUALITY, metrics.SHAPE)
        for kind in ("page", "Product Viewed", "Order Completed")
    ]
    properties = [
        f"{metrics.PROPERTY}:Product Viewed{metrics.PART}{key}{metrics.PART}string"
        for key in ("sku", "name", "category", "price")
    ]
    kinds = [f"{metrics.COVERAGE}:{kind}" for kind in ("user_id", "email", "anonymous_id")]
    buckets = [
        f"{metrics.PERSON}:{rng.randrange(metrics.BUCKETS)}",
        f"{metrics.ADDRESS}:{rng.randrange(metrics.BUCKETS)}",
    ]
    plain = [
        metrics.ACCEPTED,
        metrics.NEW_PEOPLE,
        f"{metrics.LAG}:0",
        f"{metrics.DELAY}:0",
        f"{metrics.CONSENTED}:ads",
        metrics.LAG_MS,
    ]
    return dict.fromkeys([*plain, *names, *properties, *kinds, *buckets], 1.0)


def add_signals(bench: Bench, count: int) -> list[str]:
    """Create as many sources; returns their signals' names."""
    with bench.connect() as conn:
        conn.execute(
            "INSERT INTO sources (workspace_id, name)"
            " SELECT 1, 'bench ' || n FROM generate_series(1, %s) n",
            (count,),
        )
        rows = conn.execute("SELECT id FROM sources ORDER BY id DESC LIMIT %s", (count,))
        return [f"source:{number}" for (number,) in rows]


def add_past(bench: Bench, signals: Sequence[str], hours: int) -> None:
    """Add the counters that totals and charts read of as many hours, minute by minute."""
    with bench.connect() as conn:
        conn.execute(
            "INSERT INTO observations (workspace_id, signal, minute_at, shard, metric, value)"
            " SELECT 1, signal, date_trunc('minute', now()) - minute * interval '1 min', 0,"
            " metric, 60 FROM unnest(%s::text[]) signal, generate_series(2, %s) minute,"
            " unnest(%s::text[]) metric",
            (list(signals), hours * 60, [metrics.ACCEPTED, metrics.NEW_PEOPLE, metrics.ORDERS]),
        )
        conn.execute("ANALYZE observations")


def move_counters(bench: Bench, signals: Sequence[str], seconds: int) -> list[float]:
    """Move every signal's counters once a second; how long each second's writing took."""
    rng, took = random.Random(5), []
    with bench.connect() as conn:
        for second in range(seconds):
            begun = time.monotonic()
            minute = int(time.time()) // 60 * 60_000
            for first in range(0, len(signals), 100):
                rows = [
                    (1, signal, minute, second % _SHARDS, metric, value)
                    for signal in signals[first : first + 100]
                    for metric, value in _metrics(rng).items()
                ]
                with conn.transaction():
                    observations.add(conn, rows)
            took.append(time.monotonic() - begun)
            time.sleep(max(0.0, 1.0 - took[-1]))
    return took


def run(report: Report, signals: int = 1_000, seconds: int = 90) -> None:
    """Print lag and memory with so many signals.

    Args:
        report: where figures go.
        signals: how many.
        seconds: how long their counters move.
    """
    with bench_stack() as bench:
        names = add_signals(bench, signals)
        process = bench.start("engine", "signals")
        try:
            took = move_counters(bench, names, seconds)
            with bench.connect() as conn:
                ages = sorted(
                    float(age)
                    for (age,) in conn.execute(
                        "SELECT extract(epoch FROM now() - max(read_at)) FROM readings WHERE signal"
                        " = ANY(%s) GROUP BY signal",
                        (names,),
                    )
                )
                begun = time.monotonic()
                counters = len(
                    conn.execute(
                        "SELECT * FROM observations WHERE updated_at > now() - interval '30 s'"
                    ).fetchall()
                )
                reference = time.monotonic() - begun
            weighs = resident_mb(process.pid)
        finally:
            stop([process])
    if len(ages) < signals:
        raise TimeoutError(f"{len(ages)} of {signals} signals were read within {seconds} s")
    slowest = percentile(ages, 0.99)
    reading = (
        f"{counters:,} counters read once: {reference:.2f} s; written in {median(took):.2f} s of"
        " each second"
    )
    ages_said = f"p50 {median(ages):.1f} s, p99 {slowest:.1f} s"
    report.add(
        f"readings of {signals:,} signals, age of the newest",
        ages_said,
        reading,
        f"p99 ≤ {AIM_LAG_S:g} s",
        met=slowest <= AIM_LAG_S,
    )
    report.add(
        f"signals flow with {signals:,} signals, memory",
        f"{weighs:.0f} MB",
        "",
        f"≤ {AIM_MB:g} MB",
        met=weighs <= AIM_MB,
    )
