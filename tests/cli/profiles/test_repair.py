"""``stratum repair`` on PostgreSQL: says what it would do and does nothing, or does exactly that,
also under traffic, and is audited."""

import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.profiles.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unify.unifier import Unifier, build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from domain.profiles.leaf import decode_leaf, encode_leaf
from domain.profiles.profile import decode_person, encode_person
from store.profiles.repair import only_repair
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000
PEOPLE = 8
GRANTED = {"consent": {"categoryPreferences": {"advertising": True}}}


def visit(person: int, number: int) -> dict[str, Any]:
    return {
        "type": "page",
        "messageId": f"v-{person}-{number}",
        "name": "Home",
        "anonymousId": f"browser-{person}",
    }


def told(person: int) -> list[dict[str, Any]]:
    """A visit, a login, a visit, a purchase: leaves apart, and a member of the first segment."""
    user = {"userId": f"user-{person}", "anonymousId": f"browser-{person}"}
    bought = {
        "type": "track",
        "event": "Order Completed",
        "properties": {"total": 12.5},
        "context": GRANTED,
    }
    return [
        visit(person, 1),
        {"type": "identify", "messageId": f"i-{person}", "traits": {"plan": "gold"}, **user},
        visit(person, 2),
        {"messageId": f"o-{person}", **bought, **user},
    ]


class Feed:
    """Commits messages as one partition's batches."""

    def __init__(self, settings: Settings, source: int, partition: int) -> None:
        self._unifier: Unifier = build_unifier(
            settings.postgres.dsn.get_secret_value(),
            settings.identity,
            settings.profile,
            Engine(),
            lambda *_: None,
        )
        self._source, self._partition, self._positions, self._next = source, partition, count(), 0

    def __call__(self, messages: list[dict[str, Any]]) -> None:
        values = [
            encode_event(self._source, NOW, 0, msgspec.json.encode(message)) for message in messages
        ]
        records = tuple(Record(next(self._positions), 0, value) for value in values)
        assert self._unifier(
            Batch("repair", self._partition, self._next, self._next + len(records), records)
        )
        self._next += len(records)

    def close(self) -> None:
        self._unifier.close()


@pytest.fixture
def feeds(settings: Settings, workspace: TestWorkspace) -> Iterator[Callable[[], Feed]]:
    opened: list[Feed] = []

    def make() -> Feed:
        opened.append(Feed(settings, workspace.source_id, len(opened)))
        return opened[-1]

    yield make
    for feed in opened:
        feed.close()


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", settings.postgres.dsn.get_secret_value())
    monkeypatch.setenv("STRATUM_REDIS__URL", settings.redis.url.get_secret_value())
    return lambda *arguments: CliRunner().invoke(app, ["repair", *arguments])


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        return connection.execute(sql.encode()).fetchall()


def tables(settings: Settings) -> list[Any]:
    """Everything that a repair may change."""
    names = ("profiles", "identifiers", "memberships", "changes", "audit")
    return [sorted(rows(settings, f"TABLE {name}"), key=str) for name in names]


def damage(settings: Settings) -> None:
    """Take a leaf's first event away from one person, a view's count from another, and memberships
    in two ways from two more."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:

        def owner(value: str) -> Any:
            row = connection.execute(
                "SELECT profile_id FROM identifiers WHERE value = %s", (value,)
            ).fetchone()
            assert row is not None
            return row[0]

        ((key, leaf),) = connection.execute(
            "SELECT key, leaf FROM identifiers WHERE value = 'browser-0'"
        ).fetchall()
        less = decode_leaf(leaf)
        less.types, less.names = {"page": 1}, {"page:Home": 1}
        connection.execute(
            "UPDATE identifiers SET leaf = %s WHERE key = %s", (encode_leaf(less), key)
        )
        ((doc,),) = connection.execute(
            "SELECT doc FROM profiles WHERE id = %s", (owner("browser-1"),)
        ).fetchall()
        person = decode_person(doc)
        person.view.types = {"track": 7}
        connection.execute(
            "UPDATE profiles SET doc = %s WHERE id = %s", (encode_person(person), person.id.hex())
        )
        connection.execute("DELETE FROM memberships WHERE profile_id = %s", (owner("browser-2"),))
        connection.execute("DELETE FROM changes WHERE profile_id = %s", (owner("browser-3"),))
        connection.execute("UPDATE identifiers SET leaf = NULL WHERE value = 'user-4'")


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feeds()([message for person in range(PEOPLE) for message in told(person)])
    damage(settings)
    before = tables(settings)
    outcome = run()
    assert outcome.exit_code == 1, outcome.output
    assert (
        "5 people would be mended: 2 leaves, 1 views, 1 memberships, 1 entries, 0 exits"
        in outcome.stdout
    )
    assert "browser" not in outcome.output
    assert tables(settings) == before


def test_what_was_lost_comes_back_and_the_audit_log_tells(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feed = feeds()
    feed([message for person in range(PEOPLE) for message in told(person)])
    damage(settings)
    assert verify_all(settings)[0].differences
    outcome = run("--apply")
    assert outcome.exit_code == 0, outcome.output
    assert "5 people mended: 2 leaves, 1 views, 1 memberships, 1 entries, 0 exits" in outcome.stdout
    assert verify_all(settings)[0].differences == []
    ((subject, detail),) = rows(
        settings, "SELECT subject, detail FROM audit WHERE action = 'repair'"
    )
    assert (subject, detail["people"]) == ("workspace:1", 5)
    assert detail["differences"]["leaf"] >= 2
    assert rows(settings, "SELECT delta, cause FROM changes WHERE cause = 'repair'") == [
        (1, "repair")
    ]
    again = run("--apply")
    assert again.exit_code == 0, again.output
    assert "the tables are what the events say" in again.stdout
    assert len(rows(settings, "SELECT 1 FROM audit WHERE action = 'repair'")) == 1


def test_two_repairs_do_not_run_at_once(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feeds()([message for person in range(PEOPLE) for message in told(person)])
    damage(settings)
    before = tables(settings)
    with only_repair(settings.postgres.dsn.get_secret_value()) as alone:
        assert alone
        outcome = run("--apply")
        assert outcome.exit_code == 1
        assert "another repair of this database is running" in outcome.output
        assert tables(settings) == before
        assert "5 people would be mended" in run().stdout
    assert run("--apply").exit_code == 0


def test_one_repair_may_follow_another_at_once(settings: Settings) -> None:
    for _ in range(200):
        with only_repair(settings.postgres.dsn.get_secret_value()) as alone:
            assert alone


def test_a_worker_that_remembers_what_was_wrong_does_not_bring_it_back(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feed, other = feeds(), feeds()
    feed([message for person in range(PEOPLE) for message in told(person)])
    damage(settings)
    # Remembers the damaged leaf, and adds to it.
    other([visit(person, 3) for person in range(PEOPLE)])
    assert run("--apply").exit_code == 0
    other([visit(person, 4) for person in range(PEOPLE)])
    feed([visit(person, 5) for person in range(PEOPLE)])
    assert verify_all(settings)[0].differences == []


def test_a_repair_under_traffic_is_exact(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feed = feeds()
    feed([message for person in range(PEOPLE) for message in told(person)])
    damage(settings)
    stop, failed = threading.Event(), list[BaseException]()

    def traffic(own: Feed, first: int) -> None:
        try:
            for number in count(first):
                own([visit(person, number) for person in range(PEOPLE)])
                if stop.is_set():
                    return
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=traffic, args=(feeds(), 1_000_000 * place)) for place in (1, 2)
    ]
    for thread in threads:
        thread.start()
    try:
        outcomes = [run("--apply") for _ in range(3)]
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert failed == []
    assert [outcome.exit_code for outcome in outcomes] == [0, 0, 0], [
        outcome.output for outcome in outcomes
    ]
    assert verify_all(settings)[0].differences == []


def test_what_is_no_persons_is_named_and_left(
    settings: Settings, feeds: Callable[[], Feed], run: Callable[..., Result]
) -> None:
    feeds()([message for person in range(PEOPLE) for message in told(person)])
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        connection.execute(
            "UPDATE links SET status = 'refused' WHERE a = (SELECT a FROM links ORDER BY a LIMIT 1)"
        )
    outcome = run("--apply")
    assert outcome.exit_code == 1
    assert "not mended: link: " in outcome.stdout
