import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from operators.audit import problems
from store.audit import chain as audit_chain
from store.audit import trail
from tests.conftest import TestWorkspace

Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[Conn]:
    with psycopg.connect(postgres_dsn, autocommit=True) as opened:
        for number in range(5):
            trail.append(
                opened,
                workspace.id,
                "key:1",
                "request",
                f"audience:{number}",
                {"näme": "ø", "n": [1, 2.50, None]},
            )
        yield opened


def found(conn: Conn, workspace: TestWorkspace) -> list[str]:
    with conn.transaction():
        return [
            problem.kind
            for problem in problems(audit_chain.linked(conn, workspace.id), workspace.id)
        ]


def tamper(conn: Conn, statement: str) -> None:
    """As the database's owner could, past the triggers."""
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement.encode())


def test_what_the_database_chains_is_what_is_recomputed(
    conn: Conn, workspace: TestWorkspace
) -> None:
    assert found(conn, workspace) == []
    newest = audit_chain.head(conn, workspace.id)
    assert newest is not None
    assert newest.seq == 7, "the two entries of a new workspace, and five"
    assert [chain.length for chain in audit_chain.chains(conn)] == [7]


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET workspace_id = 2", "DELETE FROM {}", "TRUNCATE {}"]
)
@pytest.mark.parametrize("table", ["audit", "audit_chain"])
def test_the_log_is_append_only(conn: Conn, statement: str, table: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        conn.execute(statement.format(table).encode())


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET actor = 'key:2' WHERE subject = 'audience:2'", ["edited"]),
        (
            "UPDATE audit SET at = at + interval '1 microsecond' WHERE subject = 'audience:2'",
            ["edited"],
        ),
        (
            "UPDATE audit SET detail = detail || '{\"n\": 1}' WHERE subject = 'audience:2'",
            ["edited"],
        ),
        ("DELETE FROM audit WHERE subject = 'audience:4'", ["removed"]),
        ("DELETE FROM audit_chain WHERE seq = 4", ["removed", "edited", "inserted"]),
        (
            (
                "INSERT INTO audit (workspace_id, at, actor, action, subject, detail) VALUES (1,"
                " now(), 'a', 'b', 'c', '{}')"
            ),
            ["inserted"],
        ),
    ],
)
def test_tampering_past_the_triggers_is_found(
    conn: Conn, workspace: TestWorkspace, statement: str, expected: list[str]
) -> None:
    tamper(conn, statement)
    assert found(conn, workspace) == expected


def test_transactions_that_overlap_make_one_chain_without_gaps(
    conn: Conn, postgres_dsn: str, workspace: TestWorkspace
) -> None:
    start = threading.Barrier(4)

    def write() -> None:
        with psycopg.connect(postgres_dsn, autocommit=True) as own:
            start.wait()
            for number in range(25):
                with own.transaction():
                    trail.append(own, workspace.id, "engine", "decision", f"meta:{number}", {})
                    trail.append(own, workspace.id, "engine", "request", f"audience:{number}", {})

    writers = [threading.Thread(target=write) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()

    assert found(conn, workspace) == []
    assert [chain.length for chain in audit_chain.chains(conn)] == [7 + 200]


def test_what_is_rolled_back_leaves_no_link(conn: Conn, workspace: TestWorkspace) -> None:
    with conn.transaction(force_rollback=True):
        trail.append(conn, workspace.id, "engine", "decision", "meta:1", {})
    trail.append(conn, workspace.id, "engine", "decision", "meta:2", {})
    assert found(conn, workspace) == []
    assert [chain.length for chain in audit_chain.chains(conn)] == [8]
