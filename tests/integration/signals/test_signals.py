"""The signals flow on real servers: counters in, readings out.

Silence is seen without any event; restarts lose nothing.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from threading import Event as Flag
from threading import Thread

import msgspec
import psycopg
import pytest
import redis

from config.settings import Settings
from dataflows.runtime import run_until_signal
from dataflows.signals import build
from domain.gate import Code, Verdict
from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Checkpoint, Reading, Status
from operators.gate.params import GateParams
from operators.signals.params import HealthParams
from sinks.gate import TrustGate
from sinks.signals import ReadingSink
from sources.feed import Intake
from sources.signals import MinutesFeed
from store.signals import observations
from store.signals.signals import known_signals, load_checkpoints, write_readings
from tests.conftest import TestWorkspace

_RUN = (
    "from config.load import load_settings; from dataflows.signals import run; run(load_settings())"
)
_LIMIT_S = 30.0
_READINGS = 6
"""So many readings would be a row of healthy ones that is long enough for the gate."""
Conn = psycopg.Connection[tuple[object, ...]]


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[Conn]:
    with psycopg.connect(postgres_dsn, autocommit=True, application_name="stratum-test") as opened:
        yield opened


def count(conn: Conn, workspace: TestWorkspace, metric: str, value: float) -> None:
    minute = int(time.time()) // 60 * 60_000
    with conn.transaction():
        observations.add(
            conn, [(workspace.id, f"source:{workspace.source_id}", minute, 0, metric, value)]
        )


def statuses(conn: Conn) -> list[object]:
    return [row[0] for row in conn.execute("SELECT status FROM readings ORDER BY id")]


def projected(url: str, workspace: TestWorkspace) -> Reading | None:
    with redis.Redis.from_url(url) as client:
        found = client.get(f"stratum:reading:{workspace.id}:source:{workspace.source_id}")
    return msgspec.json.decode(found, type=Reading) if isinstance(found, bytes) else None


@contextmanager
def process(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {
        "STRATUM_POSTGRES__DSN": settings.postgres.dsn.get_secret_value(),
        "STRATUM_REDIS__URL": settings.redis.url.get_secret_value(),
        "STRATUM_METRICS__PORT": "0",
        "STRATUM_SIGNALS__POLL_INTERVAL": "0.05",
    }
    running = subprocess.Popen(
        [sys.executable, "-c", _RUN], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        print(running.stdout.read().decode())
        running.stdout.close()


def test_counters_become_readings_in_postgres_and_redis_and_a_restart_reads_its_window_again(
    settings: Settings, workspace: TestWorkspace, conn: Conn, valkey_url: str
) -> None:
    with process(settings) as running:
        wait_until(lambda: statuses(conn) == ["unknown"])
        count(conn, workspace, metrics.ACCEPTED, 500)
        wait_until(lambda: "healthy" in statuses(conn))
        wait_until(
            lambda: (
                (found := projected(valkey_url, workspace)) is not None
                and found.status is Status.HEALTHY
            )
        )
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert running.stdout is not None
        assert "flow_stopped" in running.stdout.read().decode()
    before = len(statuses(conn))
    with process(settings) as running:
        wait_until(lambda: len(statuses(conn)) > before)
        count(conn, workspace, f"{metrics.REJECTED}:malformed_json", 500)
        wait_until(lambda: statuses(conn)[-1] == "unhealthy")
        # Redis has a reading after Postgres.
        wait_until(
            lambda: (
                (found := projected(valkey_url, workspace)) is not None
                and (found.id,) == conn.execute("SELECT max(id) FROM readings").fetchone()
            )
        )
    assert statuses(conn)[before] == "healthy"


class Clock:
    """The real time, put forward at will."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def test_silence_turns_healthy_into_unknown_and_shuts_the_gate_without_any_event(
    postgres_dsn: str, valkey_url: str, workspace: TestWorkspace, conn: Conn
) -> None:
    clock, stop, said = Clock(), Flag(), list[tuple[Verdict, tuple[Code, ...]]]()
    params = HealthParams(
        poll_interval=timedelta(milliseconds=20), emit_every=timedelta(milliseconds=50)
    )

    def judged() -> Verdict:
        with psycopg.connect(postgres_dsn, autocommit=True) as own:
            decision = (
                TrustGate(own, GateParams())
                .judge(workspace.id, "meta", 1, "push", clock())
                .decision
            )
        said.append((decision.verdict, decision.codes))
        return decision.verdict

    def drive() -> None:
        try:
            wait_until(lambda: judged() is Verdict.PASS)
            clock.ahead = timedelta(minutes=2)
            wait_until(lambda: judged() is Verdict.BLOCK)
            clock.ahead = timedelta(minutes=20)
            wait_until(lambda: judged() is Verdict.HOLD and said[-1][1] == (Code.UNKNOWN,))
        finally:
            stop.set()

    count(conn, workspace, metrics.ACCEPTED, 500)
    driver = Thread(target=drive)
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as reading,
        psycopg.connect(postgres_dsn, autocommit=True) as writing,
    ):
        flow = build(
            Intake(MinutesFeed(reading, params, clock), stop),
            params,
            ReadingSink(writing, valkey_url, params),
        )
        driver.start()
        run_until_signal(flow, stop)
    driver.join()
    assert said[-1] == (Verdict.HOLD, (Code.UNKNOWN,))
    assert [status for status, _ in groupby(statuses(conn))] == ["healthy", "unhealthy", "unknown"]


def test_a_push_never_passes_while_a_source_is_silent_however_long_and_often_the_flow_restarts(
    postgres_dsn: str, valkey_url: str, workspace: TestWorkspace, conn: Conn
) -> None:
    clock, verdicts = Clock(), dict[int, set[Verdict]]()
    often = timedelta(milliseconds=50)
    params = HealthParams(
        poll_interval=timedelta(milliseconds=20), emit_every=often, emit_idle=often
    )

    def judged() -> Verdict:
        return (
            TrustGate(conn, GateParams())
            .judge(workspace.id, "meta", 1, "push", clock())
            .decision.verdict
        )

    def readings_since(at: datetime) -> int:
        (number,) = conn.execute(
            "SELECT count(*) FROM readings WHERE read_at >= %s", (at,)
        ).fetchone() or (0,)
        return int(str(number))

    def run(drive: Callable[[], object]) -> None:
        stop = Flag()

        def driven() -> None:
            try:
                drive()
            finally:
                stop.set()

        driver = Thread(target=driven)
        with (
            psycopg.connect(postgres_dsn, autocommit=True) as reading,
            psycopg.connect(postgres_dsn, autocommit=True) as writing,
        ):
            built = build(
                Intake(MinutesFeed(reading, params, clock), stop),
                params,
                ReadingSink(writing, valkey_url, params),
            )
            driver.start()
            run_until_signal(built, stop)
        driver.join()

    def look(minutes: int) -> None:
        """Let the clock go on to so many minutes of silence, and judge pushes until several
        readings were given."""
        clock.ahead = timedelta(minutes=minutes)
        since = clock()
        verdicts[minutes] = set()

        def often_enough() -> bool:
            verdicts[minutes].add(judged())
            return readings_since(since) >= _READINGS

        wait_until(often_enough)

    def looks(*minutes: int, first: bool = False) -> None:
        if first:
            wait_until(lambda: judged() is Verdict.PASS)
        for one in minutes:
            look(one)

    count(conn, workspace, metrics.ACCEPTED, 120)
    run(lambda: looks(3, 9, 14, 21, 30, 43, 56, first=True))
    run(lambda: looks(70))
    conn.execute("DELETE FROM signal_memory")
    run(lambda: looks(80, 103, 124))
    assert verdicts.keys() == {3, 9, 14, 21, 30, 43, 56, 70, 80, 103, 124}
    assert {minutes: found for minutes, found in verdicts.items() if Verdict.PASS in found} == {}


def test_after_a_restart_the_feed_hands_out_what_was_said_last_once(
    conn: Conn, workspace: TestWorkspace
) -> None:
    now, signal_name = datetime.now(UTC).replace(microsecond=0), f"source:{workspace.source_id}"
    ages = (timedelta(minutes=2), timedelta(minutes=1))
    write_readings(
        conn,
        [
            Reading(
                WorkspaceId(workspace.id),
                signal_name,
                int((now - age).timestamp() * 1000),
                score,
                status,
                100,
            )
            for age, score, status in zip(
                ages, (90.0, None), (Status.HEALTHY, Status.UNKNOWN), strict=True
            )
        ],
    )
    feed = MinutesFeed(conn, HealthParams(poll_interval=timedelta(microseconds=1)), Clock())
    (first,), (second,) = feed.read(), feed.read()
    assert first.last is not None
    assert (first.last.read_ms, first.last.status) == (
        int((now - ages[1]).timestamp() * 1000),
        Status.UNKNOWN,
    )
    assert second.last is None


def test_every_known_signal_is_ticked_also_a_source_that_never_sent_and_a_platform_never_used(
    conn: Conn, workspace: TestWorkspace
) -> None:
    conn.execute(
        "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)"
        " SELECT %s, min(id), 'meta', 'a', '1', 3600 FROM segments",
        (workspace.id,),
    )
    assert known_signals(conn) == {
        (workspace.id, f"source:{workspace.source_id}"),
        (workspace.id, "platform:meta"),
    }
    platform, source = MinutesFeed(conn, HealthParams(), Clock()).read()
    assert (platform.signal, source.signal, platform.rows, source.rows) == (
        "platform:meta",
        f"source:{workspace.source_id}",
        (),
        (),
    )


def test_a_counter_of_a_transaction_that_was_open_for_long_is_read_once_it_commits(
    postgres_dsn: str, conn: Conn, workspace: TestWorkspace
) -> None:
    params = HealthParams(overlap=timedelta(), poll_interval=timedelta(microseconds=1))
    feed = MinutesFeed(conn, params, Clock())
    with closing(psycopg.connect(postgres_dsn, application_name="stratum-engine")) as slow:
        slow.execute("SELECT 1")
        for _ in range(3):
            assert [event.rows for event in feed.read()] == [()]
        minute = int(time.time()) // 60 * 60_000
        observations.add(
            slow,
            [(workspace.id, f"source:{workspace.source_id}", minute, 0, metrics.ACCEPTED, 7.0)],
        )
        assert [event.rows for event in feed.read()] == [()]
        slow.commit()
    assert [row.value for event in feed.read() for row in event.rows] == [7.0]


def test_clocks_that_differ_hide_no_counter(conn: Conn, workspace: TestWorkspace) -> None:
    clock = Clock()
    clock.ahead = timedelta(hours=5)
    feed = MinutesFeed(conn, HealthParams(poll_interval=timedelta(microseconds=1)), clock)
    feed.read()
    count(conn, workspace, metrics.ACCEPTED, 7)
    assert [row.value for event in feed.read() for row in event.rows] == [7.0]
    clock.ahead = timedelta(hours=-5)
    assert feed.resumes_at() is None
    assert len(feed.read()) == 1


def test_old_readings_are_thinned_old_counters_go_and_totals_and_what_decisions_rest_on_stay(
    conn: Conn, workspace: TestWorkspace, valkey_url: str
) -> None:
    now = datetime.now(UTC).replace(second=30)
    signal_name, params = f"source:{workspace.source_id}", HealthParams()

    def told(at: datetime, status: Status) -> Reading:
        return Reading(WorkspaceId(workspace.id), signal_name, to_ms(at), 90.0, status, 100)

    old = now.replace(minute=20, second=0) - timedelta(days=3)
    kept = write_readings(
        conn, [told(old + timedelta(seconds=second), Status.HEALTHY) for second in range(0, 60, 10)]
    )
    write_readings(
        conn,
        [
            told(old + timedelta(seconds=61), Status.DEGRADED),
            told(old + timedelta(seconds=62), Status.HEALTHY),
        ],
    )
    conn.execute(
        "INSERT INTO decisions (workspace_id, destination, action, verdict, automation, reasons,"
        " reading_ids, decided_at) VALUES (%s, 'meta:1', 'push', 'pass', 'execute', '[]', %s,"
        " now())",
        (workspace.id, [kept[0].id]),
    )
    with conn.transaction():
        minute = to_ms(old)
        rows = [
            (workspace.id, signal_name, minute, 0, metric, 1.0)
            for metric in (metrics.ACCEPTED, f"{metrics.REJECTED}:x", "person:3")
        ]
        observations.add(conn, rows)
    learned = Checkpoint(WorkspaceId(workspace.id), signal_name, b"packed")
    partition = ReadingSink(conn, valkey_url, params).build("readings", 0, 1)
    partition.write_batch([("key", told(now, Status.HEALTHY)), ("key", learned)])
    assert [
        row[0]
        for row in conn.execute("SELECT id FROM readings WHERE read_at < %s ORDER BY id", (now,))
    ][:2] == [
        kept[0].id,
        kept[-1].id,
    ]
    assert conn.execute("SELECT count(*) FROM readings").fetchone() == (5,)
    assert [row[0] for row in conn.execute("SELECT metric FROM observations ORDER BY 1")] == [
        "accepted",
        "rejected:x",
    ]
    assert conn.execute("SELECT readings, last_status FROM reading_hours").fetchone() == (
        8,
        "healthy",
    )
    assert load_checkpoints(conn, now - timedelta(minutes=1)) == {
        (workspace.id, signal_name): b"packed"
    }
