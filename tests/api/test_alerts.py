"""Alerts: listed newest first, shown with every notice, acknowledged once, and sent once more when
they were given up."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from config.settings import Settings
from domain.alerts import Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import to_ms
from store.alerts import outbox
from tests.api.conftest import Api, Tenant

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
NOW_MS = to_ms(NOW)
Tell = Callable[..., None]


@pytest.fixture
def tell(settings: Settings, tenant: Tenant) -> Tell:
    """Writes what a notice says, to one channel."""

    def write(step: Step, key: str = "signal:source:1", ended_ms: int = 0) -> None:
        episode = Episode(
            key,
            "signal",
            NOW_MS,
            Severity.CRITICAL,
            Severity.CRITICAL,
            f"{key} is unhealthy",
            ("gate:meta:1",),
            NOW_MS,
        )
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            outbox.enqueue(
                conn,
                Notice(WorkspaceId(tenant.id), step, episode, NOW_MS, ended_ms),
                ["oncall"],
                NOW,
            )

    return write


@pytest.fixture
def give_up(settings: Settings) -> Callable[[], None]:
    def bury() -> None:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            for one in outbox.claim(conn, ["oncall"], NOW, datetime.resolution, 10):
                outbox.give_up(conn, one.id, "answered 401: it does not want this notice", NOW)

    return bury


def audited(api: Api, action: str) -> int:
    return sum(one["action"] == action for one in api.get("/cdp/audit")["items"])


def test_alerts_are_listed_newest_first_and_narrowed_to_those_that_last(
    api: Api, tell: Tell
) -> None:
    for key in ("signal:a", "signal:b", "signal:c"):
        tell(Step.OPENED, key)
    tell(Step.RESOLVED, "signal:b", NOW_MS + 1000)
    assert [one["key"] for one in api.get("/cdp/alerts")["items"]] == [
        "signal:c",
        "signal:b",
        "signal:a",
    ]
    assert [one["key"] for one in api.get("/cdp/alerts", lasting="true")["items"]] == [
        "signal:c",
        "signal:a",
    ]
    first = api.get("/cdp/alerts", limit=2)
    assert [
        one["key"] for one in api.get("/cdp/alerts", limit=2, cursor=first["next"])["items"]
    ] == ["signal:a"]


def test_an_alert_is_shown_with_every_notice(api: Api, tell: Tell) -> None:
    tell(Step.OPENED)
    tell(Step.RESOLVED, ended_ms=NOW_MS + 60_000)
    (row,) = api.get("/cdp/alerts")["items"]
    shown = api.get(f"/cdp/alerts/{row['id']}")
    assert shown["alert"] == row
    assert (row["severity"], row["members"], row["waiting"]) == ("critical", ["gate:meta:1"], 2)
    assert row["resolved_at"] == "2026-09-21T12:01:00Z"
    assert [one["step"] for one in shown["notices"]] == ["opened", "resolved"]
    assert api.get("/cdp/alerts/999999", expect=404)["code"] == "not_found"


def test_an_alert_is_acknowledged_once_and_only_while_it_lasts(api: Api, tell: Tell) -> None:
    tell(Step.OPENED)
    number = api.get("/cdp/alerts")["items"][0]["id"]
    first = api.post(f"/cdp/alerts/{number}/acknowledge", expect=200)["alert"]
    assert first["acknowledged_by"].startswith("key:")
    assert api.post(f"/cdp/alerts/{number}/acknowledge", expect=200)["alert"] == first
    assert audited(api, "alert.acknowledge") == 1
    tell(Step.RESOLVED, ended_ms=NOW_MS + 1000)
    assert api.post(f"/cdp/alerts/{number}/acknowledge", expect=409)["code"] == "conflict"
    assert api.post("/cdp/alerts/999999/acknowledge", expect=404)["code"] == "not_found"


def test_what_was_given_up_is_listed_with_its_reason_and_sent_once_more(
    api: Api, tell: Tell, give_up: Callable[[], None]
) -> None:
    tell(Step.OPENED)
    give_up()
    (dead,) = api.get("/cdp/alerts/dead")
    assert (dead["channel"], dead["error"]) == (
        "oncall",
        "answered 401: it does not want this notice",
    )
    assert api.get("/cdp/alerts")["items"][0]["dead"] == 1
    assert api.post("/cdp/alerts/dead/retry", expect=202) == {"notices": 1}
    assert api.get("/cdp/alerts/dead") == []
    assert api.get("/cdp/alerts")["items"][0]["waiting"] == 1
    assert audited(api, "alert.retry") == 1
