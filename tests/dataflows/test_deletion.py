"""A workspace is deleted whole: nothing of it is left or comes back, nobody else loses a row."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis
from typer.testing import CliRunner

from cli import tenancy
from dataflows.deletion import Deletions
from dataflows.unify.definitions import LiveDefinitions, Rules
from domain.event import Batch, DeadLetter, Record
from domain.ids import WorkspaceId
from domain.intake.envelope import encode_event, encode_sealed
from operators.audit import verify
from sinks.profiles.cache import profile_name
from store import locks
from store.audit.chain import chains, linked
from store.unify.unit_of_work import PostgresUnitOfWork
from store.workspaces import deletion
from store.workspaces.bootstrap import bootstrap, create_source, create_workspace
from store.workspaces.deletion import TABLES
from tests.support.story import Story

KEPT = {"audit", "audit_chain", "workspace_deletions"}
"""With rows of workspaces that are deleted."""
NOBODYS = {"attempts", "definitions_revision", "log_refusals", "offsets", "schema_migrations"}
NOW = 1_790_000_000_000


@pytest.fixture
def conn(story: Story) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(story.dsn, autocommit=True) as opened:
        yield opened


def one(conn: psycopg.Connection[Any], sql: str, **params: Any) -> Any:
    row = conn.execute(sql.encode(), params).fetchone()
    assert row is not None
    return row[0]


def rows(conn: psycopg.Connection[Any], workspace: int) -> dict[str, int]:
    """Table → rows of a workspace, those of none left out."""
    found = {
        table.name: one(
            conn, f"SELECT count(*) FROM {table.name} x WHERE {table.owned}", workspace=workspace
        )
        for table in TABLES
    }
    return {name: count for name, count in found.items() if count}


def digests(conn: psycopg.Connection[Any], workspace: int) -> dict[str, int]:
    """Table → a digest of a workspace's rows."""
    return {
        table.name: one(
            conn,
            f"SELECT coalesce(sum(hashtextextended(x::text, 0)), 0) FROM {table.name} x"
            f" WHERE {table.owned}",
            workspace=workspace,
        )
        for table in TABLES
    }


def delete(conn: psycopg.Connection[Any], workspace: int, **how: Any) -> None:
    with conn.transaction():
        deletion.request(conn, WorkspaceId(workspace), "console:test", "closed", **how)


def run(conn: psycopg.Connection[Any], client: "redis.Redis | None" = None, **how: Any) -> int:
    quick: dict[str, Any] = {"settle": timedelta(), "rest": lambda _: None}
    return Deletions(conn, client, **(quick | how)).run_once()


def test_every_table_with_rows_of_workspaces_is_emptied(conn: psycopg.Connection[Any]) -> None:
    tables = {
        name
        for (name,) in conn.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
    }
    assert {table.name for table in TABLES} | KEPT | NOBODYS == tables
    assert not ({table.name for table in TABLES} & (KEPT | NOBODYS))


def test_nothing_is_left_and_nobody_else_loses_a_row(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    with conn.transaction():
        other = create_workspace(conn, "other")
        create_source(conn, other.id, "web")
    before, own = rows(conn, story.workspace), digests(conn, other.id)
    assert {"profiles", "events", "audiences", "pushes", "decisions", "readings"} <= before.keys()

    delete(conn, story.workspace, without_platforms=True)
    assert run(conn) == 1

    assert rows(conn, story.workspace) == {}
    assert digests(conn, other.id) == own
    (told,) = deletion.all_deletions(conn)
    assert told.completed_at is not None
    assert told.removed == before
    assert run(conn) == 0, "once"


def test_the_audit_log_stays_and_proves_it(conn: psycopg.Connection[Any], story: Story) -> None:
    delete(conn, story.workspace, without_platforms=True)
    run(conn)
    with conn.transaction():
        (chain,) = [each for each in chains(conn) if each.workspace == story.workspace]
        entries = list(linked(conn, story.workspace))
    assert chain.name.endswith("(deleted)")
    assert not verify(iter(entries), story.workspace).problems
    last = entries[-1].entry
    assert last is not None
    assert (last.actor, last.action) == ("upkeep", "workspace.deleted")


def test_what_its_sources_send_is_dropped_from_the_request_on(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    source = next(iter(story.sources.values()))
    with conn.transaction():
        other = create_workspace(conn, "other")
        kept, _ = create_source(conn, other.id, "web")
    salt = one(conn, "SELECT salt FROM workspaces WHERE id = %(id)s", id=story.workspace)
    event = b'{"type":"track","event":"Viewed","userId":"late","messageId":"late"}'
    command = b'{"kind":"erase","workspace":%d,"id":"erase-1-x"}' % story.workspace
    records = [
        encode_event(source, NOW, 0, event),
        encode_sealed(salt, NOW, command),
        encode_event(source, NOW, 0, b'{"type":"nonsense","userId":"secret"}'),
        encode_event(source, -5, 0, event),
        encode_event(kept, NOW, 0, event),
    ]
    batch = Batch("log", 0, 0, 5, tuple(Record(n, 0, one, 0, NOW) for n, one in enumerate(records)))
    for step in (lambda: delete(conn, story.workspace, without_platforms=True), lambda: run(conn)):
        step()
        store = PostgresUnitOfWork(story.dsn, 0)
        live = LiveDefinitions(store, Rules(story.settings.identity, story.settings.profile))
        live.refresh()
        (item,) = live.decode(batch)
        store.close()
        assert not isinstance(item, DeadLetter)
        assert item.workspace == other.id


def test_its_keys_end_at_once_and_those_that_are_made_meanwhile_too(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    working = (
        "SELECT (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL),"
        " (SELECT count(*) FROM write_keys WHERE revoked_at IS NULL)"
    )
    delete(conn, story.workspace)
    assert conn.execute(working).fetchone() == (0, 0)
    with conn.transaction():
        late, _ = create_source(conn, WorkspaceId(story.workspace), "late")
    assert run(conn) == 0
    assert conn.execute(working).fetchone() == (0, 0)
    assert late in one(conn, "SELECT sources FROM workspace_deletions")


def test_platforms_are_waited_for_until_they_are_given_up(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    before = rows(conn, story.workspace)
    delete(conn, story.workspace)
    assert run(conn) == 0
    statuses = {status for (status,) in conn.execute("SELECT status FROM audiences")}
    assert statuses == {"deleting"}
    assert rows(conn, story.workspace)["events"] == before["events"]

    deletion.give_up_platforms(conn, WorkspaceId(story.workspace), "console:test")
    assert run(conn) == 1
    (told,) = deletion.all_deletions(conn)
    assert told.unconfirmed == dict.fromkeys(story.audiences, 1)


def test_nothing_goes_while_processes_may_know_it_as_one_that_lives(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    before = rows(conn, story.workspace)
    delete(conn, story.workspace, without_platforms=True)
    assert run(conn, settle=timedelta(hours=1)) == 0
    assert rows(conn, story.workspace)["profiles"] == before["profiles"]


def test_a_process_that_dies_is_followed_by_another_that_counts_every_row_once(
    conn: psycopg.Connection[Any], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.deletion.BLOCKS", 1)
    before = rows(conn, story.workspace)
    delete(conn, story.workspace, without_platforms=True)
    for parts in (1, 3, 9, 27):

        def dies(_: float, left: list[int] = [parts]) -> None:  # noqa: B006 - counts down
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        with (
            psycopg.connect(story.dsn, autocommit=True) as doomed,
            pytest.raises(KeyboardInterrupt),
        ):
            run(doomed, rest=dies)
    assert run(conn) == 1
    (told,) = deletion.all_deletions(conn)
    assert told.removed == before
    assert rows(conn, story.workspace) == {}


def test_one_process_at_a_time(conn: psycopg.Connection[Any], story: Story) -> None:
    delete(conn, story.workspace, without_platforms=True)
    with (
        psycopg.connect(story.dsn, autocommit=True) as other,
        locks.held(other, locks.WORKSPACE_DELETIONS),
    ):
        assert run(conn) == 0
    assert run(conn) == 1


def test_what_somebody_writes_behind_the_first_pass_goes_with_the_next(
    conn: psycopg.Connection[Any], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = deletion.remove
    late: list[object] = []

    def writes(opened: psycopg.Connection[Any], *told: Any) -> Any:
        if told[1].name == "sources" and not late:
            late.append(
                opened.execute(
                    "INSERT INTO dead_letters (workspace_id, log, partition, position, index,"
                    " reason, detail, payload, recorded_at)"
                    " VALUES (%s, 'l', 0, 999999, 0, 'no_json', '', '', now())",
                    (story.workspace,),
                )
            )
        return remove(opened, *told)

    monkeypatch.setattr(deletion, "remove", writes)
    delete(conn, story.workspace, without_platforms=True)
    assert run(conn) == 1
    assert late
    assert rows(conn, story.workspace) == {}


def test_the_profile_cache_forgets_its_people(
    conn: psycopg.Connection[Any], story: Story, valkey_url: str
) -> None:
    person = one(conn, "SELECT id FROM profiles LIMIT 1")
    delete(conn, story.workspace, without_platforms=True)
    with redis.Redis.from_url(valkey_url) as client:
        client.set(profile_name(person.bytes), b"cached")
        run(conn, client)
        assert client.get(profile_name(person.bytes)) is None


def test_the_last_workspace_may_go_and_a_first_start_makes_another(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    delete(conn, story.workspace, without_platforms=True)
    run(conn)
    with conn.transaction():
        made = bootstrap(conn)
    assert made is not None
    assert made.workspace.id > story.workspace
    assert made.source_id not in story.sources.values()


@pytest.fixture
def command(story: Story, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs ``stratum workspaces`` against the story's database."""
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", story.dsn)

    def call(*arguments: str, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(tenancy.app, arguments, input=typed)
        return result.exit_code, result.output

    return call


def test_the_command_asks_for_the_name_and_shows_how_far_it_is(
    command: Callable[..., tuple[int, str]], conn: psycopg.Connection[Any], story: Story
) -> None:
    name = one(conn, "SELECT name FROM workspaces")
    code, said = command("delete", name, "-r", "closed", typed="other\n")
    assert (code, "nothing was deleted" in said) == (2, True)
    assert deletion.all_deletions(conn) == []
    assert command("delete", "nobody", "-r", "closed", "--confirm", "nobody")[0] == 2

    code, said = command("delete", name, "-r", "closed", typed=f"{name}\n")
    assert code == 0, said
    assert "1 on meta" in said
    run(conn)
    code, said = command("show", str(story.workspace))
    assert "is leaving the platforms" in said
    assert "audiences on meta: 1 not confirmed yet" in said
    assert command("delete", name, "-r", "closed", "--confirm", name)[0] == 2, "asked for already"

    command("show", str(story.workspace), "--give-up-platforms")
    run(conn)
    code, said = command("show", str(story.workspace))
    assert "audiences on meta: 1 given up" in said
    assert "deleted" in command("list")[1]
