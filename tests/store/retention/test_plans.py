"""A look that finds little reads little: whatever goes is found by an index."""

import json
from typing import Any, Final

import psycopg
import pytest

from domain.privacy.retention import GONE_THROUGH
from domain.privacy.retention import RetentionClass as Class
from store.retention.due import PARTS
from tests.store.retention.conftest import KEEP, Keeper, ago

YOUNG: Final = 20_000
BIG: Final = {
    "dead_letters", "exports", "pushes", "push_requests", "decisions", "privacy_requests",
    "profiles", "identifiers",
}  # fmt: skip
FILL: Final = """
    INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason, detail,
        payload, recorded_at) SELECT %(workspace)s, 'l', 0, n, 0, '', '', '', {at} FROM {many};
    INSERT INTO exports (workspace_id, kind, spec, requested_by, status, created_at)
        SELECT %(workspace)s, 'file', '{{}}', '', 'expired', {at} FROM {many};
    INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation,
        reasons, reading_ids, decided_at, size) SELECT %(workspace)s, '', %(audience)s, 'push',
        'pass', '', '[]', '{{}}', {at}, '{{"first": false}}' FROM {many};
    INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at, ended_at, decision_id,
        adds) SELECT %(workspace)s, %(audience)s, 'scheduled', 'done', {at}, {at}, n, 1 FROM {many};
    INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)
        SELECT n, 1, 'add', '[]', 'delivered', {at} FROM {many};
    INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys, reason,
        requested_by, audit_id, requested_at, due_at, completed_at) SELECT %(workspace)s, 'erasure',
        gen_random_uuid(), '', gen_random_uuid(), '{{}}', '', '', 0, {at}, {at}, {at} FROM {many};
    INSERT INTO profiles (id, workspace_id, version, stage, last_seen_at, doc)
        SELECT gen_random_uuid(), %(workspace)s, 1, '', {at}, '' FROM {many};
    INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
        SELECT id, workspace_id, 'user_id', id, id FROM profiles;
"""
MANY: Final = f"generate_series(1, {YOUNG}) AS n"
AT: Final = "now() - n * interval '3 minutes'"


@pytest.fixture
def full(keeper: Keeper) -> Keeper:
    """Tables with much that is young."""
    params = {"workspace": keeper.workspace, "audience": keeper.audience("deleted")}
    for statement in FILL.format(at=AT, many=MANY).split(";\n")[:-1]:
        keeper.conn.execute(statement.encode(), params)
    keeper.conn.execute("ANALYZE")
    return keeper


def read_whole(conn: psycopg.Connection[Any], sql: str, params: dict[str, Any]) -> set[str]:
    """Big tables that a statement reads from end to end."""
    ((plan,),) = conn.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode(), params).fetchall()
    found: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan":
            found.add(node["Relation Name"])
        for inner in node.get("Plans", ()):
            walk(inner)

    walk(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"])
    return found & BIG


@pytest.mark.parametrize("name", GONE_THROUGH)
def test_what_goes_is_found_by_an_index(full: Keeper, name: Class) -> None:
    params = {
        "workspace": full.workspace, "horizon": ago(KEEP), "limit": 500, "remembered": 20,
    }  # fmt: skip
    for part in PARTS[name]:
        for sql in filter(None, (f"SELECT count(*) {part.rows}", part.oldest, part.removal)):
            assert read_whole(full.conn, sql, params) == set(), sql
