"""Commits of UNIFY that the database loses again: they do not wait for the disk."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from cli.profiles.verify import verify_all
from config.settings import Settings
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from store.intake import attempts
from store.intake.attempts import Attempt
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""


@pytest.fixture
def dsn(settings: Settings) -> str:
    return settings.postgres.dsn.get_secret_value()


@pytest.fixture
def store(settings: Settings, dsn: str) -> Iterator[PostgresUnitOfWork]:
    made = PostgresUnitOfWork(dsn, settings.engine.cache_people)
    yield made
    made.close()


def unifier(settings: Settings, store: PostgresUnitOfWork) -> Unifier:
    rules = Rules(settings.identity, settings.profile)
    return Unifier(store, rules, settings.engine, lambda *_: None, Clock(lambda: NOW))


@pytest.fixture
def batch(workspace: TestWorkspace) -> Callable[[int, str], Batch]:
    """One purchase of one person, at a position."""

    def one(position: int, name: str) -> Batch:
        body = {"type": "track", "event": name, "userId": "mary", "messageId": name}
        record = encode_event(workspace.source_id, NOW, 0, msgspec.json.encode(body))
        return Batch("log", 0, position, position + 1, (Record(position, 0, record, 0, NOW),))

    return one


def saved(conn: psycopg.Connection[Any]) -> Callable[[], None]:
    """Keep every table as it is now; what is returned brings that back."""
    tables = [name for (name,) in conn.execute(_TABLES)]
    conn.execute("CREATE SCHEMA saved")
    for table in tables:
        conn.execute(f"CREATE TABLE saved.{table} AS TABLE public.{table}".encode())

    def rewind() -> None:
        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute(f"TRUNCATE {', '.join(tables)}".encode())
            for table in tables:
                conn.execute(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE saved.{table}".encode()
                )

    return rewind


def terminated(store: PostgresUnitOfWork, conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT pg_terminate_backend(%s)", (store.connection.info.backend_pid,))


def demoted(store: PostgresUnitOfWork, conn: psycopg.Connection[Any]) -> None:
    assert not conn.closed
    store.connection.execute("SET default_transaction_read_only = on")


@pytest.mark.parametrize("lose", [terminated, demoted])
def test_a_worker_does_not_remember_a_commit_that_the_database_lost(
    lose: Callable[[PostgresUnitOfWork, psycopg.Connection[Any]], None],
    settings: Settings,
    dsn: str,
    store: PostgresUnitOfWork,
    batch: Callable[[int, str], Batch],
) -> None:
    """Another worker has used the lost commit's version of the person meanwhile."""
    worker = unifier(settings, store)
    with psycopg.connect(dsn, autocommit=True) as conn:
        worker(batch(0, "Page"))
        rewind = saved(conn)
        worker(batch(1, "Lost"))
        rewind()
        other = PostgresUnitOfWork(dsn, settings.engine.cache_people)
        unifier(settings, other)(batch(1, "Stored"))
        other.close()
        lose(store, conn)
        worker(batch(2, "Newest"))
        conn.execute("DROP SCHEMA saved CASCADE")
        names = conn.execute("SELECT name FROM events ORDER BY name").fetchall()
    assert names == [("Newest",), ("Page",), ("Stored",)]
    (report,) = verify_all(settings)
    assert report.differences == []


def test_a_worker_whose_commits_are_lost_again_and_again_did_not_die(
    settings: Settings, dsn: str, store: PostgresUnitOfWork, batch: Callable[[int, str], Batch]
) -> None:
    """What it noted of its attempts may last where the commits do not."""
    worker = unifier(settings, store)
    worker.leave_traces()
    with psycopg.connect(dsn, autocommit=True) as conn:
        rewind = saved(conn)
        for _ in range(6):
            assert worker(batch(0, "Stored"))
            noted = conn.execute("SELECT position, record, tries FROM attempts").fetchall()
            assert noted == [(0, -1, 1)]
            conn.execute("DROP TABLE IF EXISTS saved.attempts")
            conn.execute("CREATE TABLE saved.attempts AS TABLE public.attempts")
            rewind()
            terminated(store, conn)
        assert worker(batch(0, "Stored"))
        conn.execute("DROP SCHEMA saved CASCADE")
        assert conn.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_a_process_that_died_in_between_is_counted(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        mine = attempts.take(conn, "log", 0, 7)
        again = attempts.take(conn, "log", 0, 7, mine)
        other = attempts.take(conn, "log", 0, 7)
        third = attempts.take(conn, "log", 0, 7, mine)
        moved = attempts.take(conn, "log", 0, 8, third)
        assert [each.tries for each in (mine, again, other, third, moved)] == [1, 1, 2, 3, 1]
        attempts.note(conn, "log", 0, 8, 2, ())
        noted = Attempt(8, 2, 1, ())
        assert attempts.take(conn, "log", 0, 8, noted) == noted
        assert attempts.take(conn, "log", 0, 8, moved) == noted._replace(tries=2)
