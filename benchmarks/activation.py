"""Activation: first sync of a large audience, changes, withdrawals, and a dry run, per platform.

Platforms are sandboxes in processes of their own, over HTTP, without throttling. The rate is per
second of the activating process's own processor time; people whom the gate would not let pass are
let pass by an override, for nobody's traffic is judged here.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from benchmarks.export import fill
from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import Bench, bench_stack, stop, wait_for
from config.load import load_settings
from domain.activation.platforms import PLATFORM_NAMES
from domain.gate import Mode
from domain.ids import WorkspaceId
from local.servers.address import free_port
from local.stack.sandboxes import module, variables
from operators.gate.decide import OVERRIDABLE
from sinks.activation.preview import preview_push
from sinks.ads.platform import Matchable
from store.gate import commands
from store.gate.commands import Actor

WORKSPACE, SEGMENT, WAIT_S = WorkspaceId(1), 1, 900
AIM_RATE, AIM_MB, AIM_MS, AIM_PREVIEW_S = 20_000, 300, 2_000, 5
_TICK_S: Final = os.sysconf("SC_CLK_TCK")
_UNTHROTTLED: Final = {"REQUESTS_PER_S": "10000", "BURST": "10000"}


def run(report: Report, people: int = 100_000, changes: int = 60) -> None:
    """Sync `people` to each platform, then `changes` changes and as many withdrawals to one.

    Args:
        report: where figures go.
        people: members of the segment.
        changes: single changes, and withdrawals.
    """
    with bench_stack() as bench:
        with bench.connect() as connection:
            fill(connection, 1, people)
            # A person's id is the key of one of its identifiers.
            connection.execute("UPDATE identifiers SET key = profile_id WHERE kind = 'user_id'")
            connection.execute("VACUUM ANALYZE identifiers")
            _override(connection)
        for platform in PLATFORM_NAMES:
            with _connected(platform) as environment:
                _first_sync(report, bench, platform, environment, people)
                if platform == "meta":
                    _one_by_one(report, bench, platform, environment, changes)
                    _dry_run(report, bench, environment, people)


def _override(connection: psycopg.Connection) -> None:
    now = datetime.now(UTC)
    actor = Actor(WORKSPACE, "bench", timedelta(days=7))
    commands.override(
        connection,
        actor,
        sorted(OVERRIDABLE),
        commands.Terms("workspace", "a benchmark", now + timedelta(days=1)),
        now,
    )


@contextmanager
def _connected(platform: str) -> Iterator[dict[str, str]]:
    """Run a sandbox; yields the variables that connect to it."""
    port = free_port()
    sandbox = subprocess.Popen(
        [sys.executable, "-m", module(platform), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        prefix = f"STRATUM_{platform.upper()}__"
        extra = {prefix + name: value for name, value in _UNTHROTTLED.items()}
        yield variables(platform, f"http://127.0.0.1:{port}") | extra
    finally:
        stop([sandbox])


def _audience(bench: Bench, platform: str, account: str, interval_s: int) -> int:
    with bench.connect() as connection:
        sql = """
            INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, intent,
                interval_s, confirmed_at)
            VALUES (1, %s, %s, 'Everybody', %s, 'stratum:bench', %s, now()) RETURNING id
        """
        row = connection.execute(sql, (SEGMENT, platform, account, interval_s)).fetchone()
    return int(row[0]) if row else 0


def _activating(
    bench: Bench, platform: str, environment: dict[str, str]
) -> "subprocess.Popen[bytes]":
    return bench.start(
        "engine",
        "activation",
        "--platform",
        platform,
        METRICS__PORT="0",
        **{name.removeprefix("STRATUM_"): value for name, value in environment.items()},
    )


def _spent(pid: int) -> tuple[float, float]:
    """Processor seconds and peak resident MB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    peak = next(
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return (int(fields[11]) + int(fields[12])) / _TICK_S, int(peak.split()[1]) / 1024


def _bare(platform: str, environment: dict[str, str], people: int) -> float:
    """Rows a second that the connector spells, and nothing else."""
    spells = load_settings(environ=environment).platforms[platform].codec
    some = min(people, 50_000)
    started = time.perf_counter()
    for number in range(some):
        spells.row(Matchable(str(UUID(int=number)), {"email": (f"u{number}@example.com",)}))
    return some / (time.perf_counter() - started)


def _first_sync(
    report: Report, bench: Bench, platform: str, environment: dict[str, str], people: int
) -> None:
    account = load_settings(environ=environment).platforms[platform].account
    audience = _audience(bench, platform, account, 3_600)
    process = _activating(bench, platform, environment)
    started = time.perf_counter()
    try:
        with bench.connect() as connection:
            sql = (
                "SELECT count(*) FROM audience_members WHERE audience_id = %s AND state IN"
                " ('present', 'accepted')"
            )

            def sent() -> bool:
                row = connection.execute(sql, (audience,)).fetchone()
                return row is not None and row[0] >= people

            wait_for(sent, WAIT_S, f"{people} rows are at {platform}")
        took_s = time.perf_counter() - started
        spent_s, peak_mb = _spent(process.pid)
    finally:
        stop([process])
    rate, bare = people / spent_s, _bare(platform, environment, people)
    told = (
        f"spelling the rows alone {bare:,.0f}/s, {rate / bare:.2f} of it; {people / took_s:,.0f}/s"
        " by the wall clock"
    )
    report.add(
        f"first sync of {people:,} people to {platform}",
        f"{rate:,.0f} rows/s",
        told,
        f"≥ {AIM_RATE:,}/s",
        met=rate >= AIM_RATE,
    )
    report.add(
        "… memory of the activating process",
        f"{peak_mb:,.0f} MB at most",
        "",
        f"≤ {AIM_MB} MB",
        met=peak_mb <= AIM_MB,
    )


def _one_by_one(
    report: Report, bench: Bench, platform: str, environment: dict[str, str], changes: int
) -> None:
    """Single changes of a continuous audience, then withdrawals while pushes are frozen."""
    with bench.connect() as connection:
        connection.execute("UPDATE audiences SET interval_s = 0 WHERE platform = %s", (platform,))
        audience = int(
            (
                connection.execute(
                    "SELECT id FROM audiences WHERE platform = %s", (platform,)
                ).fetchone()
                or (0,)
            )[0]
        )
        listed = [
            row[0]
            for row in connection.execute(
                "SELECT profile_id FROM audience_members WHERE audience_id = %s LIMIT %s",
                (audience, 2 * changes),
            )
        ]
        process = _activating(bench, platform, environment)
        try:
            time.sleep(5)
            left = [
                _lag_ms(connection, audience, person, urgent=False) for person in listed[:changes]
            ]
            actor = Actor(WORKSPACE, "bench", timedelta(days=7))
            commands.set_mode(
                connection,
                actor,
                Mode.FROZEN,
                commands.Terms("workspace", "a benchmark"),
                datetime.now(UTC),
            )
            gone = [
                _lag_ms(connection, audience, person, urgent=True) for person in listed[changes:]
            ]
            commands.set_mode(
                connection,
                actor,
                Mode.ENFORCE,
                commands.Terms("workspace", "a benchmark"),
                datetime.now(UTC),
            )
        finally:
            stop([process])
    for name, lags in (("a change, continuous", left), ("a withdrawal, pushes frozen", gone)):
        value = f"p50 {percentile(lags, 0.5):,.0f} ms, p99 {percentile(lags, 0.99):,.0f} ms"
        report.add(
            f"{name} → off the list at {platform}",
            value,
            "",
            f"p99 ≤ {AIM_MS:,} ms",
            met=percentile(lags, 0.99) <= AIM_MS,
        )


def _lag_ms(connection: psycopg.Connection, audience: int, person: UUID, *, urgent: bool) -> float:
    """Remove a person from the segment, or their consent, and wait for the platform.

    Returns:
        Milliseconds until the platform confirmed the removal.
    """
    with connection.transaction():
        connection.execute("DELETE FROM memberships WHERE profile_id = %s", (person,))
        if urgent:
            connection.execute("DELETE FROM identifiers WHERE profile_id = %s", (person,))
        connection.execute(
            "INSERT INTO changes (workspace_id, segment_id, profile_id, delta, version, cause,"
            " urgent, changed_at) VALUES (1, 1, %s, -1, 1, 'event', %s, now())",
            (person, urgent),
        )
    started = time.perf_counter()

    def off() -> bool:
        sql = "SELECT 1 FROM audience_members WHERE audience_id = %s AND profile_id = %s"
        return connection.execute(sql, (audience, person)).fetchone() is None

    wait_for(off, 60, "a change has reached the platform")
    return (time.perf_counter() - started) * 1000


def _dry_run(report: Report, bench: Bench, environment: dict[str, str], people: int) -> None:
    """Preview of a push of everybody, as before a first one."""
    platform = load_settings(environ=environment).platforms["meta"].codec
    with bench.connect() as connection:
        connection.execute("UPDATE audiences SET cursor_tx = NULL WHERE platform = 'meta'")
        audience = int(
            (
                connection.execute("SELECT id FROM audiences WHERE platform = 'meta'").fetchone()
                or (0,)
            )[0]
        )
        started = time.perf_counter()
        with connection.transaction():
            preview_push(connection, audience, platform)
        took_s = time.perf_counter() - started
    per_million = took_s / people * 1e6
    report.add(
        f"dry run of {people:,} people",
        f"{took_s:.1f} s",
        f"{per_million:.0f} s for 1 M at this rate",
        f"≤ {AIM_PREVIEW_S} s for 1 M",
        met=per_million <= AIM_PREVIEW_S,
    )
