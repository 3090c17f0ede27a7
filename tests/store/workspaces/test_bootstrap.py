from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import psycopg
import pytest

from store.workspaces.bootstrap import (
    FirstKeys,
    bootstrap,
    create_api_key,
    create_workspace,
    key_hash,
)
from store.workspaces.keys import Owner, list_api_keys, revoke_api_key, workspace_named


def test_two_first_starts_at_once_make_one_workspace(postgres_dsn: str) -> None:
    def start(_: int) -> FirstKeys | None:
        with psycopg.connect(postgres_dsn) as conn:
            return bootstrap(conn)

    with ThreadPoolExecutor(2) as pool:
        made = [first for first in pool.map(start, range(2)) if first is not None]
    assert len(made) == 1
    with psycopg.connect(postgres_dsn) as conn:
        assert conn.execute("SELECT id, salt FROM workspaces").fetchall() == [
            (made[0].workspace.id, made[0].workspace.salt)
        ]


def test_workspaces_differ_in_their_salts(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        one, other = create_workspace(conn, "one"), create_workspace(conn, "other")
    assert len(one.salt) == 32
    assert one.salt != other.salt


def test_keys_are_stored_as_hashes_only(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        made = create_workspace(conn, "one")
        key = create_api_key(conn, made.id, "dashboard", ["read"])
        row = conn.execute("SELECT key_hash, api_keys::text FROM api_keys").fetchone()
    assert row is not None
    assert row[0] == key_hash(key)
    assert key not in row[1]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_scopes_that_do_not_exist_are_refused(postgres_dsn: str, scopes: list[str]) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        made = create_workspace(conn, "one")
        with pytest.raises(ValueError, match="scopes are some of read, write, gate, admin"):
            create_api_key(conn, made.id, "dashboard", scopes)


def test_a_key_is_revoked_once_and_only_in_its_workspace(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        one, other = create_workspace(conn, "one"), create_workspace(conn, "other")
        create_api_key(conn, one.id, "dashboard", ["read"])
        (key,) = list_api_keys(conn, one.id)
        assert list_api_keys(conn, other.id) == []
        mine, theirs = Owner(one.id, "test"), Owner(other.id, "test")
        assert not revoke_api_key(conn, theirs, key.id)
        assert revoke_api_key(conn, mine, key.id)
        assert not revoke_api_key(conn, mine, key.id)
        (revoked,) = list_api_keys(conn, one.id)
    assert revoked.revoked_at is not None


def test_a_workspace_is_found_by_its_name(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        made = create_workspace(conn, "one")
        assert workspace_named(conn, "one") == made.id
        assert workspace_named(conn, "two") is None


def test_a_workspace_counts_days_in_its_time_zone(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        made = create_workspace(conn, "one", "Europe/Berlin")
        assert conn.execute(
            "SELECT time_zone FROM workspaces WHERE id = %s", (made.id,)
        ).fetchone() == ("Europe/Berlin",)
        with pytest.raises(ValueError, match="IANA name"):
            create_workspace(conn, "two", "Mars/Olympus")


def test_keys_that_might_do_everything_may_release_pushes_and_no_others(postgres_dsn: str) -> None:
    """What migration 0014 makes of the keys of an older database."""
    with psycopg.connect(postgres_dsn) as conn:
        made = create_workspace(conn, "one")
        for scopes in (["read"], ["read", "write"], ["read", "write", "admin"], ["admin", "gate"]):
            create_api_key(conn, made.id, "old", scopes)
        conn.execute((files("store") / "migrations" / "0014_gate_scope.sql").read_bytes())
        found = [set(key.scopes) for key in list_api_keys(conn, made.id)]
    assert found == [
        {"read"},
        {"read", "write"},
        {"read", "write", "admin", "gate"},
        {"admin", "gate"},
    ]
