"""Alerts from what is stored to what on-call holds: real Postgres, strict receivers, faults on the way, processes that die."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from config.alerting import Alerts, ChannelParams, channels
from dataflows.alerts import look_once
from domain.alert import Severity
from domain.reading import Reading, Status
from operators.alerting import AlertingParams
from sinks.alerts.channel import Channel, Outcome
from sinks.alerts.sender import Sender, SenderParams
from sinks.http import HttpParams, HttpRunner
from sinks.retry import RetryParams
from store import alerts, observations
from store.signals import write_readings
from tests.conftest import TestWorkspace
from tests.integration.activation.world import PATIENCE_S, serving
from tests.integration.alerts.receivers import ROUTING_KEY, SECRET, SLACK_PATH, Mailbox, Receivers, build, mailbox


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
            Status.UNKNOWN if score is None else Status.HEALTHY if score >= 70 else Status.DEGRADED if score >= 40 else Status.UNHEALTHY
        )
        at_ms = int(self.now.timestamp() * 1000)
        write_readings(self.conn, [Reading(self.workspace.id, signal, at_ms, score, status, 100, (), ("because",))])

    def look(self, seconds: float = 0) -> list[tuple[str, str]]:
        """Look every five seconds for a while, and send what is due each time."""
        told = []
        for _ in range(1 + int(seconds // 5)):
            told += [(one.step.value, one.episode.key) for one in look_once(self.conn, self.settings, self.now)]
            self.sender().send_due()
            self.now += timedelta(seconds=5)
        return told


@pytest.fixture
def world(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[World]:
    kept = Receivers()
    with (
        serving(build(kept)) as url,
        mailbox() as box,
        HttpRunner(HttpParams()) as http,
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
    ):
        conn.execute("UPDATE sources SET name = 'web'")
        settings = Alerts(
            channels={
                "oncall": ChannelParams("pagerduty", "critical", url=SecretStr(f"{url}/v2/enqueue"), routing_key=SecretStr(ROUTING_KEY)),
                "team": ChannelParams("slack", "warning", url=SecretStr(url + SLACK_PATH)),
                "own": ChannelParams("webhook", "info", url=SecretStr(f"{url}/hook"), secret=SecretStr(SECRET)),
                "mail": ChannelParams(
                    "email", "critical", host="127.0.0.1", port=box.port, tls="none", sender="a@x.example", to=("b@x.example",)
                ),
            },
            runbook_url="https://docs.example/runbook.md",
            alerting=AlertingParams(open_after=timedelta(seconds=10), open_critical_after=timedelta(), close_after=timedelta(seconds=20)),
            sending=SenderParams(per_minute=6_000, burst=100, retry=RetryParams(base=timedelta(seconds=2), attempts=3)),
        )
        yield World(conn, workspace, settings, dict(channels(settings, http)), kept, box)


def sources(world: World) -> list[int]:
    return [row[0] for row in world.conn.execute("SELECT id FROM sources ORDER BY id")]


def test_a_sick_signal_is_told_to_everybody_concerned_and_its_end_too(world: World) -> None:
    signal = f"source:{sources(world)[0]}"
    world.read(20, signal)
    assert world.look() == [("opened", f"signal:{signal}")]

    (event,) = world.kept.events
    assert (event["event_action"], event["payload"]["severity"], event["payload"]["class"]) == ("trigger", "critical", "signal")
    assert event["payload"]["summary"] == f"[critical] web ({signal}) is unhealthy (20): because"
    assert event["links"] == [{"href": "https://docs.example/runbook.md#signal", "text": "what to do"}]
    assert world.kept.messages[0]["text"] == event["payload"]["summary"]
    assert world.kept.hooks[0]["step"] == "opened"
    assert world.mail.messages[0]["Subject"] == event["payload"]["summary"]

    world.read(95, signal)
    assert world.look(30) == [("resolved", f"signal:{signal}")]
    assert [one["event_action"] for one in world.kept.events] == ["trigger", "resolve"]
    assert world.kept.open == set()
    assert [len(found) for found in (world.kept.messages, world.kept.hooks, world.mail.messages)] == [2, 2, 2]
    assert world.mail.messages[1]["References"] == world.mail.messages[0]["Message-ID"]


def test_channels_hear_of_what_is_bad_enough_and_of_its_end_only_if_they_heard_of_it(world: World) -> None:
    signal = f"source:{sources(world)[0]}"
    world.read(60, signal)
    world.look(15)
    assert (len(world.kept.events), len(world.kept.messages), len(world.kept.hooks)) == (0, 1, 1)
    world.read(20, signal)
    assert world.look() == [("worsened", f"signal:{signal}")]
    assert (len(world.kept.events), len(world.kept.messages), len(world.kept.hooks)) == (1, 2, 2)
    assert world.kept.events[0]["event_action"] == "trigger"
    world.read(95, signal)
    world.look(30)
    assert (len(world.kept.events), len(world.kept.messages), len(world.kept.hooks)) == (2, 3, 3)


def test_routing_by_workspace_and_kind(world: World) -> None:
    elsewhere = ChannelParams("slack", "info", workspaces=frozenset({world.workspace.id + 1}), url=SecretStr("http://127.0.0.1:1/"))
    only_gate = ChannelParams("slack", "info", kinds=frozenset({"gate"}), url=SecretStr("http://127.0.0.1:1/"))
    world.settings = Alerts(channels={"elsewhere": elsewhere, "gate": only_gate}, alerting=world.settings.alerting)
    world.read(20, f"source:{sources(world)[0]}")
    world.look()
    assert world.conn.execute("SELECT count(*) FROM alerts").fetchone() == (1,)
    assert world.conn.execute("SELECT count(*) FROM alert_notices").fetchone() == (0,)


def test_what_a_channel_cannot_take_now_is_sent_later_in_order(world: World) -> None:
    del world.channels["mail"], world.channels["own"], world.channels["team"]
    signal = f"source:{sources(world)[0]}"
    world.kept.faults = [500, 429]
    world.read(20, signal)
    world.look()
    world.read(95, signal)
    assert ("resolved", f"signal:{signal}") in world.look(60)
    assert [one["event_action"] for one in world.kept.events] == ["trigger", "resolve"]
    assert world.kept.requests == 4


def test_a_channel_asks_for_a_pause_and_gets_it(world: World) -> None:
    del world.channels["mail"], world.channels["own"], world.channels["team"]
    world.kept.faults = [429]
    world.read(20, f"source:{sources(world)[0]}")
    world.look()
    row = world.conn.execute("SELECT next_at, error FROM alert_notices WHERE channel = 'oncall'").fetchone()
    assert row is not None
    assert row[1] == "throttled"
    assert row[0] >= world.now + timedelta(seconds=2)


def test_what_never_arrives_is_given_up_with_its_reason_and_can_be_sent_once_more(world: World) -> None:
    del world.channels["mail"], world.channels["own"], world.channels["team"]
    world.kept.faults = [503] * 3
    signal = f"source:{sources(world)[0]}"
    world.read(20, signal)
    world.look(60)
    (dead,) = alerts.notices(world.conn, world.workspace.id)
    assert (dead.channel, dead.attempts, dead.error) == ("oncall", 3, "no success in 3 attempts, the last: PagerDuty answered 503")
    assert alerts.retry_dead(world.conn, world.workspace.id, world.now) == 1
    world.look()
    assert [one["event_action"] for one in world.kept.events] == ["trigger"]
    assert alerts.notices(world.conn, world.workspace.id) == []


def test_what_is_refused_is_given_up_at_once_and_nothing_secret_is_noted(world: World) -> None:
    wrong = ChannelParams("slack", "info", url=SecretStr(str(world.channels["team"].url).replace("secret", "sesame")))  # type: ignore[attr-defined]
    with HttpRunner(HttpParams()) as http:
        world.settings = Alerts(channels={"wrong": wrong}, alerting=world.settings.alerting)
        world.channels = dict(channels(world.settings, http))
        world.read(20, f"source:{sources(world)[0]}")
        world.look()
    (dead,) = alerts.notices(world.conn, world.workspace.id)
    assert dead.error == "Slack answered 404: the webhook is gone or disabled: make a new one"
    assert "sesame" not in repr(world.channels) + repr(world.settings)


def test_a_process_that_dies_after_sending_sends_again_under_the_same_name(world: World) -> None:
    """PagerDuty and the webhook recognise it, and mail programs by the Message-ID."""
    signal = f"source:{sources(world)[0]}"
    world.read(20, signal)
    world.look()
    world.conn.execute("UPDATE alert_notices SET sent_at = NULL, next_at = %s", (world.now,))
    world.sender().send_due()
    assert [one["event_action"] for one in world.kept.events] == ["trigger", "trigger"]
    assert len(world.kept.open) == 1
    assert len(world.kept.hooks) == 1
    assert world.mail.messages[0]["Message-ID"] == world.mail.messages[1]["Message-ID"]


def test_a_claimed_notice_is_nobody_elses_until_its_lease_ends(world: World) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    look_once(world.conn, world.settings, world.now)
    lease = world.settings.sending.lease
    first = alerts.claim(world.conn, ["oncall"], world.now, lease, 10)
    assert len(first) == 1
    assert alerts.claim(world.conn, ["oncall"], world.now, lease, 10) == []
    assert [one.id for one in alerts.claim(world.conn, ["oncall"], world.now + lease, lease, 10)] == [first[0].id]


def test_a_mailbox_that_refuses_for_good_and_one_for_now(world: World) -> None:
    for name in ("oncall", "own", "team"):
        del world.channels[name]
    world.mail.refuse = 450
    world.read(20, f"source:{sources(world)[0]}")
    world.look()
    assert world.conn.execute("SELECT error, dead_at FROM alert_notices WHERE channel = 'mail'").fetchone() == (
        "the mail server refuses every recipient for now",
        None,
    )
    world.mail.refuse = 550
    world.now += timedelta(minutes=1)
    world.sender().send_due()
    assert [one.error for one in alerts.notices(world.conn, world.workspace.id)] == ["the mail server refuses every recipient"]


def test_looking_again_after_a_restart_tells_nothing_twice(world: World) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    assert len(world.look()) == 1
    assert world.look(60) == []


def audience(world: World) -> int:
    row = world.conn.execute(
        "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, 'all', %s) RETURNING id", (world.workspace.id, Jsonb({}))
    )
    segment = row.fetchone()
    sql = """
        INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)
        VALUES (%s, %s, 'meta', 'All', '1', 3600) RETURNING id
    """
    found = world.conn.execute(sql, (world.workspace.id, segment[0] if segment else 0)).fetchone()
    assert found is not None
    return int(found[0])


def decide(world: World, number: int, verdict: str, code: str, *signals: str) -> None:
    world.conn.execute(
        """
        INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation, reasons, reading_ids, decided_at, codes,
                               depends_on)
        VALUES (%s, %s, %s, 'push', %s, 'alert_only', %s, '{}', %s, %s, %s)
        """,
        (world.workspace.id, f"meta:{number}", number, verdict, Jsonb(["because"]), world.now, [code], list(signals)),
    )


def test_a_push_that_is_held_because_of_a_sick_signal_is_part_of_that_alert(world: World) -> None:
    signal, number = f"source:{sources(world)[0]}", audience(world)
    world.read(20, signal)
    decide(world, number, "block", "unhealthy", signal)
    assert world.look(20) == [("opened", f"signal:{signal}")]
    (row,) = alerts.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert row.members == [f"gate:meta:{number}"]


@pytest.mark.parametrize(
    ("verdict", "code", "severity"),
    [("hold", "mass_addition", "warning"), ("block", "mass_removal", "critical"), ("hold", "first_sync", "info")],
)
def test_a_push_that_is_held_for_itself_is_an_alert_of_its_own(world: World, verdict: str, code: str, severity: str) -> None:
    number = audience(world)
    decide(world, number, verdict, code)
    assert world.look(20) == [("opened", f"gate:meta:{number}")]
    (row,) = alerts.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert (row.severity, row.kind) == (severity, "gate")


def test_withdrawals_dead_letters_failed_pushes_and_unread_signals_are_told(world: World) -> None:
    number, (source, *_) = audience(world), sources(world)
    old = world.now - timedelta(minutes=20)
    sql = "INSERT INTO pushes (workspace_id, audience_id, kind, status, error, started_at) VALUES (%s, %s, %s, %s, %s, %s)"
    world.conn.execute(sql, (world.workspace.id, number, "manual", "failed", "reauth make a new token", old))
    world.conn.execute(sql, (world.workspace.id, number, "urgent", "running", "", old))
    minute_ms = int(world.now.timestamp()) // 60 * 60_000
    observations.add(world.conn, [(world.workspace.id, f"source:{source}", minute_ms, 0, "accepted", 5.0)])
    for n in range(25):
        world.conn.execute(
            "INSERT INTO dead_letters (workspace_id, source_id, log, partition, position, index, reason, detail, payload, recorded_at)"
            " VALUES (%s, %s, 'log', 0, %s, 0, 'malformed', '', '', %s)",
            (world.workspace.id, source, n, world.now),
        )
    told = {key for step, key in world.look(20) if step == "opened"}
    assert told == {f"push:meta:{number}", "withdrawal:meta", "dead_letters", "signals:unread"}


def test_an_acknowledged_alert_reminds_nobody(world: World) -> None:
    world.settings = Alerts(
        channels=world.settings.channels,
        alerting=AlertingParams(open_critical_after=timedelta(), remind_after=timedelta(minutes=1)),
        sending=world.settings.sending,
    )
    world.read(20, f"source:{sources(world)[0]}")
    assert [step for step, _ in world.look(65)] == ["opened", "reminded"]
    (row,) = alerts.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert Severity.of(row.severity) is Severity.CRITICAL
    assert alerts.acknowledge(world.conn, world.workspace.id, row.id, "key:1", world.now)
    assert world.look(200) == []


def test_the_process_tells_and_stops_in_order(world: World, postgres_dsn: str, wait_until: Callable[[Callable[[], bool]], None]) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    own = world.settings.channels["own"]
    env = os.environ | {
        "STRATUM_POSTGRES__DSN": postgres_dsn,
        "STRATUM_ALERTS__INTERVAL": "0.1",
        "STRATUM_ALERTS__ALERTING__OPEN_CRITICAL_AFTER": "0",
        "STRATUM_ALERTS__CHANNELS__OWN__KIND": "webhook",
        "STRATUM_ALERTS__CHANNELS__OWN__URL": own.url.get_secret_value(),
        "STRATUM_ALERTS__CHANNELS__OWN__SECRET": SECRET,
    }
    run = "from config.load import load_settings; from dataflows.alerts import run; run(load_settings())"
    running = subprocess.Popen([sys.executable, "-c", run], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: len(world.kept.hooks) == 1)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_S) == 0
    finally:
        running.kill()
        assert running.stdout is not None
        printed = running.stdout.read().decode()
        running.stdout.close()
        running.wait()
    assert "alert_sent" in printed
    assert SECRET not in printed
