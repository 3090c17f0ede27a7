"""Health, statistics, lag."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import redis

from api.app import create_app
from config.settings import Settings
from store.profiles.statistics import StatisticsParams
from tests.api.conftest import START_MS, Api, Tenant
from tests.support.serving import serving_api


def with_limits(settings: Settings, **limits: int | timedelta) -> Settings:
    statistics = StatisticsParams(**limits)  # type: ignore[arg-type]
    return settings.model_copy(
        update={"query": settings.query.model_copy(update={"statistics": statistics})}
    )


def test_a_process_with_its_servers_is_ready_and_says_so_to_anybody(
    asks: Callable[[str], Api],
) -> None:
    health = asks("").get("/cdp/health")

    assert health["status"] == "ready"
    assert {name: each["status"] for name, each in health["components"].items()} == {
        "postgres": "up",
        "log": "up",
        "redis": "up",
    }
    assert asks("").get("/cdp/health/live") == {"status": "alive"}


@pytest.mark.parametrize(
    ("spoiled", "reason", "tries"),
    [
        (
            (
                "UPDATE offsets SET updated_at = now() - interval '2 minutes', caught_up_at = now()"
                " - interval '90 seconds'"
            ),
            "stands_still",
            0,
        ),
        (
            (
                "INSERT INTO attempts (log, partition, position, record, tries) VALUES"
                " ('stratum.events', 3, 70, -1, 2)"
            ),
            "workers_die",
            2,
        ),
    ],
)
def test_a_partition_that_does_not_get_on_is_named(
    spoiled: str, reason: str, tries: int, settings: Settings, asks: Callable[[str], Api]
) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES ('stratum.events', 3, 70)"
        )
        assert asks("").get("/cdp/health")["status"] == "ready"
        conn.execute(spoiled.encode())
        health = asks("").get("/cdp/health")
        assert (health["status"], health["components"]["log"]["status"]) == ("degraded", "up")
        (stuck,) = health["partitions"]
        expected = {
            "log": "stratum.events",
            "partition": 3,
            "position": 70,
            "reason": reason,
            "tries": tries,
        }
        assert {name: stuck[name] for name in expected} == expected
        conn.execute("UPDATE offsets SET next_position = 71, updated_at = now()")
        assert asks("").get("/cdp/health")["status"] == "ready"


def test_a_process_without_its_database_lives_but_is_unavailable(
    settings: Settings, api_with: Callable[[Settings, str], Api], postgres_dsn: str
) -> None:
    query = settings.query.model_copy(update={"health_timeout": timedelta(seconds=2)})
    api = api_with(settings.model_copy(update={"query": query}), "")
    name = postgres_dsn.rsplit("/", 1)[1].split("?", maxsplit=1)[0]
    with psycopg.connect(postgres_dsn.replace(f"/{name}", "/postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        answer = api.http.get("/cdp/health")
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.headers["retry-after"] == "2"
    unknown = {"latency_ms": None, "reason": None, "message": "It does not answer."}
    assert answer.json()["components"]["postgres"] == {
        "status": "down",
        "required": True,
        **unknown,
    }
    assert api.get("/cdp/health/live") == {"status": "alive"}


def test_statistics_count_everything_exactly_while_there_is_little(
    tenant: Tenant, api: Api
) -> None:
    def order(user: str, amount: float, currency: str) -> bytes:
        return tenant.event(
            event="Order Completed",
            userId=user,
            properties={"revenue": amount, "currency": currency},
        )

    again = order("u1", 10.5, "USD")
    tenant.feed(again, again, order("u2", 1, "EUR"), order("u1", 2, "EUR"))
    tenant.feed(
        tenant.event("page", START_MS, anonymousId="a1"),
        tenant.event("identify", START_MS + 1, userId="u1", anonymousId="a1"),
        tenant.event("track", userId="u1"),
        tenant.event("page", anonymousId="a2"),
    )

    totals = api.get("/cdp/statistics")

    assert totals["people"] == {"value": 3, "exact": True}
    assert totals["stages"] == {
        "anonymous": {"value": 1, "exact": True},
        "known": {"value": 0, "exact": True},
        "customer": {"value": 2, "exact": True},
        "churned": {"value": 0, "exact": True},
    }
    assert (totals["events"], totals["duplicates"], totals["rejected"]) == (6, 1, 1)
    assert totals["rejected_by_reason"] == {"missing_event": 1}
    assert totals["orders"] == 3
    assert [(each["currency"], each["orders"], each["amount"]) for each in totals["revenue"]] == [
        ("EUR", 2, "3.00"),
        ("USD", 1, "10.50"),
    ]
    assert totals["identifiers"]["user_id"] == {"value": 2, "exact": True}
    assert totals["identifiers"]["anonymous_id"] == {"value": 2, "exact": True}
    assert totals["dead_letters_open"] == {"value": 1, "exact": True}


def test_counts_above_the_limit_are_estimates_and_say_so(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    tenant.feed(*(tenant.event("identify", userId=f"u{number}") for number in range(300)))
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute("ANALYZE")
    api = api_with(with_limits(settings, exact_limit=100), tenant.read)

    totals = api.get("/cdp/statistics")

    assert totals["people"] == {"value": 300, "exact": False}
    assert totals["stages"]["known"] == {"value": 300, "exact": False}
    assert totals["identifiers"]["user_id"] == {"value": 300, "exact": False}
    assert totals["events"] == 300


def test_counters_of_settled_minutes_are_kept_and_yet_right_when_old_records_come_in(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    api = api_with(with_limits(settings, settle_after=timedelta(0)), tenant.read)
    tenant.feed(tenant.event("page", userId="u1"))
    before = api.get("/cdp/statistics")["events"]
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE observations SET updated_at = updated_at - interval '1 hour'")

    kept = api.get("/cdp/statistics")["events"]
    tenant.feed(tenant.event("page", userId="u1"))

    assert (before, kept, api.get("/cdp/statistics")["events"]) == (1, 1, 2)


def test_throughput_shows_the_last_minutes(tenant: Tenant, api: Api, settings: Settings) -> None:
    tenant.feed(tenant.event("page", userId="u1"), tenant.event("track", userId="u1"))
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "UPDATE observations SET minute_at = date_trunc('minute', now() - interval '1 minute')"
        )

    (minute,) = api.get("/cdp/statistics")["throughput"]

    assert (minute["accepted"], minute["duplicate"], minute["rejected"]) == (1, 0, 1)


def test_lag_tells_what_waits(api: Api, settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        client.xadd(f"{settings.log.name}:3", {b"0": b"{}", b"1": b"{}"})

    lag = api.get("/cdp/lag")

    assert lag["records_behind"] == 2
    assert len(lag["partitions"]) == settings.log.partitions
    assert [each["partition"] for each in lag["partitions"] if each["records_behind"]] == [3]


@pytest.mark.parametrize(("waited_s", "is_late"), [(20, False), (40, True)])
def test_lag_says_when_figures_must_not_pass_for_current(
    api: Api, settings: Settings, waited_s: int, is_late: bool
) -> None:
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        at_ms = int((time.time() - waited_s) * 1_000)
        client.xadd(f"{settings.log.name}:3", {b"0": b"{}"}, id=f"{at_ms}-0")

    assert api.get("/cdp/lag")["late"] is is_late


def test_lookups_are_answered_without_redis(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    tenant.feed(tenant.event("page", userId="u1"))
    api = api_with(settings, tenant.read)
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        client.config_set("maxclients", 1)
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try:
            found = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")
        finally:
            client.config_set("maxclients", 10_000)

    assert found["events"]["total"] == 1


def test_a_workspace_says_what_its_pages_need_and_nothing_of_another(
    settings: Settings, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    first, second = tenants("first"), tenants("second")
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute(
            "UPDATE workspaces SET time_zone = 'Europe/Berlin' WHERE id = %s", (second.id,)
        )

    found, other = (asks(each.read).get("/cdp/workspace") for each in (first, second))

    assert (found["id"], found["name"], found["time_zone"]) == (first.id, "first", "UTC")
    assert (other["id"], other["name"], other["time_zone"]) == (
        second.id,
        "second",
        "Europe/Berlin",
    )
    assert [each["kind"] for each in found["kinds"]] == list(settings.identity.kinds)
    assert found["thresholds"] == {"healthy": 70.0, "degraded": 40.0}
    assert (found["rule"]["depth_limit"], found["rule"]["node_limit"]) == (10, 500)
    assert (found["churn_after_s"], found["longest_override_s"]) == (90 * 86_400, 7 * 86_400)


def test_a_workspace_shows_bounds_as_they_are_configured(
    settings: Settings, tenant: Tenant
) -> None:
    changed = settings.model_copy(
        update={
            "signals": replace(settings.signals, healthy=80.0),
            "gate": replace(settings.gate, two_persons=True),
            "definitions": replace(settings.definitions, depth_limit=4),
            "profile": replace(settings.profile, order_events=frozenset({"Sale", "Buy"})),
        }
    )

    with serving_api(create_app(changed)) as url, closing(Api(url, tenant.read).http) as http:
        found = http.get("/cdp/workspace").json()

    assert found["thresholds"]["healthy"] == 80.0
    assert found["two_persons"] is True
    assert found["rule"]["depth_limit"] == 4
    assert found["order_events"] == ["Buy", "Sale"]
