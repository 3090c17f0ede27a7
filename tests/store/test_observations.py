"""Counters per signal and minute."""

import psycopg

from store.signals import observations
from tests.conftest import TestWorkspace


def test_whole_and_broken_amounts_are_added_by_one_statement(
    postgres_dsn: str, workspace: TestWorkspace
) -> None:
    signal, minute = "platform:snapchat", 1_790_000_040_000
    amounts: dict[str, float] = {"match_rate": 0.5, "match_rates": 1, "requests_ok": 2}
    rows = [(workspace.id, signal, minute, 0, name, value) for name, value in amounts.items()]
    with psycopg.connect(postgres_dsn) as conn:
        observations.add(conn, rows)
        found = conn.execute("SELECT metric, value FROM observations").fetchall()
    assert dict(found) == amounts
