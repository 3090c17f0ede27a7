"""``stratum verify`` on PostgreSQL: silent about right tables, exact about a planted wrong row."""

import json
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.profiles.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unify.unifier import Unifier, build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event, encode_sealed
from domain.keys import identifier_key
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000
MESSAGES = (
    {"type": "page", "messageId": "1", "name": "Home", "anonymousId": "browser", "timestamp": NOW},
    {
        "type": "identify",
        "messageId": "2",
        "userId": "mary",
        "anonymousId": "browser",
        "traits": {"email": "mary@example.com"},
    },
    {
        "type": "track",
        "messageId": "3",
        "userId": "mary",
        "event": "Order Completed",
        "properties": {"total": 12.5},
        "context": {"consent": {"categoryPreferences": {"advertising": True}}},
    },
    {
        "type": "track",
        "messageId": "4",
        "userId": "john",
        "anonymousId": "browser",
        "event": "Viewed",
    },
    {
        "type": "page",
        "messageId": "5",
        "anonymousId": "tablet",
        "timestamp": "0001-01-01T00:00:00Z",
    },
    {"type": "track", "messageId": "3", "userId": "mary", "event": "Order Completed"},
)


@pytest.fixture
def unifier(settings: Settings) -> Iterator[Unifier]:
    made = build_unifier(
        settings.postgres.dsn.get_secret_value(),
        settings.identity,
        settings.profile,
        Engine(),
        lambda _log, _partition: None,
    )
    yield made
    made.close()


@pytest.fixture
def filled(settings: Settings, workspace: TestWorkspace, unifier: Unifier) -> Settings:
    """Tables as the engine writes them: two people, a refused link, a duplicate, a command."""
    keys = [
        identifier_key(workspace.salt, kind, value).hex()
        for kind, value in (("user_id", "mary"), ("email", "mary@example.com"))
    ]
    command = {"kind": "unmerge", "workspace": workspace.id, "id": "part them", "links": [keys]}
    values = [
        encode_event(workspace.source_id, NOW + 1, 0, json.dumps(message).encode())
        for message in MESSAGES
    ]
    values.append(encode_sealed(workspace.salt, NOW + 2, json.dumps(command).encode()))
    positions = count()
    records = tuple(Record(next(positions), 0, value) for value in values)
    assert unifier(Batch("verify", 0, 0, len(records), records))
    return settings


def test_tables_that_the_engine_wrote_are_confirmed(filled: Settings) -> None:
    (report,) = verify_all(filled)
    assert report.differences == []
    assert (report.totals.events, report.totals.commands) == (6, 1)
    assert (report.totals.people, report.totals.identifiers) == (4, 5)
    assert (report.totals.links, report.totals.refused, report.totals.banned) == (2, 1, 1)
    assert report.totals.memberships == 1


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE profiles SET stage = 'anonymous' WHERE stage = 'customer'", "stage"),
        (
            (
                "UPDATE profiles SET first_seen_at = first_seen_at - interval '1 millisecond' WHERE"
                " stage = 'customer'"
            ),
            "person",
        ),
        ("DELETE FROM memberships", "membership"),
        ("UPDATE memberships SET version = version + 1", "membership"),
        ('UPDATE segments SET definition = \'{"type": "all", "of": []}\'', "membership"),
        ("UPDATE changes SET delta = 0 WHERE delta = 1", "outbox"),
        ("DELETE FROM profiles WHERE stage = 'customer'", "identity"),
        ("UPDATE links SET status = 'linked' WHERE status = 'refused'", "link"),
        ("UPDATE links SET status = 'linked' WHERE status = 'banned'", "link"),
        (
            (
                "UPDATE identifiers SET profile_id = (SELECT id FROM profiles WHERE stage ="
                " 'customer')"
            ),
            "identity",
        ),
        ("UPDATE events SET leaf = message_key WHERE type = 'page'", "event"),
        (
            (
                "UPDATE events SET occurred_at = occurred_at - interval '1 second' WHERE name ="
                " 'Order Completed'"
            ),
            "view",
        ),
        ("DELETE FROM events WHERE name = 'Viewed'", "identity"),
    ],
)
def test_a_planted_wrong_row_is_found(filled: Settings, sql: str, kind: str) -> None:
    with psycopg.connect(filled.postgres.dsn.get_secret_value()) as connection:
        assert connection.execute(sql.encode()).rowcount
    (report,) = verify_all(filled)
    assert kind in report.counts()


def test_the_command_says_so_and_exits_0(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", filled.postgres.dsn.get_secret_value())
    outcome = CliRunner().invoke(app, ["verify"])
    assert outcome.exit_code == 0, outcome.output
    assert "the tables are what the events say" in outcome.stdout


def test_the_command_lists_differences_and_exits_1(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", filled.postgres.dsn.get_secret_value())
    with psycopg.connect(filled.postgres.dsn.get_secret_value()) as connection:
        connection.execute("DELETE FROM memberships")
    outcome = CliRunner().invoke(app, ["verify", "--json", "--workspace", "default"])
    assert outcome.exit_code == 1, outcome.output
    (report,) = json.loads(outcome.stdout)["workspaces"]
    assert report["counts"] == {"membership": 2, "outbox": 1}
    assert [difference["what"] for difference in report["differences"]] == [
        "segment 1",
        "segments in doc",
        "sum of changes",
    ]


def test_an_unknown_workspace_is_a_usage_error(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", filled.postgres.dsn.get_secret_value())
    assert CliRunner().invoke(app, ["verify", "--workspace", "nobody"]).exit_code == 2
