"""A workspace is deleted whole: nothing of it is left or comes back, nobody else loses a row."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
import redis
from typer.testing import CliRunner

from cli import tenancy
from dataflows.deletion import Deletions
from dataflows.unify.definitions import LiveDefinitions, Rules
from domain.event import Batch, DeadLetter, Record
from domain.failure import Failure
from domain.ids import WorkspaceId
from domain.intake.envelope import encode_event, encode_sealed
from operators.audit import verify
from sinks.profiles.cache import identifier_name, profile_name
from sources.signals import MinutesFeed
from store import locks
from store.alerts import conditions
from store.audit.chain import chains, linked
from store.definitions.load import load_registry, refresh
from store.unify.unit_of_work import PostgresUnitOfWork
from store.workspaces import deletion
from store.workspaces.bootstrap import bootstrap, create_source, create_workspace
from store.workspaces.deletion import TABLES
from store.workspaces.topics import topic_sources
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
            conn,
            f"SELECT count(*) FROM {table.name} x WHERE {table.owned}",
            workspace=workspace,
            sent="nothing",
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
            sent="nothing",
        )
        for table in TABLES
    }


def delete(conn: psycopg.Connection[Any], workspace: int, *, gives_up: bool = True) -> None:
    number = WorkspaceId(workspace)
    with conn.transaction():
        deletion.request(conn, number, "console:test", "closed")
    for platform in deletion.on_platforms(conn, number) if gives_up else ():
        assert deletion.give_up(conn, number, platform, "console:test", "gone for good")


def finish(conn: psycopg.Connection[Any], client: "redis.Redis | None" = None, **how: Any) -> None:
    """Look until it is deleted: a pass that removes something is followed by another."""
    for _ in range(5):
        if run(conn, client, **how):
            return
    raise AssertionError(deletion.all_deletions(conn))


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

    delete(conn, story.workspace)
    finish(conn)

    assert rows(conn, story.workspace) == {}
    assert digests(conn, other.id) == own
    (told,) = deletion.all_deletions(conn)
    assert told.completed_at is not None
    assert told.removed == before
    assert run(conn) == 0, "once"


def test_the_audit_log_stays_and_proves_it(conn: psycopg.Connection[Any], story: Story) -> None:
    delete(conn, story.workspace)
    finish(conn)
    with conn.transaction():
        (chain,) = [each for each in chains(conn) if each.workspace == story.workspace]
        entries = list(linked(conn, story.workspace))
    assert chain.name.endswith(f" (deleted, {story.workspace})")
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
    for step in (partial(delete, conn, story.workspace), partial(finish, conn)):
        step()
        store = PostgresUnitOfWork(story.dsn, 0)
        live = LiveDefinitions(store, Rules(story.settings.identity, story.settings.profile))
        live.refresh()
        (item,) = live.decode(batch)
        store.close()
        assert not isinstance(item, DeadLetter)
        assert item.workspace == other.id


def test_bare_records_of_its_topic_are_dropped_and_become_nobody_elses(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    source = next(iter(story.sources.values()))
    conn.execute("UPDATE sources SET topic = 'shop' WHERE id = %s", (source,))
    delete(conn, story.workspace)
    finish(conn)
    hints = topic_sources(conn)
    bare = Record(0, 0, b'{"type":"track","event":"Viewed","userId":"secret"}', hints["shop"], NOW)
    store = PostgresUnitOfWork(story.dsn, 0)
    live = LiveDefinitions(store, Rules(story.settings.identity, story.settings.profile))
    live.refresh()
    assert live.decode(Batch("log", 0, 0, 1, (bare,))) == []
    store.close()
    with conn.transaction():
        other = create_workspace(conn, "other")
        kept, _ = create_source(conn, other.id, "web")
    with pytest.raises(psycopg.errors.RaiseException, match="use another"):
        conn.execute("UPDATE sources SET topic = 'shop' WHERE id = %s", (kept,))


def test_no_letter_is_left_of_what_its_sources_sent(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    source = next(iter(story.sources.values()))
    event = b'{"type":"track","userId":"secret"}'
    bare = (
        "INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason, detail,"
        " payload, recorded_at) VALUES (NULL, 'l', 0, %s, 0, 'internal_error', '', %s, now())"
    )
    for number, payload in enumerate(
        (encode_event(source, NOW, 0, event), encode_event(999, NOW, 0, event), event, b"\xff\0")
    ):
        conn.execute(bare, (number, payload))
    delete(conn, story.workspace)
    finish(conn)
    left = conn.execute("SELECT position FROM dead_letters ORDER BY 1").fetchall()
    assert left == [(1,), (2,), (3,)], "those that name no source of it"

    store = PostgresUnitOfWork(story.dsn, 0)
    live = LiveDefinitions(store, Rules(story.settings.identity, story.settings.profile))
    live.refresh()
    large = encode_event(source, NOW, 0, b'{"type":"track","userId":"%b"}' % (b"x" * 5_000_000))
    assert live.decode(Batch("log", 0, 0, 1, (Record(0, 0, large),))) == []
    assert live.decode.refuse(Record(0, 0, large), Failure("internal_error")) is None
    store.close()


def test_a_source_that_turns_up_late_does_not_make_the_others_forgotten(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    registry = load_registry(conn)
    delete(conn, story.workspace)
    seen = refresh(conn, registry)
    conn.execute("DELETE FROM write_keys")
    conn.execute("DELETE FROM sources")
    with conn.transaction():
        late, _ = create_source(conn, WorkspaceId(story.workspace), "late")
    deletion.close(conn, WorkspaceId(story.workspace))
    assert refresh(conn, seen).deleted.sources == {*story.sources.values(), late}


def test_an_audience_that_is_made_meanwhile_leaves_its_platform_too(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    conn.execute("UPDATE audiences SET status = 'deleted'")
    delete(conn, story.workspace)
    assert run(conn, settle=timedelta(hours=1)) == 0
    conn.execute("UPDATE audiences SET status = 'active' WHERE platform = 'meta'")
    assert run(conn) == 0
    assert one(conn, "SELECT status FROM audiences WHERE platform = 'meta'") == "deleting"
    assert rows(conn, story.workspace)["events"]


def test_signals_alerts_and_rfm_work_for_it_no_more(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    params = story.settings.signals
    feed = MinutesFeed(conn, params, lambda: story.ended_at)
    assert {each.workspace for each in feed.read()} == {story.workspace}
    delete(conn, story.workspace)
    later = MinutesFeed(conn, params, lambda: story.ended_at)
    assert later.read() == []
    assert conditions.workspaces(conn) == []


def test_another_tenants_commits_do_not_wait_for_its_keys(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    blocked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(story.dsn) as stuck, ThreadPoolExecutor(1) as pool:
        stuck.execute("SELECT FROM api_keys FOR UPDATE")
        with psycopg.connect(story.dsn, autocommit=True) as asks:
            asking = pool.submit(delete, asks, story.workspace, gives_up=False)
            deadline = time.monotonic() + 30
            while not one(conn, blocked):
                assert time.monotonic() < deadline
            with conn.transaction():
                free = "SELECT pg_try_advisory_xact_lock_shared(%(key)s)"
                assert one(conn, free, key=locks.DEFINITIONS)
            stuck.rollback()
            asking.result(30)
    assert deletion.closed(conn) == {story.workspace}


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
    delete(conn, story.workspace, gives_up=False)
    assert run(conn) == 0
    statuses = {status for (status,) in conn.execute("SELECT status FROM audiences")}
    assert statuses == {"deleting"}
    assert rows(conn, story.workspace)["events"] == before["events"]

    first, *others = story.audiences
    number = WorkspaceId(story.workspace)
    assert not deletion.give_up(conn, number, "nowhere", "console:test", "gone")
    for platform in others:
        assert deletion.give_up(conn, number, platform, "console:test", "gone")
    assert not deletion.give_up(conn, number, others[0], "console:test", "once more")
    assert run(conn) == 0
    assert rows(conn, story.workspace)["events"] == before["events"], "one is waited for"

    conn.execute("UPDATE audiences SET status = 'deleted' WHERE platform = %s", (first,))
    finish(conn)
    (told,) = deletion.all_deletions(conn)
    assert told.unconfirmed == dict.fromkeys(others, 1)
    given_up = "SELECT count(*) FROM audit WHERE action = 'workspace.give_up'"
    assert one(conn, given_up) == len(others)


def test_nothing_goes_while_processes_may_know_it_as_one_that_lives(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    before = rows(conn, story.workspace)
    delete(conn, story.workspace)
    assert run(conn, settle=timedelta(hours=1)) == 0
    assert rows(conn, story.workspace)["profiles"] == before["profiles"]


def test_a_process_that_dies_is_followed_by_another_that_counts_every_row_once(
    conn: psycopg.Connection[Any], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.deletion.BLOCKS", 1)
    before = rows(conn, story.workspace)
    delete(conn, story.workspace)
    for parts in (1, 3, 9, 27):

        def dies(_: float, left: list[int] = [parts]) -> None:  # noqa: B006 - counts down
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        with (
            psycopg.connect(story.dsn, autocommit=True) as doomed,
            pytest.raises(KeyboardInterrupt),
        ):
            finish(doomed, rest=dies)
    finish(conn)
    (told,) = deletion.all_deletions(conn)
    assert told.removed == before
    assert rows(conn, story.workspace) == {}


def test_one_process_at_a_time(conn: psycopg.Connection[Any], story: Story) -> None:
    delete(conn, story.workspace)
    with (
        psycopg.connect(story.dsn, autocommit=True) as other,
        locks.held(other, locks.WORKSPACE_DELETIONS),
    ):
        assert run(conn) == 0
        assert rows(conn, story.workspace)["events"]
    finish(conn)


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
    delete(conn, story.workspace)
    finish(conn)
    assert late
    assert rows(conn, story.workspace) == {}


def test_the_profile_cache_forgets_its_people(
    conn: psycopg.Connection[Any], story: Story, valkey_url: str
) -> None:
    person = one(conn, "SELECT id FROM profiles LIMIT 1")
    key = one(conn, "SELECT key FROM identifiers LIMIT 1")
    delete(conn, story.workspace)
    with redis.Redis.from_url(valkey_url) as client:
        client.set(profile_name(person.bytes), b"cached")
        client.set(identifier_name(key.bytes), b"cached")
        finish(conn, client)
        assert client.get(profile_name(person.bytes)) is None
        assert client.get(identifier_name(key.bytes)) is None


def test_the_last_workspace_may_go_and_a_first_start_makes_another(
    conn: psycopg.Connection[Any], story: Story
) -> None:
    delete(conn, story.workspace)
    finish(conn)
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

    number = str(story.workspace)
    assert command("give-up", number, "nowhere", "-r", "gone")[0] == 2
    for platform in story.audiences:
        assert command("give-up", number, platform, "-r", "gone")[0] == 0
    finish(conn)
    code, said = command("show", str(story.workspace))
    assert "audiences on meta: 1 given up" in said
    assert "deleted" in command("list")[1]
