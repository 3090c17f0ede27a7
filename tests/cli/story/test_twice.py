"""The story told twice gives the same tables, but for what is random, measured or the world's."""

import hashlib
from datetime import datetime
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from local.servers.valkey import EmbeddedValkey
from store.databases import ensure_database
from store.migrate import migrate
from tests.support.databases import drop_database
from tests.support.story import Story, StoryTemplate, told_to

_AGAIN: Final = "story_again"
_LEFT_OUT: Final[dict[str, frozenset[str]]] = {
    "api_keys": frozenset({"key_hash"}),
    "sources": frozenset({"write_key_hash"}),
    "write_keys": frozenset({"key_hash"}),
    "audiences": frozenset({"platform_id", "cursor_tx"}),
    "changes": frozenset({"tx", "id"}),
    "pushes": frozenset({"readback"}),
    "push_requests": frozenset({"outcome"}),
    "audit": frozenset({"detail"}),
    "audit_chain": frozenset({"hash"}),
    "signal_memory": frozenset({"memory"}),
}
"""Random keys, ids that platforms give, transaction ids, the order of changes within a transaction,
and how long platforms took."""
_ROWS: Final = {
    "observations": "metric <> 'latency_ms'",
    "schema_migrations": "false",
    "anomalies": "metric <> 'latency_ms'",
    "readings": "signal NOT LIKE 'platform:%'",
}
"""Tables → the rows that count: how healthy a platform is rests on how long it took, too."""


def _digests(dsn: str) -> dict[str, str]:
    columns = """
        SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
        FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1 ORDER BY 1
    """
    with psycopg.connect(dsn) as conn:
        return {
            name: _digest(conn, name, sorted(set(found) - _LEFT_OUT.get(name, frozenset())))
            for name, found in conn.execute(columns).fetchall()
        }


def _digest(conn: psycopg.Connection[Any], table: str, columns: list[str]) -> str:
    statement = sql.SQL("SELECT ({columns})::text AS row FROM {table} WHERE {rows} ORDER BY 1")
    rows = conn.execute(
        statement.format(
            columns=sql.SQL("ROW({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))),
            table=sql.Identifier(table),
            rows=sql.SQL(_ROWS.get(table, "true")),
        )
    )
    return hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()


@pytest.mark.long
def test_it_is_the_same_twice(
    story: Story, story_database: StoryTemplate, valkey_server: EmbeddedValkey
) -> None:
    ensure_database(story_database.server, _AGAIN)
    dsn = story_database.template.replace("story_template", _AGAIN)
    try:
        migrate(dsn)
        ended_at = datetime.fromisoformat(story_database.facts["ended_at"])
        told_to(dsn, valkey_server.url, ended_at)
        once, again = _digests(story.dsn), _digests(dsn)
        assert [name for name in once if once[name] != again[name]] == []
    finally:
        drop_database(story_database.server, _AGAIN)
