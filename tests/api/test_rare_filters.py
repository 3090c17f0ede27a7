"""What is rare in a long list is found without walking it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from store.audit import export, read
from store.gate import decisions
from store.pushes import push_list
from tests.api.conftest import Tenant

_MANY = 20_000
_PAGE = {"limit": 50, "after": None}
_AUDIT = {"actor": None, "action": None, "subject": None, "since": None, "until": None}


@pytest.fixture
def conn(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the chain is slow
        yield connection


def rows_read(
    conn: psycopg.Connection[Any], table: str, statement: str, params: dict[str, Any]
) -> float:
    """How many rows of a table a statement looks at."""
    conn.execute(f"VACUUM ANALYZE {table}".encode())
    explained = conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), params)
    ((plan,),) = explained.fetchall()

    def read_of(node: dict[str, Any]) -> float:
        own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        is_it = node.get("Relation Name") == table
        below = sum(read_of(each) for each in node.get("Plans", ()))
        return below + (own * node["Actual Loops"] if is_it else 0)

    return read_of(plan[0]["Plan"])


def test_a_rare_verdict(conn: psycopg.Connection[Any], tenant: Tenant) -> None:
    conn.execute(
        "INSERT INTO decisions (workspace_id, destination, action, verdict, automation, reasons,"
        " reading_ids, decided_at) SELECT %s, 'meta:1', 'push', CASE n WHEN 7 THEN 'block' ELSE"
        " 'pass' END, 'execute', '[]', '{}', now() - n * interval '1 minute'"
        " FROM generate_series(%s, 1, -1) n",
        (tenant.id, _MANY),
    )
    conn.execute("UPDATE decisions SET decided_at = '2020-01-01Z' WHERE verdict = 'block'")
    wanted = vars(decisions.DecisionFilter(verdict="block"))
    params = {**_PAGE, **wanted, "workspace": tenant.id, "told_within": "1 minute", "at": None}
    assert rows_read(conn, "decisions", decisions._PAGE, params) < 100


def test_a_rare_platform(conn: psycopg.Connection[Any], tenant: Tenant) -> None:
    conn.execute(
        "INSERT INTO audiences (id, workspace_id, segment_id, platform, name, account_id,"
        " interval_s) OVERRIDING SYSTEM VALUE SELECT 100 + n, %s, 1, CASE n WHEN 1 THEN 'tiktok'"
        " ELSE 'meta' END, 'a' || n, '1', 0 FROM generate_series(1, 5) n",
        (tenant.id,),
    )
    conn.execute(
        "INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)"
        " SELECT %s, CASE WHEN n <= 3 THEN 101 ELSE 102 + n %% 4 END, 'manual', 'done', now()"
        " FROM generate_series(1, %s) n",
        (tenant.id, _MANY),
    )
    wanted = push_list.PushFilter(platform="tiktok")
    params = {**_PAGE, **vars(wanted), "workspace": tenant.id}
    assert rows_read(conn, "pushes", push_list.statement(wanted), params) < 100


@pytest.mark.parametrize("field", ["actor", "action", "subject"])
def test_what_is_rare_in_the_audit_log(
    conn: psycopg.Connection[Any], tenant: Tenant, field: str
) -> None:
    conn.execute(
        "INSERT INTO audit (workspace_id, at, actor, action, subject, detail)"
        " SELECT %s, now(), CASE WHEN n = 9 THEN 'rare' ELSE 'key:' || n %% 3 END,"
        " CASE WHEN n = 9 THEN 'rare' ELSE 'edit' || n %% 3 END,"
        " CASE WHEN n = 9 THEN 'rare' ELSE 'segment:' || n %% 9 END, '{}'"
        " FROM generate_series(1, %s) n",
        (tenant.id, _MANY),
    )
    params = {**_PAGE, **_AUDIT, field: "rare", "workspace": tenant.id}
    assert rows_read(conn, "audit", read.PAGE, params) < 100
    span = {"after": 0, "last": 10 * _MANY, "linked": 0}
    assert rows_read(conn, "audit", export._PAGE, {**params, **span}) < 100
