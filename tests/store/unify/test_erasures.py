"""What an erasure leaves in PostgreSQL: digests, its record, and who still has to forget."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest

from config.settings import Settings
from dataflows.unify.unifier import Unifier, build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_command, encode_event, encode_sealed
from domain.keys import command_id, identifier_key
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000
MARY = (("user_id", "mary"), ("email", "mary@example.com"), ("anonymous_id", "browser"))


class Engine:
    """UNIFY on the test's database, one batch after the other."""

    def __init__(self, settings: Settings, workspace: TestWorkspace, unifier: Unifier) -> None:
        self.dsn = settings.postgres.dsn.get_secret_value()
        self.workspace = workspace
        self._unify = unifier
        self._numbers = count()

    def key(self, kind: str, value: str) -> bytes:
        return identifier_key(self.workspace.salt, kind, value)

    def read(self, *values: bytes) -> None:
        place = next(self._numbers)
        records = tuple(Record(place, index, value) for index, value in enumerate(values))
        assert self._unify(Batch("log", 0, place, place + 1, records))

    def say(self, at_ms: int = NOW, **body: Any) -> bytes:
        message = {"type": "track", "event": "Viewed", "timestamp": at_ms} | body
        return encode_event(self.workspace.source_id, NOW + 100, 0, json.dumps(message).encode())

    def erase(self, *identifiers: tuple[str, str], number: int = 1) -> bytes:
        body = {
            "kind": "erase",
            "workspace": self.workspace.id,
            "id": command_id(self.workspace.salt, "erase", number),
            "identifiers": [self.key(*one).hex() for one in identifiers],
        }
        return encode_sealed(self.workspace.salt, NOW + 200, json.dumps(body).encode())

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql.encode(), parameters).fetchall()


@pytest.fixture
def engine(settings: Settings, workspace: TestWorkspace) -> Iterator[Engine]:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        connection.execute(
            "INSERT INTO workspaces (id, name, salt) VALUES (77, 'other', %s)", (b"other salt",)
        )
    unifier = build_unifier(
        settings.postgres.dsn.get_secret_value(),
        settings.identity,
        settings.profile,
        settings.engine,
        lambda _log, _partition: None,
    )
    made = Engine(settings, workspace, unifier)
    made.read(
        made.say(
            userId="mary", anonymousId="browser", messageId="1", event="Order Completed",
            properties={"revenue": 5},
            context={
                "traits": {"email": "Mary@Example.com"},
                "consent": {"categoryPreferences": {"advertising": True}},
            },
        ),
        made.say(NOW + 1, userId="tom", anonymousId="browser", messageId="2"),
    )  # fmt: skip
    yield made
    unifier.close()


def _push(engine: Engine) -> None:
    """An audience that lists Mary."""
    with psycopg.connect(engine.dsn) as connection:
        (segment,) = connection.execute("SELECT min(id) FROM segments").fetchone() or (0,)
        connection.execute(
            "INSERT INTO audiences (id, workspace_id, segment_id, platform, name, account_id,"
            " interval_s) VALUES (7, %s, %s, 'meta', 'list', '1', 0)",
            (engine.workspace.id, segment),
        )
        connection.execute(
            "INSERT INTO audience_members (audience_id, profile_id, row, state)"
            " VALUES (7, %s, '[\"h1\"]', 'present')",
            (UUID(bytes=engine.key("user_id", "mary")),),
        )


def test_every_row_of_a_person_goes_and_digests_stay(engine: Engine) -> None:
    engine.read(engine.erase(*MARY))
    keys = [UUID(bytes=engine.key(*one)) for one in MARY]
    for table, column in (
        ("identifiers", "key"), ("profiles", "id"), ("memberships", "profile_id"),
        ("merges", "survivor"), ("links", "a"), ("links", "b"),
    ):  # fmt: skip
        sql = f"SELECT 1 FROM {table} WHERE {column} = ANY(%s)"
        assert engine.ask(sql, keys) == [], table
    assert engine.ask("SELECT type FROM events WHERE leaf = ANY(%s)", keys) == [("erase",)]
    assert {row[0] for row in engine.ask("SELECT key FROM erased_identifiers")} == set(keys)
    assert engine.ask("SELECT count(*) FROM erased_messages") == [(1,)]
    assert engine.ask("SELECT count(*) FROM profiles") == [(1,)]


def test_a_command_whose_own_row_aged_out_is_carried_out_once(engine: Engine) -> None:
    engine.read(engine.erase(*MARY))
    with psycopg.connect(engine.dsn) as connection:
        connection.execute("DELETE FROM events WHERE type = 'erase'")
    engine.read(engine.erase(*MARY), engine.say(userId="ann", messageId="3"))
    assert engine.ask("SELECT count(*) FROM erasures") == [(1,)]
    assert engine.ask(
        "SELECT count(*) FROM events WHERE leaf = %s", UUID(bytes=engine.key("user_id", "ann"))
    ) == [(1,)]


def test_commands_of_one_batch_count_each_row_once(engine: Engine) -> None:
    tom = ("user_id", "tom")
    engine.read(
        engine.erase(MARY[0], MARY[2], number=1),
        engine.erase(*MARY, number=2),
        engine.erase(MARY[2], tom, number=3),
    )
    columns = "events, links, identifiers, cardinality(people)"
    rows = engine.ask(f"SELECT {columns} FROM erasures ORDER BY keys")
    assert [sum(column) for column in zip(*rows, strict=True)][:2] == [2, 3]
    assert engine.ask("SELECT count(*) FROM erasures") == [(3,)]
    assert engine.ask("SELECT count(*) FROM identifiers") == [(0,)]
    assert engine.ask("SELECT count(*) FROM profiles") == [(0,)]
    assert sum(people for *_, people in rows) == 2


def test_its_record_says_what_was_removed(engine: Engine) -> None:
    (before,) = engine.ask("SELECT count(*) FROM memberships")
    engine.read(engine.erase(*MARY))
    (row,) = engine.ask(
        "SELECT cardinality(keys), people, joined, neighbours, until_ms,"
        " identifiers, events, links, memberships, completed_at FROM erasures"
    )
    tom, mary = (UUID(bytes=engine.key("user_id", name)) for name in ("tom", "mary"))
    assert row == (3, [mary], [], [tom], NOW + 200, 3, 1, 3, before[0], None)


def test_a_platform_that_lists_them_is_a_recipient(engine: Engine) -> None:
    _push(engine)
    engine.read(engine.erase(*MARY))
    assert engine.ask(
        "SELECT audience_id, platform, listed, confirmed_at FROM erasure_recipients"
    ) == [(7, "meta", True, None)]
    assert engine.ask("SELECT delta, cause, urgent FROM changes ORDER BY tx, id") == [
        (1, "event", False),
        (-1, "erasure", True),
    ]


def test_a_copy_that_is_sent_again_is_a_duplicate(engine: Engine) -> None:
    engine.read(engine.erase(*MARY))
    engine.read(engine.say(userId="mary", messageId="1"), engine.say(userId="mary", messageId="3"))
    assert engine.ask("SELECT count(*) FROM profiles") == [(1,)]
    found = dict(engine.ask("SELECT metric, sum(value)::bigint FROM observations GROUP BY metric"))
    assert (found["duplicate"], found["suppressed"]) == (1, 1)


def test_other_workspaces_are_not_concerned(engine: Engine) -> None:
    body = {
        "kind": "erase", "workspace": 77, "id": command_id(b"other salt", "erase", 1),
        "identifiers": [identifier_key(b"other salt", *one).hex() for one in MARY],
    }  # fmt: skip
    engine.read(encode_sealed(b"other salt", NOW + 200, json.dumps(body).encode()))
    assert engine.ask("SELECT count(*) FROM profiles") == [(2,)]
    assert engine.ask("SELECT count(*) FROM dead_letters") == [(0,)]


def test_a_command_cannot_erase_identifiers_of_another_workspace(engine: Engine) -> None:
    """A key is a digest with its workspace's salt; a command that names one of another's, found
    out in some way, must not reach it."""
    body = {
        "kind": "erase", "workspace": 77, "id": command_id(b"other salt", "erase", 1),
        "identifiers": [engine.key(*one).hex() for one in MARY],
    }  # fmt: skip
    engine.read(encode_sealed(b"other salt", NOW + 200, json.dumps(body).encode()))
    assert engine.ask("SELECT count(*) FROM profiles") == [(2,)]
    assert engine.ask("SELECT count(*) FROM dead_letters") == [(0,)]


@pytest.mark.parametrize(
    "odd",
    [
        {"seal": ""}, {"seal": "0" * 32}, {"seal": "²"}, {"received": NOW + 201},
        {"command": {"afterwards": "refuse"}}, {"command": {"reason": "another"}},
    ],
)  # fmt: skip
def test_nobody_without_the_salt_erases_anybody(engine: Engine, odd: dict[str, Any]) -> None:
    record = json.loads(engine.erase(*MARY))
    forged = record | odd | {"command": record["command"] | odd.get("command", {})}
    engine.read(
        encode_command(
            forged["received"], json.dumps(forged["command"]).encode(), seal=forged["seal"]
        )
    )
    assert engine.ask("SELECT count(*) FROM profiles") == [(2,)]
    assert engine.ask("SELECT reason, detail, command FROM dead_letters") == [
        ("bad_command", "$.seal", "erase")
    ]
