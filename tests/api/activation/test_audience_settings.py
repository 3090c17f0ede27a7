"""Changing an audience: what reaches the platform when, who changed it first, and what is fixed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from config.settings import Settings
from tests.api.activation.test_audience_list import connected, push
from tests.api.conftest import Api, Tenant
from tests.support.serving import serving_api

AUDIENCES = "/cdp/audience-sync/audiences"
SETTINGS = ("name", "interval_s", "ttl_s", "holdout_percent")


@pytest.fixture
def operator(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.write)


def create(operator: Api, name: str = "Customers") -> dict[str, Any]:
    (segment,) = operator.get("/cdp/segments")["items"]
    body = {"segment_id": segment["id"], "platform": "meta", "name": name, "ttl_s": 86_400}
    made: dict[str, Any] = operator.post(AUDIENCES, body, expect=201)
    return made


@pytest.fixture
def audience(operator: Api) -> dict[str, Any]:
    return create(operator)


@pytest.fixture
def path(audience: dict[str, Any]) -> str:
    return f"{AUDIENCES}/{audience['id']}"


def of(view: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(view[name] for name in SETTINGS)


def updates(operator: Api) -> list[dict[str, Any]]:
    return [entry["detail"] for entry in operator.get("/cdp/audit")["items"]
            if entry["action"] == "audience.update"]  # fmt: skip


def test_what_the_body_names_changes_and_the_rest_stays(operator: Api, path: str) -> None:
    first = operator.patch(path, {"interval_s": 7200})
    second = operator.patch(path, {"ttl_s": None, "holdout_percent": 5})

    assert of(first) == ("Customers", 7200, 86_400, 0)
    assert of(second) == ("Customers", 7200, None, 5)
    assert operator.get(path) == second
    assert [view["etag"] for view in (first, second)] == ['"2"', '"3"']


def test_each_change_is_audited_with_what_was_before(operator: Api, path: str) -> None:
    operator.patch(path, {"interval_s": 0, "ttl_s": None})

    (detail,) = updates(operator)
    assert detail == {
        "settings": {
            "interval_s": {"from": 3600, "to": 0},
            "ttl_s": {"from": 86_400, "to": None},
        },
        "revision": 2,
    }


@pytest.mark.parametrize("body", [{}, {"ttl_s": 86_400}, {"name": "Customers", "interval_s": 3600}])
def test_what_is_so_already_changes_nothing(operator: Api, path: str, body: Any) -> None:
    before = operator.get(path)

    assert operator.patch(path, body) == before
    assert updates(operator) == []


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "1", "*"])
def test_the_settings_that_were_seen_are_changed(operator: Api, path: str, tag: str) -> None:
    answer = operator.http.get(path)
    assert answer.headers["etag"] == answer.json()["etag"] == '"1"'

    changed = operator.http.patch(path, json={"interval_s": 7200}, headers={"if-match": tag})

    assert changed.headers["etag"] == changed.json()["etag"] == '"2"'


def test_settings_that_somebody_else_changed_meanwhile_are_not(operator: Api, path: str) -> None:
    operator.patch(path, {"interval_s": 7200})

    stale = operator.patch(path, {"holdout_percent": 9}, 409, **{"if-match": '"1"'})
    operator.patch(path, {"holdout_percent": 9}, 400, **{"if-match": "yesterday"})

    assert stale["code"] == "conflict"
    assert "revision 2, not 1" in stale["detail"]
    assert operator.get(path)["holdout_percent"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""}, {"name": None}, {"name": "a\nb"}, {"name": "x" * 201}, {"name": 7},
        {"interval_s": None}, {"interval_s": -1}, {"interval_s": 60}, {"interval_s": 604_801},
        {"interval_s": False}, {"interval_s": 2**31}, {"interval_s": 1.5}, {"interval_s": "soon"},
        {"ttl_s": 0}, {"ttl_s": 3599}, {"ttl_s": 2**31}, {"ttl_s": True}, {"ttl_s": []},
        {"holdout_percent": None}, {"holdout_percent": 91}, {"holdout_percent": -1},
        {"platform": "google"}, {"segment_id": 1}, {"status": "deleted"}, {"etag": '"1"'},
        [], None, "name", 1,
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(operator: Api, path: str, body: Any) -> None:
    before = operator.get(path)

    operator.patch(path, body, 422)

    assert operator.get(path) == before


def test_an_interval_from_before_its_bounds_moved_may_stay(
    operator: Api, path: str, execute: Callable[..., Any]
) -> None:
    execute("UPDATE audiences SET interval_s = 60")

    assert operator.patch(path, {"interval_s": 60, "holdout_percent": 5})["holdout_percent"] == 5


@pytest.mark.parametrize(
    ("body", "everybody"),
    [
        ({"holdout_percent": 50}, True),
        ({"ttl_s": None}, True),
        ({"ttl_s": 3600}, True),
        ({"interval_s": 7200}, False),
        ({"name": "Others"}, False),
        ({"holdout_percent": 0}, False),
    ],
)
def test_what_concerns_everybody_makes_the_next_push_compare_everybody(
    operator: Api,
    path: str,
    tenant: Tenant,
    execute: Callable[..., Any],
    body: Any,
    everybody: bool,
) -> None:
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    tenant.feed(
        tenant.event("identify", userId="u1", context=consent | {"traits": {"email": "a@b.cd"}})
    )
    execute(
        "INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)"
        " SELECT s.id, p.id, p.workspace_id, 1, now() FROM segments s JOIN profiles p"
        " USING (workspace_id) ON CONFLICT DO NOTHING"
    )
    execute("UPDATE audiences SET cursor_tx = pg_snapshot_xmax(pg_current_snapshot())")
    assert operator.post(f"{path}/preview", expect=200)["concerned"] == 0

    operator.patch(path, body)

    assert operator.post(f"{path}/preview", expect=200)["concerned"] == int(everybody)


def test_a_push_under_way_goes_on(
    operator: Api, path: str, audience: dict[str, Any], tenant: Tenant, postgres_dsn: str
) -> None:
    with connected(postgres_dsn) as conn:
        push(conn, tenant, audience["id"], status="running", ended_at=None)

    operator.patch(path, {"holdout_percent": 50, "interval_s": 0})

    (listed,) = operator.get(f"{path}/history")["items"]
    assert (listed["status"], operator.get(path)["requested_at"]) == ("running", None)


def creation(dsn: str, tenant: Tenant, audience: int, push_status: str, **request: Any) -> None:
    """A push that creates the audience, or was to."""
    with connected(dsn) as conn:
        made = push(conn, tenant, audience, status=push_status)
        conn.execute(
            "INSERT INTO push_requests (push_id, seq, operation, rows, status, attempts,"
            " recorded_at) VALUES (%s, 0, 'create', '[]', %s, %s, now())",
            (made, request["status"], request["attempts"]),
        )


@pytest.mark.parametrize(
    ("push_status", "status", "attempts", "fixed"),
    [
        ("running", "recorded", 0, True),  # it may leave at any moment
        ("running", "recorded", 1, True),
        ("cancelled", "abandoned", 1, True),  # it left; nobody knows what became of it
        ("failed", "rejected", 3, True),
        ("cancelled", "abandoned", 0, False),  # it never left
        ("failed", "delivered", 1, False),  # it was lost at the platform and is to be made again
    ],
)
def test_a_name_is_fixed_where_the_platform_may_have_it(
    operator: Api,
    audience: dict[str, Any],
    tenant: Tenant,
    postgres_dsn: str,
    push_status: str,
    status: str,
    attempts: int,
    fixed: bool,
) -> None:
    creation(postgres_dsn, tenant, audience["id"], push_status, status=status, attempts=attempts)

    answer = operator.patch(
        f"{AUDIENCES}/{audience['id']}", {"name": "Others"}, 409 if fixed else 200
    )

    assert answer.get("code") == ("name_fixed" if fixed else None)


def test_a_name_is_fixed_at_the_platform_and_everything_else_is_not(
    operator: Api, path: str, execute: Callable[..., Any]
) -> None:
    operator.patch(path, {"name": "Others"})
    execute("UPDATE audiences SET platform_id = '23850000000000001'")

    refused = operator.patch(path, {"name": "Customers", "holdout_percent": 5}, 409)

    assert refused["code"] == "name_fixed"
    assert of(operator.get(path)) == ("Others", 3600, 86_400, 0)
    assert operator.patch(path, {"name": "Others", "holdout_percent": 5})["holdout_percent"] == 5


def test_a_name_that_another_has_is_refused(operator: Api, path: str) -> None:
    create(operator, "Others")

    assert operator.patch(path, {"name": "Others"}, 409)["code"] == "conflict"
    assert operator.get(path)["etag"] == '"1"'


@pytest.mark.parametrize("status", ["deleting", "deleted"])
def test_an_audience_that_is_given_up_has_no_settings(
    operator: Api, path: str, execute: Callable[..., Any], status: str
) -> None:
    execute("UPDATE audiences SET status = %s", status)

    assert operator.patch(path, {"holdout_percent": 5}, 409)["code"] == "conflict"


def test_a_paused_audience_may_be_changed_and_stays_paused(operator: Api, path: str) -> None:
    operator.post(f"{path}/pause", expect=200)

    assert operator.patch(path, {"holdout_percent": 5})["status"] == "paused"


def test_who_may_change_an_audience(
    path: str, asks: Callable[[str], Api], tenant: Tenant, tenants: Callable[[str], Tenant]
) -> None:
    asks(tenant.read).patch(path, {"holdout_percent": 5}, 403)
    asks(tenants("second").admin).patch(path, {"holdout_percent": 5}, 404)
    asks(tenant.write).patch(f"{AUDIENCES}/{2**31 - 1}", {"holdout_percent": 5}, 404)
    asks(tenant.write).patch(f"{AUDIENCES}/{2**31}", {"holdout_percent": 5}, 422)


def test_of_two_processes_that_saw_the_same_settings_one_changes_them(
    operator: Api, path: str, settings: Settings, address: str, tenant: Tenant
) -> None:
    headers = {"x-api-key": tenant.write, "if-match": '"1"'}
    with serving_api(create_app(settings)) as other, ThreadPoolExecutor(8) as threads:

        def change(number: int) -> int:
            base = (address, other)[number % 2]
            body = {"holdout_percent": number + 1}
            answer = httpx.patch(base + path, json=body, headers=headers, timeout=60)
            return answer.status_code

        statuses = sorted(threads.map(change, range(8)))

    assert statuses == [200] + [409] * 7
    assert operator.get(path)["etag"] == '"2"'
    assert len(updates(operator)) == 1


def test_changes_without_a_tag_race_and_none_is_lost(
    operator: Api, path: str, settings: Settings, address: str, tenant: Tenant
) -> None:
    bodies = [{"holdout_percent": 7}, {"ttl_s": None}, {"interval_s": 7200}, {"name": "Others"}]
    with serving_api(create_app(settings)) as other, ThreadPoolExecutor(4) as threads:

        def change(number: int) -> int:
            base = (address, other)[number % 2]
            key = {"x-api-key": tenant.write}
            answer = httpx.patch(base + path, json=bodies[number], headers=key, timeout=60)
            return answer.status_code

        assert list(threads.map(change, range(4))) == [200] * 4

    after = operator.get(path)
    assert (*of(after), after["etag"]) == ("Others", 7200, None, 7, '"5"')


def test_a_change_waits_for_the_plan_that_is_being_made(
    operator: Api, path: str, audience: dict[str, Any], postgres_dsn: str
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with psycopg.connect(postgres_dsn) as planning:
            planning.execute("SELECT 1 FROM audiences WHERE id = %s FOR UPDATE", (audience["id"],))
            waiting = thread.submit(operator.patch, path, {"holdout_percent": 50})
            planning.execute(
                "UPDATE audiences SET cursor_tx = '7' WHERE id = %s", (audience["id"],)
            )
        waiting.result(30)

    with connected(postgres_dsn) as conn:
        assert conn.execute("SELECT cursor_tx FROM audiences").fetchone() == (None,)
