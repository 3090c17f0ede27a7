"""Law 10 on PostgreSQL: no record stops its partition, whatever it holds.

What comes after it is processed, and its fate is its own.
"""

import asyncio
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from cli.profiles.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier, build_unifier
from domain.alerts import Severity
from domain.event import Batch, Event, Record, Wake
from domain.ids import ProfileId
from domain.intake.envelope import encode_event, encode_sealed
from domain.keys import identifier_key
from operators.unify.batch import unify
from operators.unify.wake import wake
from sinks.intake.redrive import Selection, redrive_dead_letters
from store.alerts.conditions import ConditionParams, conditions
from store.fetch import Pool
from store.intake.dead_letters import DeadLetterFilter
from store.intake.partitions import Watched, stuck
from store.unify.unit_of_work import PostgresUnitOfWork
from store.unify.wakes import due_people
from tests.conftest import TestWorkspace

Ask = Callable[[str], list[tuple[Any, ...]]]

NOW = 1_790_000_000_000
ORDER = (
    b'{"type":"track","event":"Order'
    b' Completed","userId":"u%d","messageId":"o%d","properties":{"revenue":1}}'
)

ODD = {
    "an empty list": b'{"type":"track","userId":"u","event":"E","properties":[]}',
    "a page's empty list": b'{"type":"page","userId":"u","name":"Home","properties":[]}',
    "a text": b'{"type":"track","userId":"u","event":"E","properties":"abc"}',
    "a number": b'{"type":"track","userId":"u","event":"E","properties":0}',
    "a number beyond floating point": (
        b'{"type":"track","userId":"u","event":"E","properties":{"ratio":1e400}}'
    ),
    "a name too long for an index": (
        b'{"type":"track","userId":"u","event":"%s"}'
        % "".join(f"{n:x}-" for n in range(9_000)).encode()
    ),
    "an arrival that no calendar holds": (
        b'{"stratum":1,"source":1,"received":99999999999999999999,"event":{"type":"page","userId":"u"}}'
    ),
    "a purchase of countless digits": (
        b'{"type":"track","userId":"u","event":"Order Completed","properties":{"revenue":-1%s}}'
        % (b"0" * 4_000)
    ),
}


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
def ask(settings: Settings) -> Ask:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
            return connection.execute(sql.encode()).fetchall()

    return run


def batch(source: int, *events: bytes, start: int = 0) -> Batch:
    values = (
        one if one.startswith(b'{"stratum"') else encode_event(source, NOW, 0, one)
        for one in events
    )
    positions = count(start)
    return Batch(
        "log",
        0,
        start,
        start + len(events),
        tuple(Record(next(positions), 0, value, 0, NOW) for value in values),
    )


def plain(user: str) -> bytes:
    return json.dumps({"type": "track", "event": "E", "userId": user, "messageId": user}).encode()


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_record_is_an_event_or_a_dead_letter_and_its_neighbours_are_processed(
    odd: bytes, unifier: Unifier, workspace: TestWorkspace, settings: Settings, ask: Ask
) -> None:
    assert unifier(batch(workspace.source_id, plain("before"), odd, plain("after")))
    assert ask("SELECT next_position FROM offsets") == [(3,)]
    assert ask("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM dead_letters)") == [
        (3,)
    ]
    assert ask("SELECT count(*) FROM events WHERE name = 'E'") >= [(2,)]
    (report,) = verify_all(settings)
    assert report.differences == []


class FaultOfOursError(Exception):
    """What an engine with a fault raises; its message quotes a person."""


def breaking(whole: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """UNIFY with a fault: it raises where all of these events are in one batch."""

    def unify(items: list[Any], *rest: Any) -> Any:
        if set(names) <= {
            item.name if isinstance(item, Event) else type(item).__name__ for item in items
        }:
            raise FaultOfOursError("mary@example.com")
        return whole(items, *rest)

    return unify


def named(event: str, number: int) -> bytes:
    return json.dumps(
        {"type": "track", "event": event, "userId": f"u{number}", "messageId": f"{event}{number}"}
    ).encode()


def packed(source: int, *entries: list[bytes]) -> Batch:
    """Entries of several records each, with gaps between them."""
    records = [
        Record(7 * position, index, encode_event(source, NOW, 0, one), 0, NOW)
        for position, entry in enumerate(entries)
        for index, one in enumerate(entry)
    ]
    return Batch("log", 0, 0, 7 * len(entries), tuple(records), caught_up_ms=NOW)


@pytest.mark.parametrize("size", [1, 3])
def test_what_breaks_unify_is_refused_by_itself_wherever_it_lies(
    size: int,
    unifier: Unifier,
    workspace: TestWorkspace,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("dataflows.unify.unifier.unify", breaking(unify, "Boom"))
    odd = {5, 6, 17}
    found = [named("Boom" if number in odd else "E", number) for number in range(21)]
    entries = [found[start : start + size] for start in range(0, 21, size)]
    facts = unifier(packed(workspace.source_id, *entries))
    assert sum(one.events for one in facts) == 18
    assert ask("SELECT next_position, caught_up_at IS NOT NULL FROM offsets") == [
        (7 * len(entries), True)
    ]
    letters = ask(
        "SELECT position / 7, index, reason, workspace_id, command, detail FROM dead_letters ORDER"
        " BY 1, 2"
    )
    assert [letter[0] * size + letter[1] for letter in letters] == sorted(odd)
    assert {letter[2:5] for letter in letters} == {("internal_error", workspace.id, "")}
    assert all(
        str(letter[5]).startswith("FaultOfOursError at tests/dataflows/unify/test_odd_records.py:")
        for letter in letters
    )
    assert ask("SELECT sum(value)::int FROM observations WHERE metric = 'accepted'") == [(18,)]
    assert ask("SELECT sum(value)::int FROM observations WHERE metric = 'duplicate'") == [(None,)]
    assert "mary" not in caplog.text


def test_of_records_that_break_an_entry_only_together_one_is_refused(
    unifier: Unifier, workspace: TestWorkspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.unify.unifier.unify", breaking(unify, "Salt", "Water"))
    entry = [named(name, number) for number, name in enumerate(("E", "Salt", "E", "Water", "E"))]
    assert unifier(packed(workspace.source_id, entry, [named("E", 9)]))
    assert ask("SELECT index FROM dead_letters") == [(3,)]
    assert ask("SELECT count(*) FROM events") == [(5,)]


def test_what_the_database_refuses_is_refused_by_itself(
    unifier: Unifier, workspace: TestWorkspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.intake.event.NAME_LIMIT_BYTES", 10**9)
    assert unifier(
        batch(
            workspace.source_id,
            plain("before"),
            ODD["a name too long for an index"],
            plain("after"),
        )
    )
    assert ask("SELECT count(*) FROM events") == [(2,)]
    ((detail,),) = ask("SELECT detail FROM dead_letters")
    assert str(detail).startswith("ProgramLimitExceeded at store/")


def test_a_record_that_conflicts_for_ever_is_refused(
    settings: Settings, workspace: TestWorkspace, ask: Ask
) -> None:
    """An identifier whose owner is gone: a table that nobody can load again."""
    store = PostgresUnitOfWork(settings.postgres.dsn.get_secret_value(), 0)
    unifier = Unifier(
        store,
        Rules(settings.identity, settings.profile),
        Engine(retries=4),
        lambda *_: None,
        Clock(sleep=lambda _: None),
    )
    unifier(batch(workspace.source_id, named("E", 1), named("E", 2)))
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        connection.execute(
            "UPDATE profiles SET version = version + 9 WHERE id = (SELECT profile_id FROM"
            " identifiers WHERE value = 'u1')"
        )
    assert unifier(batch(workspace.source_id, named("F", 1), named("F", 2), named("F", 3), start=2))
    unifier.close()
    assert ask("SELECT count(*) FROM events WHERE name = 'F'") == [(2,)]
    assert ask("SELECT reason, detail LIKE 'ContendedError (person)%' FROM dead_letters") == [
        ("internal_error", True)
    ]


def test_a_database_that_only_reads_is_waited_for_and_costs_no_record(
    settings: Settings, workspace: TestWorkspace, ask: Ask
) -> None:
    dsn, waited = settings.postgres.dsn.get_secret_value(), []

    def set_read_only(value: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
            connection.execute(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'.encode()
            )

    def sleep(_seconds: float) -> None:
        waited.append(1)
        if len(waited) == 3:
            set_read_only("off")

    store = PostgresUnitOfWork(dsn, 0)
    unifier = Unifier(
        store,
        Rules(settings.identity, settings.profile),
        Engine(),
        lambda *_: None,
        Clock(sleep=sleep),
    )
    set_read_only("on")
    assert unifier(batch(workspace.source_id, plain("a"), plain("b")))
    unifier.close()
    assert len(waited) >= 3
    assert ask("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM dead_letters)") == [
        (2, 0)
    ]


def test_a_command_that_breaks_is_kept_told_and_carried_out_once_it_is_driven_again(
    unifier: Unifier,
    workspace: TestWorkspace,
    settings: Settings,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = [
        identifier_key(workspace.salt, kind, value).hex()
        for kind, value in (("user_id", "u"), ("anonymous_id", "a"))
    ]
    command = json.dumps(
        {"kind": "unmerge", "workspace": workspace.id, "id": "part them", "links": [keys]}
    ).encode()
    login = b'{"type":"identify","userId":"u","anonymousId":"a","messageId":"login"}'
    with monkeypatch.context() as faulty:
        faulty.setattr("dataflows.unify.unifier.unify", breaking(unify, "Unmerge"))
        unifier(
            batch(
                workspace.source_id,
                login,
                encode_sealed(workspace.salt, NOW, command),
                plain("after"),
            )
        )
    assert ask("SELECT workspace_id, reason, command, status FROM dead_letters") == [
        (workspace.id, "internal_error", "unmerge", "open")
    ]
    assert ask("SELECT count(*) FROM profiles") == [(2,)]
    assert ("command", Severity.CRITICAL) in told(settings, workspace)
    appended: list[bytes] = []

    async def drive() -> None:
        async def append(records: Sequence[bytes]) -> None:
            appended.extend(records)

        async with Pool(settings.postgres.dsn.get_secret_value(), min_size=1, open=False) as pool:
            await redrive_dead_letters(
                pool, append, Selection(DeadLetterFilter(workspace.id), None, 0, 10), "test"
            )

    asyncio.run(drive())
    assert ask("SELECT status FROM dead_letters") == [("retrying",)]
    # Until it is carried out: whoever drives it may have died meanwhile.
    assert ("command", Severity.CRITICAL) in told(settings, workspace)
    unifier(batch(workspace.source_id, *appended, start=3))
    assert ask("SELECT status FROM dead_letters") == [("resolved",)]
    assert ask("SELECT count(*) FROM profiles") == [(3,)]
    assert told(settings, workspace) == set()


def test_a_command_that_is_not_understood_belongs_to_its_workspace(
    unifier: Unifier, workspace: TestWorkspace, ask: Ask
) -> None:
    unifier(
        batch(
            1,
            encode_sealed(
                workspace.salt,
                NOW,
                b'{"kind":"unmerge","workspace":%d,"id":"x","links":[["zz","00"]]}' % workspace.id,
            ),
        )
    )
    assert ask("SELECT workspace_id, reason, command FROM dead_letters") == [
        (workspace.id, "bad_command", "unmerge")
    ]


def test_a_letter_that_is_not_there_cannot_swallow_a_record(
    unifier: Unifier, workspace: TestWorkspace, ask: Ask
) -> None:
    unifier(batch(1, encode_event(workspace.source_id, NOW, 0, b'{"type":"track"}', retry_of=4711)))
    assert ask("SELECT reason FROM dead_letters") == [("missing_event",)]


@pytest.mark.parametrize("sweep", [False, True])
def test_somebody_whose_evaluation_breaks_rests_and_everybody_else_is_evaluated(
    sweep: bool,
    unifier: Unifier,
    workspace: TestWorkspace,
    settings: Settings,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unifier(batch(workspace.source_id, *(ORDER % (number, number) for number in range(5))))
    people = [ProfileId(row[0].bytes) for row in ask("SELECT id FROM profiles ORDER BY id")]
    odd, later = people[2], NOW + 400 * 86_400_000

    def faulty(found: list[Any], *rest: Any, **named: Any) -> Any:
        if any(person.id == odd for person in found):
            raise FaultOfOursError("mary@example.com")
        return wake(found, *rest, **named)

    monkeypatch.setattr("dataflows.unify.waking.wake", faulty)
    unifier(Wake(tuple(people), later, 1 if sweep else 0))
    stages: dict[UUID, str] = dict(ask("SELECT id, stage FROM profiles"))
    assert [stages[UUID(bytes=person)] for person in people] == [
        "churned" if person != odd else "customer" for person in people
    ]
    assert ask(
        "SELECT profile_id, workspace_id, failure LIKE 'FaultOfOursError at %' FROM resting_people"
    ) == [(UUID(bytes=odd), workspace.id, True)]
    assert ("resting", Severity.WARNING) in told(settings, workspace)
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        now_ms = time.time_ns() // 1_000_000
        connection.execute("UPDATE profiles SET next_wake_at = now() - interval '1 hour'")
        assert set(due_people(connection, [], now_ms, 0, 10).ready) == set(people) - {odd}
        assert odd in due_people(connection, [], now_ms + 400_000, 0, 10).ready


def told(
    settings: Settings, workspace: TestWorkspace, watched: Watched | None = None
) -> set[tuple[str, Severity]]:
    """Kinds of what on-call would hear of."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
        found = conditions(connection, workspace.id, datetime.now(UTC), ConditionParams(), watched)
    return {(one.kind, one.severity) for one in found if one.kind not in {"signal", "engine"}}


WORKER = """
import os, pickle, sys
import psycopg
from config.settings import Engine
from dataflows.unify.unifier import build_unifier
from domain.event import Batch
from domain.policies import IdentityRules, ProfileRules
from sources.intake.decode import Decoder

whole = Decoder._record

def record(self, one):
    if b"KILLER" in one.value:
        os._exit(9)
    return whole(self, one)

Decoder._record = record
dsn, path = sys.argv[1:]
with psycopg.connect(dsn) as connection, open(path, "rb") as file:
    row = connection.execute("SELECT next_position FROM offsets").fetchone()
    start, batch = row[0] if row else 0, Batch(*pickle.load(file))
left = tuple(one for one in batch.records if one.position >= start)
unifier = build_unifier(dsn, IdentityRules(), ProfileRules(), Engine(), lambda *_: None)
assert unifier(batch._replace(start=start, records=left))
unifier.close()
"""


def test_a_record_that_kills_workers_is_found_out_told_and_refused(
    settings: Settings, workspace: TestWorkspace, ask: Ask, tmp_path: Path
) -> None:
    dsn, path = settings.postgres.dsn.get_secret_value(), tmp_path / "batch"
    found = packed(
        workspace.source_id,
        [plain("a")],
        [plain("b"), named("KILLER", 1), plain("c")],
        [plain("d")],
    )
    path.write_bytes(pickle.dumps(tuple(found)))
    watched, ends = Watched(("log",), None), list[int]()
    while not ends or ends[-1]:
        assert len(ends) < 8
        ends.append(
            subprocess.run([sys.executable, "-c", WORKER, dsn, str(path)], check=False).returncode
        )
        if len(ends) == 2:
            with psycopg.connect(dsn) as connection:
                connection.execute(
                    "INSERT INTO offsets VALUES ('log', 0, 0) ON CONFLICT DO NOTHING"
                )
                (stopped,) = stuck(connection, watched, datetime.now(UTC))
            assert (stopped.position, stopped.tries) == (0, 2)
            assert told(settings, workspace, watched) == {("partition", Severity.CRITICAL)}
    assert ends == [9, 9, 9, 9, 0]
    assert ask("SELECT position, index, reason, detail FROM dead_letters") == [
        (7, 1, "internal_error", "worker died")
    ]
    assert ask("SELECT count(*) FROM events") == [(4,)]
    assert ask("SELECT sum(value)::int FROM observations WHERE metric = 'accepted'") == [(4,)]
    assert told(settings, workspace, watched) == {("internal_error", Severity.WARNING)}


def test_a_log_that_was_made_anew_has_dead_letters_of_its_own(
    unifier: Unifier, workspace: TestWorkspace, ask: Ask
) -> None:
    command = encode_sealed(
        workspace.salt,
        NOW,
        b'{"kind":"unmerge","workspace":%d,"id":"x","links":[["zz","00"]]}' % workspace.id,
    )
    assert unifier(batch(workspace.source_id, plain("a"), b"[1]", plain("b"), b"[2]"))
    anew = batch(workspace.source_id, plain("c"), command)._replace(start=4)
    assert unifier(anew)  # the position goes back with the log
    assert unifier(batch(workspace.source_id, b"[2]", b"[2]", start=2))
    assert ask(
        "SELECT position, command, count(*) FROM dead_letters GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [
        (1, "", 1),
        (1, "unmerge", 1),
        (2, "", 1),
        (3, "", 1),
    ]
