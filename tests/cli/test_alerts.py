"""``stratum alerts``: what lasts, what was told to whom, whether a channel works, a new try."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from cli import alerts as command
from config.settings import Settings
from domain.alerts import Episode, Notice, Severity, Step
from domain.instants import to_ms
from store.alerts import outbox
from tests.conftest import TestWorkspace
from tests.integration.alerts.receivers import ROUTING_KEY, SLACK_PATH, Receivers, build
from tests.support.serving import serving_sandbox

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
NOW_MS = to_ms(NOW)
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Run:
    monkeypatch.setenv(
        "STRATUM_POSTGRES__DSN", json.dumps(settings.postgres.dsn.get_secret_value())
    )
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object, code: int = 0) -> str:
        result = CliRunner().invoke(command.app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result.output

    return invoke


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receivers]:
    """Receivers that are configured as `oncall` and `team`."""
    receivers = Receivers()
    with serving_sandbox(build(receivers)) as url:
        oncall = {"kind": "pagerduty", "url": f"{url}/v2/enqueue", "routing_key": ROUTING_KEY}
        monkeypatch.setenv("STRATUM_ALERTS__CHANNELS__ONCALL", json.dumps(oncall))
        monkeypatch.setenv(
            "STRATUM_ALERTS__CHANNELS__TEAM", json.dumps({"kind": "slack", "url": url + SLACK_PATH})
        )
        yield receivers


@pytest.fixture
def alert(postgres_dsn: str, workspace: TestWorkspace) -> int:
    """One alert whose notice was given up."""
    episode = Episode(
        "signal:source:1",
        "signal",
        NOW_MS,
        Severity.CRITICAL,
        Severity.CRITICAL,
        "web is unhealthy",
        ("gate:meta:1",),
        NOW_MS,
    )
    with psycopg.connect(postgres_dsn) as conn:
        outbox.enqueue(conn, Notice(workspace.id, Step.OPENED, episode, NOW_MS), ["oncall"], NOW)
        (claimed,) = outbox.claim(conn, ["oncall"], NOW, timedelta(minutes=1), 1)
        outbox.give_up(conn, claimed.id, "answered 401", NOW)
        return claimed.alert_id


@pytest.mark.usefixtures("workspace")
def test_where_nothing_is_wrong_it_says_so(run: Run) -> None:
    assert "nothing is wrong" in run("list")
    assert "there is no alert 7" in run("show", 7, code=2)
    assert "there is no alert 7 that lasts" in run("acknowledge", 7, code=2)
    assert "there is no workspace elsewhere" in run("list", "-w", "elsewhere", code=2)


def test_alerts_are_listed_shown_acknowledged_and_tried_again(
    run: Run, alert: int, postgres_dsn: str
) -> None:
    assert "web is unhealthy" in run("list")
    shown = run("show", alert)
    assert all(text in shown for text in ("also gate:meta:1", "oncall", "given up", "answered 401"))
    assert f"alert {alert} is acknowledged" in run("acknowledge", alert)
    assert "1 notices are sent once more" in run("retry")
    assert "waits" in run("show", alert)
    with psycopg.connect(postgres_dsn) as conn:
        rows = conn.execute(
            "SELECT action, actor FROM audit WHERE action LIKE 'alert.%' ORDER BY id"
        ).fetchall()
    assert [action for action, _ in rows] == ["alert.acknowledge", "alert.retry"]
    assert all(actor.startswith("console:") for _, actor in rows)


def test_a_test_is_opened_and_ended_at_every_channel(run: Run, kept: Receivers) -> None:
    printed = run("test")
    assert printed.splitlines() == [
        "oncall: test: arrived",
        "oncall: resolved: arrived",
        "team: test: arrived",
        "team: resolved: arrived",
    ]
    assert [one["event_action"] for one in kept.events] == ["trigger", "resolve"]
    assert kept.open == set()
    assert kept.messages[0]["text"] == "[test] a test from Stratum: nothing is wrong"


def test_a_channel_that_does_not_work_is_told_with_what_came_back_and_without_its_secret(
    run: Run, kept: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_ALERTS__CHANNELS__ONCALL__ROUTING_KEY", "sesame")
    printed = run("test", "oncall", code=1)
    assert (
        printed == "oncall: test: PagerDuty says the event is invalid: check the routing key (32"
        " characters) of this channel\n"
    )
    assert kept.messages == []


@pytest.mark.usefixtures("kept")
def test_a_channel_that_is_not_there_is_refused(run: Run) -> None:
    assert "oncall, team" in run("test", "nobody", code=2)


def test_without_channels_there_is_nothing_to_test(run: Run) -> None:
    assert "no alert channel is configured" in run("test", code=2)
