"""A workspace with an on-call, and how tests make things go wrong in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from config.alerting import Alerts, ChannelParams, channels
from dataflows.alerts import evaluate_once
from domain.instants import to_ms
from domain.signals.reading import Reading, Status
from operators.alerts.params import AlertingParams
from sinks.alerts.channel import Channel, Outcome
from sinks.alerts.sender import Sender, SenderParams
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.retry import RetryParams
from store.signals.signals import write_readings
from tests.conftest import TestWorkspace
from tests.integration.alerts.receivers import (
    ROUTING_KEY,
    SECRET,
    SLACK_PATH,
    Mailbox,
    Receivers,
    build,
    mailbox,
)
from tests.support.serving import serving_sandbox


@dataclass
class World:
    """A workspace with a source, and an on-call with four channels; time goes by hand."""

    conn: psycopg.Connection[Any]
    workspace: TestWorkspace
    settings: Alerts
    channels: dict[str, Channel]
    kept: Receivers
    mail: Mailbox
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)

    def sender(self) -> Sender:
        return Sender(
            self.conn,
            self.channels,
            self.settings.sending,
            lambda: self.now,
            lambda: 0.5,
            lambda name, outcome: self.outcomes.append((name, outcome)),
        )

    def read(self, score: float | None, signal: str = "source:1") -> None:
        """The newest reading of a signal, now."""
        status = (
            Status.UNKNOWN
            if score is None
            else (
                Status.HEALTHY
                if score >= 70
                else Status.DEGRADED
                if score >= 40
                else Status.UNHEALTHY
            )
        )
        at_ms = to_ms(self.now)
        write_readings(
            self.conn,
            [Reading(self.workspace.id, signal, at_ms, score, status, 100, (), ("because",))],
        )

    def look(self, seconds: float = 0) -> list[tuple[str, str]]:
        """Look every five seconds for a while, and send what is due each time."""
        told = []
        for _ in range(1 + int(seconds // 5)):
            told += [
                (one.step.value, one.episode.key)
                for one in evaluate_once(self.conn, self.settings, self.now)
            ]
            self.sender().send_due()
            self.now += timedelta(seconds=5)
        return told


@contextmanager
def a_world(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[World]:
    kept = Receivers()
    with (
        serving_sandbox(build(kept)) as url,
        mailbox() as box,
        HttpRunner(HttpParams()) as http,
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
    ):
        conn.execute("UPDATE sources SET name = 'web'")
        settings = Alerts(
            channels={
                "oncall": ChannelParams(
                    "pagerduty",
                    "critical",
                    url=SecretStr(f"{url}/v2/enqueue"),
                    routing_key=SecretStr(ROUTING_KEY),
                ),
                "team": ChannelParams("slack", "warning", url=SecretStr(url + SLACK_PATH)),
                "own": ChannelParams(
                    "webhook", "info", url=SecretStr(f"{url}/hook"), secret=SecretStr(SECRET)
                ),
                "mail": ChannelParams(
                    "email",
                    "critical",
                    host="127.0.0.1",
                    port=box.port,
                    tls="none",
                    sender="a@x.example",
                    to=("b@x.example",),
                ),
            },
            runbook_url="https://docs.example/runbook.md",
            dashboard_url="https://cdp.example",
            alerting=AlertingParams(
                open_after=timedelta(seconds=10),
                open_critical_after=timedelta(),
                close_after=timedelta(seconds=20),
            ),
            sending=SenderParams(
                per_minute=6_000,
                burst=100,
                retry=RetryParams(base=timedelta(seconds=2), attempts=3),
            ),
        )
        yield World(conn, workspace, settings, dict(channels(settings, http)), kept, box)


def sources(world: World) -> list[int]:
    return [row[0] for row in world.conn.execute("SELECT id FROM sources ORDER BY id")]


def audience(world: World, name: str = "All") -> int:
    row = world.conn.execute(
        "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, %s, %s) RETURNING id",
        (world.workspace.id, name, Jsonb({})),
    )
    segment = row.fetchone()
    sql = """
        INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)
        VALUES (%s, %s, 'meta', %s, '1', 3600) RETURNING id
    """
    found = world.conn.execute(
        sql, (world.workspace.id, segment[0] if segment else 0, name)
    ).fetchone()
    assert found is not None
    return int(found[0])


def decide(world: World, number: int, verdict: str, code: str, *signals: str) -> None:
    world.conn.execute(
        """
        INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation,
            reasons, reading_ids, decided_at, codes,
                               depends_on)
        VALUES (%s, %s, %s, 'push', %s, 'alert_only', %s, '{}', %s, %s, %s)
        """,
        (
            world.workspace.id,
            f"meta:{number}",
            number,
            verdict,
            Jsonb(["because"]),
            world.now,
            [code],
            list(signals),
        ),
    )
