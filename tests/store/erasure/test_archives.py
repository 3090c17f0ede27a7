"""Archives of access hold nobody who was erased: not themselves, not by a neighbour's event."""

from typing import Any

import psycopg
import pytest

from config.exports import archive_files
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk
from tests.store.erasure.test_neighbours import DEVICE, device
from tests.support.archives import archives_in, write_archives

NOW = 1_790_000_000_000


def ask(desk: Desk, user: str) -> int:
    """A request of access as the API enters it."""
    key = desk.key("user_id", user)
    number = desk.one(
        """
        INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,
            reason, requested_by, audit_id, requested_at, due_at)
        SELECT workspace_id, 'access', gen_random_uuid(), 'access-1', profile_id,
            (SELECT array_agg(key) FROM identifiers o WHERE o.profile_id = i.profile_id),
            'case', 'key:1', 1, now(), now() + interval '1 day'
        FROM identifiers i WHERE key = %s RETURNING id
        """,
        key,
    )
    desk.conn.execute(
        "INSERT INTO access_archives (request, workspace_id, keys, status)"
        " SELECT id, workspace_id, keys, 'requested' FROM privacy_requests WHERE id = %s",
        (number,),
    )
    return int(number)


def states(desk: Desk) -> list[str]:
    sql = "SELECT status || ':' || reason FROM access_archives ORDER BY request"
    return desk.column(sql)


def test_an_erasure_ends_the_archives_that_hold_them_and_no_other(
    desk: Desk, engine: Engine
) -> None:
    engine.feed(engine.track("mary", "Visited", NOW), engine.track("lucy", "Visited", NOW))
    for user in ("mary", "lucy"):
        ask(desk, user)
    assert write_archives(desk.settings) == 2
    erased = desk.erase(("user_id", "mary"))
    assert states(desk) == ["expired:erased", "ready:"]

    desk.finish()

    assert [each.name for each in archives_in(desk.settings)] == ["access-2-1.zip"]
    assert desk.steps(erased)["exports"]["files"] == 1


def test_a_neighbours_archive_that_names_what_was_erased_is_ended(
    desk: Desk, engine: Engine
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name=f"Of {DEVICE}", **device()))
    ask(desk, "anne")
    write_archives(desk.settings)
    desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    assert states(desk) == ["ready:"], "her own identifiers are all there"

    desk.finish(2)

    assert states(desk) == ["expired:erased"]
    assert archives_in(desk.settings) == []
    ended = "SELECT detail FROM audit WHERE action = 'access.expired'"
    assert desk.column(ended) == [{"request": 1, "reason": "erased"}]


def test_a_neighbours_archive_that_is_not_written_yet_is_written_without_them(
    desk: Desk, engine: Engine
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name=f"Of {DEVICE}", **device()))
    for _ in range(2):
        ask(desk, "anne")
    desk.conn.execute("UPDATE access_archives SET status = 'processing', attempt = 1"
                      " WHERE request = 1")  # fmt: skip
    desk.erase(("user_id", "mary"), ("device_id", DEVICE))

    desk.finish(2)

    assert states(desk) == ["requested:", "requested:"]
    assert desk.column("SELECT completed_at FROM privacy_requests WHERE kind = 'access'") == [
        None, None,
    ]  # fmt: skip
    assert write_archives(desk.settings) == 2
    assert all(DEVICE.encode() not in each.read_bytes() for each in archives_in(desk.settings))


def test_an_archive_that_cannot_be_removed_is_waited_for(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    ask(desk, "mary")
    write_archives(desk.settings)
    erased = desk.erase(("user_id", "mary"))
    with monkeypatch.context() as patched:
        patched.setattr("sinks.export.archives.ArchiveFiles.sweep", lambda *_: 0)
        desk.finish()
    assert "exports" not in desk.steps(erased)
    desk.finish()
    assert desk.steps(erased)["exports"]["files"] == 1


def test_what_is_no_archive_is_left_alone(desk: Desk) -> None:
    folder = archive_files(desk.settings)
    folder.make()
    (folder.directory / "notes.txt").write_text("mine")
    write_archives(desk.settings)
    assert [each.name for each in archives_in(desk.settings)] == ["notes.txt"]


@pytest.mark.parametrize("index", ["access_archives_open"])
def test_an_erasure_finds_archives_by_an_index(desk: Desk, index: str) -> None:
    with psycopg.connect(desk.settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("SET enable_seqscan = off")
        sql = (
            "EXPLAIN SELECT FROM access_archives WHERE workspace_id = ANY('{1}') AND status IN"
            " ('requested', 'processing', 'ready') AND keys && '{}'::uuid[]"
        )
        plan: list[Any] = conn.execute(sql).fetchall()
    assert index in str(plan)
