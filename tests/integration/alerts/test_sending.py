"""Notices on their way to on-call: faults of channels, pace, pauses, processes that die or hang."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest
from pydantic import SecretStr

from config.alerting import Alerts, ChannelParams, channels
from config.settings import Settings
from dataflows.alerts import evaluate_once, keep_sending
from domain.alerts import Notice
from sinks.alerts.channel import Again, Outcome
from sinks.http.client import HttpParams, HttpRunner
from store.alerts import outbox
from tests.integration.activation.world import PATIENCE_S
from tests.integration.alerts.receivers import SECRET, resetting, silent
from tests.integration.alerts.world import World, audience, decide, sources


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
    row = world.conn.execute(
        "SELECT next_at, error FROM alert_notices WHERE channel = 'oncall'"
    ).fetchone()
    assert row is not None
    assert row[1] == "throttled"
    assert row[0] >= world.now + timedelta(seconds=2)


def test_what_never_arrives_is_given_up_with_its_reason_and_can_be_sent_once_more(
    world: World,
) -> None:
    del world.channels["mail"], world.channels["own"], world.channels["team"]
    world.kept.faults = [503] * 3
    signal = f"source:{sources(world)[0]}"
    world.read(20, signal)
    world.look(60)
    (dead,) = outbox.notices(world.conn, world.workspace.id)
    assert (dead.channel, dead.attempts, dead.error) == (
        "oncall",
        3,
        "no success in 3 attempts, the last: PagerDuty answered 503",
    )
    assert outbox.retry_dead(world.conn, world.workspace.id, world.now) == 1
    world.look()
    assert [one["event_action"] for one in world.kept.events] == ["trigger"]
    assert outbox.notices(world.conn, world.workspace.id) == []


def test_what_is_refused_is_given_up_at_once_and_nothing_secret_is_noted(world: World) -> None:
    wrong = ChannelParams(
        "slack",
        "info",
        url=SecretStr(str(world.channels["team"].url).replace("secret", "sesame")),  # type: ignore[attr-defined]
    )
    with HttpRunner(HttpParams()) as http:
        world.settings = Alerts(channels={"wrong": wrong}, alerting=world.settings.alerting)
        world.channels = dict(channels(world.settings, http))
        world.read(20, f"source:{sources(world)[0]}")
        world.look()
    (dead,) = outbox.notices(world.conn, world.workspace.id)
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
    evaluate_once(world.conn, world.settings, world.now)
    lease = world.settings.sending.lease
    first = outbox.claim(world.conn, ["oncall"], world.now, lease, 10)
    assert len(first) == 1
    assert outbox.claim(world.conn, ["oncall"], world.now, lease, 10) == []
    assert [
        one.id for one in outbox.claim(world.conn, ["oncall"], world.now + lease, lease, 10)
    ] == [first[0].id]


def test_a_mailbox_that_refuses_for_good_and_one_for_now(world: World) -> None:
    for name in ("oncall", "own", "team"):
        del world.channels[name]
    world.mail.refuse = 450
    world.read(20, f"source:{sources(world)[0]}")
    world.look()
    assert world.conn.execute(
        "SELECT error, dead_at FROM alert_notices WHERE channel = 'mail'"
    ).fetchone() == (
        "the mail server refuses every recipient for now",
        None,
    )
    world.mail.refuse = 550
    world.now += timedelta(minutes=1)
    world.sender().send_due()
    assert [one.error for one in outbox.notices(world.conn, world.workspace.id)] == [
        "the mail server refuses every recipient"
    ]


def test_the_process_tells_although_one_channel_hangs_and_stops_in_order(
    world: World, postgres_dsn: str, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    with silent() as port:
        printed = _run(world, postgres_dsn, wait_until, f"http://127.0.0.1:{port}/")
    assert "alert_sent" in printed
    assert SECRET not in printed


def _run(
    world: World, postgres_dsn: str, wait_until: Callable[[Callable[[], bool]], None], hanging: str
) -> str:
    own = world.settings.channels["own"]
    env = os.environ | {
        "STRATUM_ALERTS__HTTP__TIMEOUT": "600",
        "STRATUM_ALERTS__CHANNELS__HANGING": json.dumps({"kind": "slack", "url": hanging}),
        "STRATUM_POSTGRES__DSN": postgres_dsn,
        "STRATUM_ALERTS__INTERVAL": "0.1",
        "STRATUM_ALERTS__ALERTING__OPEN_CRITICAL_AFTER": "0",
        "STRATUM_ALERTS__CHANNELS__OWN__KIND": "webhook",
        "STRATUM_ALERTS__CHANNELS__OWN__URL": own.url.get_secret_value(),
        "STRATUM_ALERTS__CHANNELS__OWN__SECRET": SECRET,
    }
    run = (
        "from config.load import load_settings; from dataflows.alerts import run;"
        " run(load_settings())"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", run], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
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
    return printed


def test_while_a_channel_rests_because_it_asked_to_nothing_is_sent_there_and_other_channels_go_on(
    world: World,
) -> None:
    first, number = f"source:{sources(world)[0]}", audience(world)
    del world.channels["mail"], world.channels["own"]
    world.kept.faults = [429]
    world.read(20, first)
    sender = world.sender()
    evaluate_once(world.conn, world.settings, world.now)
    sender.send_due()
    decide(world, number, "block", "mass_removal")
    evaluate_once(world.conn, world.settings, world.now)
    world.now += timedelta(seconds=3)
    sender.send_due()
    assert (len(world.kept.events), len(world.kept.messages)) == (0, 2)
    world.now += timedelta(seconds=10)
    sender.send_due()
    assert len(world.kept.events) == 2


def test_what_was_given_up_is_not_sent_after_something_newer_of_its_alert(world: World) -> None:
    """A trigger after its end would leave an alert open in PagerDuty for good."""
    del world.channels["mail"], world.channels["own"], world.channels["team"]
    signal = f"source:{sources(world)[0]}"
    world.kept.faults = [403]
    world.read(20, signal)
    world.look()
    world.read(95, signal)
    assert ("resolved", f"signal:{signal}") in world.look(60)
    assert [one["event_action"] for one in world.kept.events] == ["resolve"]
    assert outbox.retry_dead(world.conn, world.workspace.id, world.now) == 0
    assert outbox.notices(world.conn, world.workspace.id) == []
    assert world.kept.open == set()


def test_a_pace_holds_back_what_is_too_much_at_once_and_loses_nothing(world: World) -> None:
    del world.channels["mail"], world.channels["own"], world.channels["oncall"]
    world.settings = replace(
        world.settings, sending=replace(world.settings.sending, per_minute=60.0, burst=2)
    )
    for n in range(3):
        decide(world, audience(world, f"list {n}"), "hold", "mass_addition")
    evaluate_once(world.conn, world.settings, world.now)
    world.now += timedelta(seconds=15)
    assert len(evaluate_once(world.conn, world.settings, world.now)) == 3
    sender = world.sender()
    sender.send_due()
    assert len(world.kept.messages) == 2
    world.now += timedelta(seconds=1)
    sender.send_due()
    assert len(world.kept.messages) == 3
    assert world.conn.execute(
        "SELECT max(attempts) FROM alert_notices WHERE channel = 'team'"
    ).fetchone() == (1,)


def test_a_channel_that_hangs_or_breaks_off_is_tried_again(world: World) -> None:
    with (
        silent() as hanging,
        resetting() as breaking,
        HttpRunner(HttpParams(timeout=timedelta(seconds=0.2))) as http,
    ):
        params = {
            "hanging": ChannelParams(
                "webhook",
                "info",
                url=SecretStr(f"http://127.0.0.1:{hanging}/"),
                secret=SecretStr("s"),
            ),
            "breaking": ChannelParams(
                "slack", "info", url=SecretStr(f"http://127.0.0.1:{breaking}/")
            ),
        }
        world.settings = replace(world.settings, channels=params)
        world.channels = dict(channels(world.settings, http))
        world.read(20, f"source:{sources(world)[0]}")
        world.look()
    assert sorted(world.outcomes, key=str) == [
        ("breaking", Again("connection")),
        ("hanging", Again("timeout")),
    ]
    rows = world.conn.execute(
        "SELECT error, dead_at, attempts FROM alert_notices ORDER BY error"
    ).fetchall()
    assert rows == [("connection", None, 1), ("timeout", None, 1)]


def test_a_channel_that_hangs_gives_the_rest_back_before_its_lease_ends(world: World) -> None:
    class Slow:
        """Takes its time."""

        def send(
            self,
            notice: Notice,  # noqa: ARG002 - as `sinks.alerts.channel.Channel`
            number: int,  # noqa: ARG002 - as `sinks.alerts.channel.Channel`
            now: datetime,  # noqa: ARG002 - as `sinks.alerts.channel.Channel`
        ) -> Outcome:
            world.now += timedelta(seconds=50)
            return Again("timeout")

    for n in range(3):
        decide(world, audience(world, f"list {n}"), "block", "mass_removal")
    evaluate_once(world.conn, world.settings, world.now)
    world.channels = {"oncall": Slow()}
    assert world.sender().send_due() == 2
    rows = world.conn.execute(
        "SELECT attempts, next_at <= %s FROM alert_notices WHERE channel = 'oncall' ORDER BY id",
        (world.now,),
    ).fetchall()
    assert [attempts for attempts, _ in rows] == [1, 1, 0]
    assert rows[2][1]


def test_a_notice_that_cannot_be_read_is_given_up_and_holds_nothing_up(world: World) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    evaluate_once(world.conn, world.settings, world.now)
    world.conn.execute(
        """UPDATE alert_notices SET notice = '{"step": "sung"}' WHERE channel = 'oncall'"""
    )
    world.sender().send_due()
    assert [one.error for one in outbox.notices(world.conn, world.workspace.id)] == [
        "this version cannot read the notice"
    ]
    assert len(world.kept.messages) == 1


def test_a_sender_that_breaks_ends_the_process(settings: Settings) -> None:
    """A process that looks and cannot tell would look as if all were well."""
    stop, broken = Event(), Event()
    with pytest.raises(KeyError):
        keep_sending(settings, "no such channel", stop, broken)
    assert stop.is_set()
    assert broken.is_set()
