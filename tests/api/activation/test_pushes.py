"""Pushes of all audiences in one list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api.activation.test_audience_list import connected, make, push
from tests.api.conftest import Api, Tenant

PUSHES = "/cdp/pushes"
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def ids(api: Api, **filters: Any) -> list[int]:
    return [one["id"] for one in api.everything(PUSHES, limit=2, **filters)]


def test_pushes_of_all_audiences_are_listed_and_filtered(
    api: Api, tenant: Tenant, postgres_dsn: str
) -> None:
    meta, google = make(postgres_dsn, tenant, 2)
    with connected(postgres_dsn) as conn:
        first = push(conn, tenant, meta, started_at=AT, adds=5)
        second = push(conn, tenant, google, started_at=AT + timedelta(hours=1), status="held")
        third = push(conn, tenant, meta, started_at=AT, status="running", kind="urgent")

    assert ids(api) == [third, second, first]
    assert ids(api, status="held") == [second]
    assert ids(api, platform="meta") == [third, first]
    assert ids(api, audience=google) == [second]
    assert ids(api, audience=google, platform="meta") == []
    assert ids(api, since=(AT + timedelta(minutes=1)).isoformat()) == [second]


def test_a_listed_push_is_that_of_its_audiences_history(
    api: Api, tenant: Tenant, postgres_dsn: str
) -> None:
    (audience,) = make(postgres_dsn, tenant, 1)
    with connected(postgres_dsn) as conn:
        made = push(conn, tenant, audience, adds=5)
        for seq, status in enumerate(("delivered", "rejected")):
            conn.execute(
                "INSERT INTO push_requests (push_id, seq, operation, rows, status, attempts,"
                " recorded_at) VALUES (%s, %s, 'add', '[]', %s, 3, now())",
                (made, seq, status),
            )

    (listed,) = api.get(PUSHES)["items"]
    (alone,) = api.get(f"/cdp/audience-sync/audiences/{audience}/history")["items"]

    assert listed == alone | {"audience_id": audience, "audience": "a0", "platform": "meta"}
    assert (listed["requests"], listed["delivered"], listed["retries"]) == (2, 1, 4)


def test_a_push_that_had_nothing_to_change_has_no_requests(
    api: Api, tenant: Tenant, tenants: Callable[[str], Tenant], postgres_dsn: str
) -> None:
    (first, second), other = make(postgres_dsn, tenant, 2), tenants("other")
    (foreign,) = make(postgres_dsn, other, 1)
    with connected(postgres_dsn) as conn:
        done = push(conn, tenant, first, adds=0, removes=0)
        theirs = push(conn, other, foreign)

    def history(audience: int, one: int, expect: int = 200, **query: Any) -> Any:
        path = f"/cdp/audience-sync/audiences/{audience}/history/{one}"
        return api.get(path, expect, **query)

    assert history(first, done)["items"] == []
    for audience, one in ((second, done), (first, theirs), (foreign, theirs), (first, 999_999)):
        assert history(audience, one, 404)["code"] == "not_found"


def test_another_workspaces_pushes_are_not_listed(
    api: Api, tenants: Callable[[str], Tenant], postgres_dsn: str
) -> None:
    other = tenants("other")
    (audience,) = make(postgres_dsn, other, 1)
    with connected(postgres_dsn) as conn:
        push(conn, other, audience)

    assert ids(api) == []
    assert ids(api, audience=audience) == []


@pytest.mark.parametrize(
    "query", [{"status": "lost"}, {"platform": "myspace"}, {"audience": -1}, {"since": "now"}]
)
def test_a_filter_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    api.get(PUSHES, 422, **query)


def test_a_page_of_pushes_is_read_by_an_index(tenant: Tenant, postgres_dsn: str) -> None:
    (audience,) = make(postgres_dsn, tenant, 1)
    with connected(postgres_dsn) as conn:
        conn.execute(
            "INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)"
            " SELECT %s, %s, 'manual', CASE WHEN n %% 1000 = 0 THEN 'held' ELSE 'done' END, now()"
            " FROM generate_series(1, 20000) n",
            (tenant.id, audience),
        )
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        conn.execute("ANALYZE pushes")
        plan = "\n".join(
            row[0]
            for row in conn.execute(
                "EXPLAIN SELECT * FROM pushes WHERE workspace_id = %s AND status = 'held'"
                " ORDER BY id DESC LIMIT 50",
                (tenant.id,),
            )
        )

    assert "Seq Scan" not in plan
