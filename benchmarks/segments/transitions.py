"""Event → transition at 1,000 events/s: from the collector's 200 to another reader.

Three times: with one segment alone, which is the reference; beside 200 segments and 50 traits; and
beside them while a sweep runs over people who have been away since before the definitions, the
dearest people to visit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import psycopg

from benchmarks.intake.throughput import PARTITIONS
from benchmarks.profiles.people import settle
from benchmarks.segments.publishing import publish_all, publish_segment, sweeps_done
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_of, wait_for
from benchmarks.support.traffic import PEOPLE, flowing
from benchmarks.support.workload import records
from config.load import load_settings
from domain.keys import identifier_key
from domain.segments import rule
from domain.segments.event_filter import EventFilter
from local.stack.stack import Stack

AIM_P50_MS: Final = 30.0
AIM_P99_MS: Final = 120.0
AIM_GROWTH: Final = 2.0
WARM_UP_S: Final = 5.0
WARM_EVENTS: Final = 40_000
WARM_LIMIT_S: Final = 120.0
LIMIT_S: Final = 20.0
_PROBE: Final = rule.Behaviour(EventFilter("Probe"))
_CHANGED: Final = "SELECT 1 FROM changes WHERE profile_id = %s AND segment_id = %s AND delta > 0"
_VISITED: Final = "SELECT coalesce(sum(visited), 0)::bigint FROM sweeps"


@dataclass(frozen=True)
class Waits:
    """How long probes waited, ms, and the traffic meanwhile, events per second."""

    p50: float
    p99: float
    rate: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms"


class Prober:
    """Sends events of people whom nobody knows yet, and waits for the transition of each.

    Args:
        address: of the collector.
        bench: of its stack.
        connection: that looks.
    """

    def __init__(self, address: str, bench: Bench, connection: psycopg.Connection[Any]) -> None:
        self._address = address
        self._bench = bench
        self._connection = connection
        self._segment = publish_segment(connection, "probe", _PROBE)
        row = connection.execute("SELECT salt FROM workspaces WHERE id = 1").fetchone()
        self._salt = bytes(row[0]) if row else b""
        self._number = 0
        self._seeds = count(31)

    def warm(self) -> None:
        """Let the traffic's people be there already, as most are whom a shop hears of."""
        before = self._bench.accepted()
        rows = records(WARM_EVENTS, PEOPLE, time.time_ns() // 1_000_000, next(self._seeds))
        self._bench.fill(rows, "stratum.events", PARTITIONS)
        wait_for(
            lambda: self._bench.accepted() >= before + WARM_EVENTS,
            WARM_LIMIT_S,
            "the traffic's people are there",
        )

    def probe(self, probes: int, between: Callable[[], object] = lambda: None) -> Waits:
        """Measure so many probes while traffic flows; `between` is called before each."""
        key, waits = self._bench.keys.write_key, []
        with (
            flowing(self._address, key, next(self._seeds)) as traffic,
            httpx.Client(base_url=self._address, auth=(key, ""), trust_env=False) as send,
        ):
            time.sleep(WARM_UP_S)
            began, before = time.perf_counter(), traffic.sent
            for _ in range(probes):
                between()
                waits.append(self._one(send) * 1000)
            rate = traffic.rate(before, time.perf_counter() - began)
        return Waits(percentile(waits, 0.5), percentile(waits, 0.99), rate)

    def _one(self, send: httpx.Client) -> float:
        """Seconds from the collector's answer to the transition of one new person."""
        self._number += 1
        user = f"probe-{self._number}"
        wanted = identifier_key(self._salt, "user_id", user).hex(), self._segment
        body = {
            "userId": user,
            "event": "Probe",
            "messageId": user,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        send.post("/v1/track", json=body).raise_for_status()
        started = time.perf_counter()
        wait_for(
            lambda: self._connection.execute(_CHANGED, wanted).fetchone() is not None,
            LIMIT_S,
            "the transition",
        )
        return time.perf_counter() - started


@contextmanager
def _whole_stack() -> Iterator[tuple[str, Bench]]:
    """The whole of Stratum; its address."""
    with TemporaryDirectory(prefix="stratum-bench-") as folder:
        settings = load_settings(
            environ={"STRATUM_DATA_DIR": str(Path(folder) / "data"), "STRATUM_SERVER__PORT": "0"}
        )
        with Stack(settings) as stack:
            bench = bench_of(stack)
            stack.wait_until_running(90)
            yield f"http://127.0.0.1:{bench.environment['STRATUM_SERVER__PORT']}", bench


def _alone(probes: int) -> Waits:
    with _whole_stack() as (address, bench), bench.connect() as connection:
        prober = Prober(address, bench, connection)
        prober.warm()
        return prober.probe(probes)


def _visited(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(_VISITED).fetchone()
    return int(row[0]) if row else 0


def run(report: Report, probes: int = 300, people: int = 100_000) -> None:
    """Measure all three; `people` are swept."""
    alone = _alone(probes)
    with _whole_stack() as (address, bench), bench.connect() as connection:
        publish_all(bench)
        prober = Prober(address, bench, connection)
        settle(bench, people)
        prober.warm()
        calm = prober.probe(probes)
        sweeps = 0

        def keep_sweeping() -> None:
            nonlocal sweeps
            if sweeps_done(connection):
                sweeps += 1
                publish_segment(connection, f"swept {sweeps}", rule.HasIdentifier("anonymous_id"))

        keep_sweeping()
        began, before = time.perf_counter(), _visited(connection)
        swept = prober.probe(probes, keep_sweeping)
        pace = (_visited(connection) - before) / (time.perf_counter() - began)
    report.add(
        f"event → transition, 200 segments, {calm.rate:,.0f} events/s",
        str(calm),
        f"one segment alone {alone}",
        f"p50 ≤ {AIM_P50_MS:g} ms, p99 ≤ {AIM_P99_MS:g} ms",
        met=calm.p50 <= AIM_P50_MS and calm.p99 <= AIM_P99_MS,
    )
    report.add(
        f"the same while a sweep visits {pace:,.0f} people/s",
        f"{swept}, p99 {swept.p99 / calm.p99:.1f}×",
        f"without {calm}",
        f"p99 ≤ {AIM_GROWTH:g}× without",
        met=swept.p99 <= AIM_GROWTH * calm.p99,
    )
