"""People of whom nothing happened for longer than they are kept are erased; nobody else is."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis

from dataflows.erasure.rounds import Rounds
from domain.intake.log_refusal import LogRefusal
from domain.privacy.retention import RetentionClass as Class
from oracle.tables import Rules, Totals
from oracle.verification import differences
from sinks.intake.log import LogUnavailableError
from store.definitions.load import load_registry
from store.privacy import evidence
from store.profiles.verify import PostgresTables, snapshot
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.store.retention.conftest import DAY, KEEP, Keeper, ago

SOON = timedelta(minutes=5)


@pytest.fixture
def now_ms(engine: Engine) -> int:
    """The engine's clock is the database's: policies go by that."""
    engine.clock[0] = time.time_ns() // 1_000_000
    return engine.clock[0]


def at(age: timedelta) -> int:
    return int(ago(age).timestamp() * 1000)


def users(keeper: Keeper) -> set[str]:
    sql = "SELECT value FROM identifiers WHERE kind = 'user_id'"
    return {value for (value,) in keeper.conn.execute(sql)}


def enforce(keeper: Keeper, engine: Engine) -> None:
    """Look, and have the engine process what was appended, until nothing moves."""
    while keeper.retention.run_once() or keeper.appended:
        records = [*keeper.appended]
        keeper.appended.clear()
        engine.feed(*records)


def unequal(keeper: Keeper, workspace: TestWorkspace, now_ms: int) -> list[str]:
    settings = keeper.settings
    with snapshot(settings.postgres.dsn.get_secret_value()) as connection:
        definitions = load_registry(connection).definitions[workspace.id]
        rules = Rules(workspace.salt, settings.identity, settings.profile, definitions)
        tables = PostgresTables(connection, workspace.id)
        return list(map(str, differences(tables, rules, now_ms, Totals())))


def test_the_inactive_go_and_nobody_else(
    keeper: Keeper, engine: Engine, workspace: TestWorkspace, now_ms: int
) -> None:
    for number in range(5):
        engine.feed(
            engine.track(f"old{number}", "Visit", at(3 * KEEP)),
            engine.track(f"old{number}", "Visit", at(KEEP + SOON)),
        )
    engine.feed(
        engine.track("young", "Visit", at(3 * KEEP)),
        engine.track("young", "Visit", at(KEEP - SOON)),
        engine.track("ahead", "Visit", at(-400 * DAY)),
    )
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    assert users(keeper) == {"young", "ahead"}
    assert keeper.runs()["people"] == ({"people": 5}, True)
    assert keeper.entries() == [(keeper.workspace, "retention:people", {"people": 5})]
    assert unequal(keeper, workspace, now_ms) == []


@pytest.mark.usefixtures("now_ms")
def test_another_workspace_s_people_stay(keeper: Keeper, engine: Engine) -> None:
    engine.feed(engine.track("old", "Visit", at(2 * KEEP)))
    keeper.keep(Class.PEOPLE, workspace=keeper.other)
    enforce(keeper, engine)
    assert users(keeper) == {"old"}


def test_whoever_is_active_in_between_keeps_what_is_young(
    keeper: Keeper, engine: Engine, workspace: TestWorkspace, now_ms: int
) -> None:
    engine.feed(engine.track("mary", "Old", at(2 * KEEP)))
    keeper.keep(Class.PEOPLE)
    assert keeper.retention.run_once(), "asked for"
    engine.feed(engine.track("mary", "New", at(SOON)))
    engine.feed(*keeper.appended)
    names = keeper.conn.execute("SELECT name FROM events WHERE type = 'track'").fetchall()
    assert (users(keeper), names) == ({"mary"}, [("New",)])
    keeper.appended.clear()
    enforce(keeper, engine)
    assert users(keeper) == {"mary"}
    assert unequal(keeper, workspace, now_ms) == []


@pytest.mark.usefixtures("now_ms")
def test_replayed_and_late_events_do_not_bring_them_back(keeper: Keeper, engine: Engine) -> None:
    first = engine.track("mary", "Old", at(2 * KEEP))
    engine.feed(first)
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    engine.feed(first, engine.track("mary", "Late", at(KEEP + DAY)))
    assert users(keeper) == set()
    engine.feed(engine.track("mary", "Back", at(SOON)))
    assert users(keeper) == {"mary"}
    assert keeper.conn.execute("SELECT count(*) FROM events WHERE type = 'track'").fetchone() == (
        1,
    )


@pytest.mark.usefixtures("now_ms")
def test_people_of_whom_no_event_is_known_go_once_they_are_known_for_so_long(
    keeper: Keeper, engine: Engine
) -> None:
    engine.feed(engine.track("mary", "Visit", at(SOON)), engine.track("john", "Visit", at(SOON)))
    keeper.conn.execute(
        "UPDATE profiles SET last_seen_at = NULL, first_seen_at = NULL"
    )  # as an unmerge leaves an identifier that received none
    keeper.conn.execute("UPDATE identifiers SET created_at = now() WHERE value = 'john'")
    keeper.keep(Class.PEOPLE)
    assert keeper.retention.run_once()
    assert keeper.one("SELECT detail->>'people' FROM audit WHERE action = 'erase'") == "1"


@pytest.mark.usefixtures("now_ms")
def test_a_source_whose_clock_is_wrong_makes_nobody_inactive(
    keeper: Keeper, engine: Engine
) -> None:
    keeper.conn.execute("ALTER TABLE identifiers ALTER created_at SET DEFAULT now()")
    engine.feed(engine.track("new", "Signed up", at(20_000 * DAY)))
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    assert users(keeper) == {"new"}


@pytest.mark.usefixtures("now_ms")
@pytest.mark.parametrize("left", ["restricted", "parted", "asked", "archive", "archive_is_there"])
def test_whom_something_is_owed_stays(left: str, keeper: Keeper, engine: Engine) -> None:
    engine.feed(
        engine.track("mary", "Visit", at(2 * KEEP)),
        engine.track("olga", "Visit", at(2 * KEEP)),
        engine.track("john", "Visit", at(SOON)),
    )
    key = keeper.one("SELECT key FROM identifiers WHERE value = 'mary'")
    other = keeper.one("SELECT key FROM identifiers WHERE value = 'john'")
    match left:
        case "restricted":
            keeper.conn.execute("UPDATE events SET type = 'restriction' WHERE leaf = %s", (key,))
        case "parted":
            keeper.put(
                "links", a=min(key, other), b=max(key, other), workspace_id=keeper.workspace,
                first_ms=1, tie=1, rank=0, status="banned",
            )  # fmt: skip
        case "asked":
            number = keeper.request(None, "restriction")
            keeper.conn.execute("UPDATE privacy_requests SET keys = %s", ([key],))
        case _:
            number = keeper.request(DAY, "access")
            keeper.put(
                "access_archives", request=number, workspace_id=keeper.workspace, keys=[key],
                status="ready" if left == "archive_is_there" else "requested",
                expires_at=ago(-DAY),
            )  # fmt: skip
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    assert users(keeper) == {"mary", "john"}


@pytest.mark.usefixtures("now_ms")
def test_a_batch_that_the_log_does_not_have_is_taken_back_with_its_policy(
    keeper: Keeper, engine: Engine
) -> None:
    engine.feed(engine.track("mary", "Visit", at(2 * KEEP)))
    keeper.keep(Class.PEOPLE)

    def refuses(_: bytes) -> None:
        raise LogUnavailableError(next(iter(LogRefusal)), 1.0)

    takes = keeper.retention._append
    keeper.retention._append = refuses
    keeper.retention.run_once()
    keeper.conn.execute("DELETE FROM retention_policies")
    keeper.retention._append = takes
    enforce(keeper, engine)
    assert users(keeper) == {"mary"}
    assert keeper.one("SELECT count(*) FROM audit WHERE action = 'erase.withdrawn'") == 1


@pytest.mark.usefixtures("now_ms")
def test_one_batch_at_a_time_is_on_its_way(keeper: Keeper, engine: Engine) -> None:
    engine.feed(*[engine.track(f"old{n}", "Visit", at(2 * KEEP)) for n in range(5)])
    keeper.keep(Class.PEOPLE)
    assert keeper.retention.run_once()
    for _ in range(3):
        assert not keeper.retention.run_once(), "it waits for the engine"
    assert len(keeper.appended) == 1
    keeper.conn.execute("UPDATE privacy_requests SET sent_at = sent_at - interval '11 minutes'")
    assert keeper.retention.run_once(), "lost, perhaps"
    assert keeper.appended[0] == keeper.appended[1]
    engine.feed(*keeper.appended)
    keeper.appended.clear()
    assert len(users(keeper)) == 3
    enforce(keeper, engine)
    assert users(keeper) == set()


@pytest.mark.usefixtures("now_ms")
def test_a_command_that_the_log_refused_is_sent_once_it_takes_it(
    keeper: Keeper, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.track("old", "Visit", at(2 * KEEP)))
    keeper.keep(Class.PEOPLE)

    def refuse(_: bytes) -> None:
        raise LogUnavailableError(next(iter(LogRefusal)), 1.0)

    monkeypatch.setattr(keeper.retention, "_append", refuse)
    for _ in range(3):
        assert not keeper.retention.run_once()
    assert keeper.one("SELECT count(*) FROM privacy_requests") == 1
    monkeypatch.undo()
    enforce(keeper, engine)
    assert users(keeper) == set()


@pytest.mark.usefixtures("now_ms")
def test_an_export_is_waited_for_but_not_for_ever(keeper: Keeper, engine: Engine) -> None:
    engine.feed(engine.track("old", "Visit", at(2 * KEEP)))
    keeper.export(timedelta(), "queued", keeper.other)
    export = keeper.export(timedelta(), "queued")
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    assert (users(keeper), keeper.runs()["people"]) == ({"old"}, ({}, False))
    keeper.conn.execute("UPDATE retention_runs SET moved_at = moved_at - interval '1 hour'")
    enforce(keeper, engine)
    assert users(keeper) == set()
    assert keeper.one("SELECT status FROM exports WHERE id = %s", export) == "queued"


@pytest.fixture
def rounds(keeper: Keeper, valkey_url: str) -> Iterator[Rounds]:
    dsn = keeper.settings.postgres.dsn.get_secret_value()
    clock = [0.0]

    def tick() -> float:
        clock[0] += 3_600.0
        return clock[0]

    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        redis.Redis.from_url(valkey_url) as client,
        closing(PostgresUnitOfWork(dsn, 0)) as unit,
    ):
        yield Rounds(keeper.settings, conn, unit, client, tick)


@pytest.mark.usefixtures("now_ms")
def test_there_is_a_receipt_once_every_step_is_done(
    keeper: Keeper, engine: Engine, rounds: Rounds
) -> None:
    engine.feed(*[engine.track(f"old{n}", "Visit", at(2 * KEEP)) for n in range(2)])
    keeper.keep(Class.PEOPLE)
    enforce(keeper, engine)
    deadline = time.monotonic() + 60
    while completed(keeper) is None:
        assert time.monotonic() < deadline
        rounds.run_once()
    (number,) = keeper.ids("privacy_requests")
    receipt = evidence.receipt_of(keeper.conn, keeper.workspace, number, ago(timedelta()))
    assert receipt is not None
    assert (receipt.requested_by, receipt.removed.identifiers) == ("retention", 2)
    assert [row.action for row in receipt.audit] == [
        "erase",
        "erasure.processed",
        "erasure.completed",
    ]
    assert receipt.until_ms is not None
    assert receipt.until_ms < at(KEEP)


def completed(keeper: Keeper) -> Any:
    return keeper.one("SELECT completed_at FROM privacy_requests")
