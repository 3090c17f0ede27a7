"""Commits of UNIFY that the database loses again: they do not wait for the disk."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from cli.profiles.verify import verify_all
from config.embedded import PostgresParams
from config.settings import Settings
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from domain.changes import Changes
from domain.event import Batch, Fence, Record
from domain.intake.envelope import encode_event
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import wait_until
from store.connection import connect_engine
from store.databases import ensure_database
from store.errors import StoreUnavailable
from store.intake import attempts
from store.intake.attempts import Attempt
from store.migrate import migrate
from store.unify.outcomes import Conflict, Outcome
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_COLUMNS = """
SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = ('public.' || %s)::regclass AND attnum > 0 AND NOT attisdropped
        AND attgenerated = ''
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
                columns = ", ".join(name for (name,) in conn.execute(_COLUMNS, (table,)))
                into = f"{table} ({columns}) OVERRIDING SYSTEM VALUE"
                rows = f"SELECT {columns} FROM saved.{table}"
                conn.execute(f"INSERT INTO {into} {rows}".encode())

    return rewind


def terminated(store: PostgresUnitOfWork, conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT pg_terminate_backend(%s)", (store.connection.info.backend_pid,))


def end(store: PostgresUnitOfWork, conn: psycopg.Connection[Any]) -> None:
    """End the store's session, and wait until it is over."""
    pid = store.connection.info.backend_pid
    terminated(store, conn)
    over = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %s"
    assert wait_until(lambda: conn.execute(over, (pid,)).fetchone() == (True,), 10)


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


def test_a_connection_that_breaks_before_a_rollback_refuses_no_record(
    settings: Settings,
    dsn: str,
    store: PostgresUnitOfWork,
    batch: Callable[[int, str], Batch],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server goes between the last statement of a commit in conflict and its rollback."""
    worker, write = unifier(settings, store), store._write
    with psycopg.connect(dsn, autocommit=True) as conn:
        worker(batch(0, "Page"))
        rewind = saved(conn)
        worker(batch(1, "Lost"))
        rewind()
        other = PostgresUnitOfWork(dsn, settings.engine.cache_people)
        unifier(settings, other)(batch(1, "Stored"))
        other.close()

        def dying(*arguments: Any) -> Outcome:
            monkeypatch.setattr(store, "_write", write)
            write(*arguments)
            end(store, conn)
            return Conflict("definitions")

        monkeypatch.setattr(store, "_write", dying)
        assert worker(batch(2, "Newest"))
        conn.execute("DROP SCHEMA saved CASCADE")
        assert conn.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
    (report,) = verify_all(settings)
    assert report.differences == []


def test_a_connection_that_broke_in_a_rehearsal_is_noticed(
    dsn: str, store: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store._write
    with psycopg.connect(dsn, autocommit=True) as conn:

        def dying(*arguments: Any) -> Outcome:
            done = write(*arguments)
            end(store, conn)
            return done

        monkeypatch.setattr(store, "_write", dying)
        store.rehearse(Changes(now_ms=NOW, revision=0), Fence("log", 0, 0, 1, 0))
    with pytest.raises(StoreUnavailable):
        store.load_people([])
    assert store.load_people([]) == []


@pytest.mark.servers
def test_an_attempt_survives_a_crash_right_after_it(tmp_path: Path) -> None:
    """A record that takes the machine down is counted, too."""
    params = PostgresParams(shared_buffers_mb=128, max_wal_mb=128)
    with EmbeddedPostgres(tmp_path, params) as server:
        ensure_database(server.dsn("postgres"), "stratum")
        migrate(server.dsn("stratum"))
        for tries in (1, 2):
            with connect_engine(server.dsn("stratum")) as conn:
                assert attempts.take(conn, "log", 0, 7).tries == tries
                assert server.child is not None
                os.kill(server.child.pid, signal.SIGQUIT)  # nothing is flushed
                server.child.wait(10)
            server.stop()
            server.start()
        with connect_engine(server.dsn("stratum")) as conn:
            attempts.note(conn, "log", 0, 7, 3, ())
            assert server.child is not None
            os.kill(server.child.pid, signal.SIGQUIT)
            server.child.wait(10)
        server.stop()
        server.start()
        with connect_engine(server.dsn("stratum")) as conn:
            assert attempts.take(conn, "log", 0, 7) == Attempt(7, 3, 2, ())
