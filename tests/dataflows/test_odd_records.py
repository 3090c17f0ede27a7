"""Law 10 on PostgreSQL: no record stops its partition, whatever it holds; what comes after it is processed, and its fate is its own."""

import json
from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest

from cli.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unifier import Unifier, build_unifier
from domain.envelope import encode_event
from domain.event import Batch, Record
from tests.conftest import TestWorkspace

NOW = 1_790_000_000_000

ODD = {
    "an empty list": b'{"type":"track","userId":"u","event":"E","properties":[]}',
    "a page's empty list": b'{"type":"page","userId":"u","name":"Home","properties":[]}',
    "a text": b'{"type":"track","userId":"u","event":"E","properties":"abc"}',
    "a number": b'{"type":"track","userId":"u","event":"E","properties":0}',
    "a number beyond floating point": b'{"type":"track","userId":"u","event":"E","properties":{"ratio":1e400}}',
    "a name too long for an index": b'{"type":"track","userId":"u","event":"%s"}' % "".join(f"{n:x}-" for n in range(9_000)).encode(),
    "an arrival that no calendar holds": b'{"stratum":1,"source":1,"received":99999999999999999999,"event":{"type":"page","userId":"u"}}',
    "a purchase of countless digits": b'{"type":"track","userId":"u","event":"Order Completed","properties":{"revenue":-1%s}}'
    % (b"0" * 4_000),
}


@pytest.fixture
def unifier(settings: Settings) -> Iterator[Unifier]:
    made = build_unifier(
        settings.postgres.dsn.get_secret_value(), settings.identity, settings.profile, Engine(), lambda _log, _partition: None
    )
    yield made
    made.close()


@pytest.fixture
def ask(settings: Settings) -> Callable[[str], list[tuple[object, ...]]]:
    def run(sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as connection:
            return connection.execute(sql.encode()).fetchall()

    return run


def batch(source: int, *events: bytes, start: int = 0) -> Batch:
    values = (one if one.startswith(b'{"stratum"') else encode_event(source, NOW, 0, one) for one in events)
    positions = count(start)
    return Batch("log", 0, start, start + len(events), tuple(Record(next(positions), 0, value, 0, NOW) for value in values))


def plain(user: str) -> bytes:
    return json.dumps({"type": "track", "event": "E", "userId": user, "messageId": user}).encode()


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_record_is_an_event_or_a_dead_letter_and_its_neighbours_are_processed(
    odd: bytes, unifier: Unifier, workspace: TestWorkspace, settings: Settings, ask: Callable[[str], list[tuple[object, ...]]]
) -> None:
    assert unifier(batch(workspace.source_id, plain("before"), odd, plain("after")))
    assert ask("SELECT next_position FROM offsets") == [(3,)]
    assert ask("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM dead_letters)") == [(3,)]
    assert ask("SELECT count(*) FROM events WHERE name = 'E'") >= [(2,)]
    (report,) = verify_all(settings)
    assert report.differences == []
