"""Alerts from what is stored to what on-call holds: real Postgres, strict receivers."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from config.alerting import Alerts, ChannelParams
from domain.alerts import Severity
from operators.alerts.params import AlertingParams
from store.alerts import episodes
from store.signals import observations
from tests.integration.alerts.world import World, audience, decide, sources


def test_a_sick_signal_is_told_to_everybody_concerned_and_its_end_too(world: World) -> None:
    signal = f"source:{sources(world)[0]}"
    world.read(20, signal)
    assert world.look() == [("opened", f"signal:{signal}")]

    (event,) = world.kept.events
    assert (event["event_action"], event["payload"]["severity"], event["payload"]["class"]) == (
        "trigger",
        "critical",
        "signal",
    )
    assert event["payload"]["summary"] == f"[critical] web ({signal}) is unhealthy (20): because"
    assert event["links"] == [
        {
            "href": f"https://cdp.example/dashboard/trust/signals/{signal}",
            "text": "open in the dashboard",
        },
        {"href": "https://docs.example/runbook.md#signal", "text": "what to do"},
    ]
    assert world.kept.messages[0]["text"] == event["payload"]["summary"]
    assert world.kept.hooks[0]["step"] == "opened"
    assert world.mail.messages[0]["Subject"] == event["payload"]["summary"]

    world.read(95, signal)
    assert world.look(30) == [("resolved", f"signal:{signal}")]
    assert [one["event_action"] for one in world.kept.events] == ["trigger", "resolve"]
    assert world.kept.open == set()
    assert [
        len(found) for found in (world.kept.messages, world.kept.hooks, world.mail.messages)
    ] == [2, 2, 2]
    assert world.mail.messages[1]["References"] == world.mail.messages[0]["Message-ID"]


def test_channels_hear_of_what_is_bad_enough_and_of_its_end_only_if_they_heard_of_it(
    world: World,
) -> None:
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
    elsewhere = ChannelParams(
        "slack",
        "info",
        workspaces=frozenset({world.workspace.id + 1}),
        url=SecretStr("http://127.0.0.1:1/"),
    )
    only_gate = ChannelParams(
        "slack", "info", kinds=frozenset({"gate"}), url=SecretStr("http://127.0.0.1:1/")
    )
    world.settings = Alerts(
        channels={"elsewhere": elsewhere, "gate": only_gate}, alerting=world.settings.alerting
    )
    world.read(20, f"source:{sources(world)[0]}")
    world.look()
    assert world.conn.execute("SELECT count(*) FROM alerts").fetchone() == (1,)
    assert world.conn.execute("SELECT count(*) FROM alert_notices").fetchone() == (0,)


def test_looking_again_after_a_restart_tells_nothing_twice(world: World) -> None:
    world.read(20, f"source:{sources(world)[0]}")
    assert len(world.look()) == 1
    assert world.look(60) == []


def test_a_push_that_is_held_because_of_a_sick_signal_is_part_of_that_alert(world: World) -> None:
    signal, number = f"source:{sources(world)[0]}", audience(world)
    world.read(20, signal)
    decide(world, number, "block", "unhealthy", signal)
    assert world.look(20) == [("opened", f"signal:{signal}")]
    (row,) = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert row.members == [f"gate:meta:{number}"]


@pytest.mark.parametrize(
    ("verdict", "code", "severity"),
    [
        ("hold", "mass_addition", "warning"),
        ("block", "mass_removal", "critical"),
        ("hold", "first_sync", "info"),
    ],
)
def test_a_push_that_is_held_for_itself_is_an_alert_of_its_own(
    world: World, verdict: str, code: str, severity: str
) -> None:
    number = audience(world)
    decide(world, number, verdict, code)
    assert world.look(20) == [("opened", f"gate:meta:{number}")]
    (row,) = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert (row.severity, row.kind) == (severity, "gate")


def test_withdrawals_dead_letters_failed_pushes_and_unread_signals_are_told(world: World) -> None:
    number, (source, *_) = audience(world), sources(world)
    old = world.now - timedelta(minutes=20)
    sql = (
        "INSERT INTO pushes (workspace_id, audience_id, kind, status, error, started_at) VALUES"
        " (%s, %s, %s, %s, %s, %s)"
    )
    world.conn.execute(
        sql, (world.workspace.id, number, "manual", "failed", "reauth make a new token", old)
    )
    world.conn.execute(sql, (world.workspace.id, number, "urgent", "running", "", old))
    minute_ms = int(world.now.timestamp()) // 60 * 60_000
    observations.add(
        world.conn, [(world.workspace.id, f"source:{source}", minute_ms, 0, "accepted", 5.0)]
    )
    for n in range(25):
        world.conn.execute(
            "INSERT INTO dead_letters (workspace_id, source_id, log, partition, position, index,"
            " reason, detail, payload, recorded_at) VALUES (%s, %s, 'log', 0, %s, 0, 'malformed',"
            " '', '', %s)",
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
    (row,) = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert Severity.from_word(row.severity) is Severity.CRITICAL
    assert episodes.acknowledge(world.conn, world.workspace.id, row.id, "key:1", world.now)
    assert world.look(200) == []


def test_a_push_that_is_too_large_is_its_own_alert_although_a_signal_is_sick_too(
    world: World,
) -> None:
    signal, number = f"source:{sources(world)[0]}", audience(world)
    world.read(60, signal)
    decide(world, number, "block", "mass_removal", signal)
    assert world.look(20) == [("opened", f"gate:meta:{number}"), ("opened", f"signal:{signal}")]
    assert [one["payload"]["class"] for one in world.kept.events] == ["gate"]


def test_a_push_that_people_hold_is_no_reason_to_hurry_unless_there_is_another_one(
    world: World,
) -> None:
    number = audience(world)
    decide(world, number, "hold", "quiet_hours")
    world.conn.execute("UPDATE decisions SET codes = '{quiet_hours,mass_addition}'")
    world.look(20)
    (row,) = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert row.severity == "warning"


def test_a_source_that_stays_silent_is_not_told_to_be_well(world: World) -> None:
    signal = f"source:{sources(world)[0]}"
    world.read(95, signal)
    world.conn.execute(
        "INSERT INTO reading_hours (workspace_id, signal, hour_at, readings, unknown, lowest, mean,"
        " highest, last_status) VALUES (%s, %s, %s, 720, 0, 95, 95, 95, 'healthy')",
        (world.workspace.id, signal, world.now - timedelta(days=3)),
    )
    world.read(None, signal)
    assert world.look(15) == [("opened", f"signal:{signal}")]
    assert world.look(60) == []


@pytest.mark.parametrize(("before", "told"), [(95, ["signal:source:1"]), (None, [])])
def test_a_source_that_was_known_minutes_ago_has_fallen_silent_and_one_that_never_was_has_not(
    world: World, before: float | None, told: list[str]
) -> None:
    signal = f"source:{sources(world)[0]}"
    world.read(before, signal)
    world.now += timedelta(minutes=10)
    world.read(None, signal)
    assert [key.replace(signal, "source:1") for _, key in world.look(15)] == told


def test_a_removal_that_a_platform_takes_its_time_for_is_outstanding_after_a_day(
    world: World,
) -> None:
    number = audience(world)
    sql = (
        "INSERT INTO pushes (workspace_id, audience_id, kind, status, error, started_at) VALUES"
        " (%s, %s, 'urgent', 'processing', '', %s)"
    )
    world.conn.execute(sql, (world.workspace.id, number, world.now - timedelta(hours=20)))
    assert world.look(60) == []
    world.now += timedelta(hours=5)
    assert world.look() == [("opened", "withdrawal:meta")]


def test_many_platforms_at_once_are_one_page(world: World) -> None:
    for n in range(30):
        decide(world, audience(world, f"list {n}"), "block", "mass_removal")
        world.look()
    assert len({one["dedup_key"] for one in world.kept.events}) <= world.settings.alerting.many
    assert len(world.kept.events) <= world.settings.alerting.many + 5


def test_an_anomaly_names_the_source_the_metric_and_money_in_its_major_unit(world: World) -> None:
    signal = f"source:{sources(world)[0]}"
    world.conn.execute(
        """
        INSERT INTO anomalies (workspace_id, signal, metric, started_at, peak_at, direction, score,
            value, expected, expected_low, expected_high, ending, picture)
        VALUES (%(workspace)s, %(signal)s, 'order_value:EUR', %(now)s, %(now)s, 'up', 1,
                499000, 4990, 4000, 6000, '', '[]'),
               (%(workspace)s, %(signal)s, 'order_value:JPY', %(now)s, %(now)s, 'down', 1,
                70, 7000, 4000, 9000, '', '[]'),
               (%(workspace)s, %(signal)s, 'match_quality', %(now)s, %(now)s, 'down', 1,
                2.5, 6.25, 6, 7, '', '[]')
        """,
        {"workspace": world.workspace.id, "signal": signal, "now": world.now},
    )
    world.look(20)
    rows = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert {row.summary for row in rows} == {
        f"web ({signal}): order value in EUR is unusually high: 4990.00 EUR, expected 49.90 EUR",
        f"web ({signal}): order value in JPY is unusually low: 70 JPY, expected 7000 JPY",
        f"web ({signal}): match quality is unusually low: 2.5 of 10, expected 6.2 of 10",
    }


def test_a_held_push_names_the_source_that_it_waits_for(world: World) -> None:
    signal, number = f"source:{sources(world)[0]}", audience(world)
    decide(world, number, "hold", "stale", signal)
    world.conn.execute(
        "UPDATE decisions SET reasons = jsonb_build_array(%s::text)", (f"{signal} was never read",)
    )
    world.look(20)
    (row,) = episodes.page(world.conn, world.workspace.id, lasting=True, after=None, limit=10)
    assert row.summary == f"meta, All: the push is held: web ({signal}) was never read"
