import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from local.servers.postgres import EmbeddedPostgres
from store.databases import ensure_database
from store.migrate import OUTSIDE, LockPatience, Migration, SchemaError, migrate, migrations
from tests.support.databases import drop_database

LAST_RELEASED = 18


@pytest.fixture
def empty_dsn(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    name = f"empty_{uuid.uuid1().hex}"
    ensure_database(postgres_server.dsn("postgres"), name)
    yield postgres_server.dsn(name)
    drop_database(postgres_server.dsn("postgres"), name)


def test_every_file_is_applied_once_and_in_order(empty_dsn: str) -> None:
    told: list[tuple[str, int, int]] = []

    def note(migration: Migration, done: int, total: int) -> None:
        told.append((migration.name, done, total))

    known = migrations()
    assert migrate(empty_dsn, note) == known
    assert told == [(migration.name, done, len(known)) for done, migration in enumerate(known)]
    assert [migration.version for migration in known] == sorted(
        {migration.version for migration in known}
    )
    assert migrate(empty_dsn) == []


def test_no_number_is_missing_but_the_two_that_were_never_released() -> None:
    numbers = [migration.version for migration in migrations()]
    assert set(range(1, max(numbers) + 1)) - set(numbers) == {6, 15}


def test_starts_at_the_same_time_apply_each_file_once(empty_dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate(empty_dsn), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(migrations())]


def test_a_file_that_changed_after_it_was_applied_is_refused(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE schema_migrations SET checksum = '' WHERE version = 1")
    with pytest.raises(SchemaError, match="0001_spine changed after it was applied"):
        migrate(postgres_dsn)


def test_a_newer_database_is_refused(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999,"
            " '9999_future', '')"
        )
    with pytest.raises(SchemaError, match="9999_future, which this version does not know"):
        migrate(postgres_dsn)


def test_no_index_of_a_table_that_is_in_use_is_built_in_a_transaction() -> None:
    for migration in migrations():
        if migration.version <= LAST_RELEASED or migration.sql.startswith(OUTSIDE):
            continue
        fresh = set(re.findall(r"CREATE TABLE (\w+)", migration.sql))
        assert set(re.findall(r"CREATE INDEX \w+ ON (\w+)", migration.sql)) <= fresh, migration.name


def test_an_index_whose_building_broke_off_is_built_anew(postgres_dsn: str) -> None:
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'readings_by_id'::regclass"
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        conn.execute("DELETE FROM schema_migrations WHERE version = 25")
        conn.execute("DROP INDEX observations_lasting")
        conn.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'readings_by_id'::regclass"
        )

        assert [migration.version for migration in migrate(postgres_dsn)] == [25]

        assert conn.execute(valid).fetchone() == (True,)
        assert conn.execute("SELECT to_regclass('observations_lasting') IS NULL").fetchone() == (
            False,
        )


def test_a_migration_lets_others_pass_while_it_waits_for_a_lock(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        conn.execute("DELETE FROM schema_migrations WHERE version = 24")
        conn.execute("ALTER TABLE profiles DROP COLUMN last_seen_bin")
    brief = LockPatience(timedelta(milliseconds=50), timedelta(milliseconds=10), attempts=3)
    with psycopg.connect(postgres_dsn) as holder, psycopg.connect(postgres_dsn) as reader:
        holder.execute("SELECT FROM profiles")
        with pytest.raises(SchemaError, match="0024_people_by_time finds its tables locked"):
            migrate(postgres_dsn, patience=brief)
        with ThreadPoolExecutor(1) as pool:
            long = LockPatience(timedelta(milliseconds=50), timedelta(milliseconds=200))
            applied = pool.submit(migrate, postgres_dsn, None, long)
            for _ in range(5):
                reader.execute("SELECT FROM profiles")  # behind one attempt at most
                reader.rollback()
            assert not applied.done()
            holder.rollback()
            assert [migration.version for migration in applied.result()] == [24]
