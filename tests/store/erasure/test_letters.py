"""Dead letters that name somebody who was erased are deleted, whenever they come."""

from collections.abc import Sequence

import msgspec
import psycopg
import pytest

from domain.instants import utc
from domain.intake.envelope import encode_event
from store.erasure import letters
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk

NOW = 1_790_000_000_000
_numbers = iter(range(10**6))


def dead(desk: Desk, *payloads: bytes, received_ms: int = NOW) -> list[int]:
    return [
        int(
            desk.one(
                """
                INSERT INTO dead_letters (workspace_id, source_id, log, partition, position, index,
                    reason, detail, payload, received_at, recorded_at)
                VALUES (%s, %s, 'log', 0, %s, 0, 'bad_timestamp', '', %s, %s, %s) RETURNING id
                """,
                desk.workspace.id,
                desk.workspace.source_id,
                next(_numbers),
                payload,
                utc(received_ms),
                utc(received_ms),
            )
        )
        for payload in payloads
    ]


def left(desk: Desk) -> list[int]:
    return desk.column("SELECT id FROM dead_letters ORDER BY id")


def wrapped(desk: Desk, **fields: object) -> bytes:
    return encode_event(desk.workspace.source_id, NOW, 0, msgspec.json.encode(fields))


NAMING: Sequence[bytes] = (
    b'{"userId": "mary", "timestamp": "when?"}',
    b'{"a": [{"b": [["mary"]]}]}',
    b'{"mary": 1}',
    b'{"a": "m\\u0061ry"}',
    b'{"a": " Mary@Example.com "}',
    b'{"userId": "mary", "a": ',
    b"to: mary@example.com",
    b"\xff\xfe mary@example.com,x",
    b"mary",
    b'{"a":' * 5_000 + b'"mary"' + b"}" * 5_000,
    b'{"phone": "+1 650 253 0000"}',
    b'{"id": 12345.0}',
)
OTHERS: Sequence[bytes] = (
    b'{"userId": "anne"}',
    b'{"userId": "Mary"}',
    b"",
    b"{",
    b'"\\ud83d"',
    b'{"a": 1e400}',
    b'{"userId": "mary2"}',
)


def test_whoever_names_an_erased_identifier_anywhere_goes(desk: Desk) -> None:
    dead(desk, *NAMING)
    others = dead(desk, *OTHERS)
    erased = desk.erase(
        ("user_id", "mary"),
        ("email", "mary@example.com"),
        ("phone", "+16502530000"),
        ("user_id", "12345"),
    )
    desk.finish()
    assert left(desk) == others
    assert desk.steps(erased)["dead_letters"]["letters"] == len(NAMING)


@pytest.mark.parametrize(
    ("payload", "goes"),
    [
        ({"userId": "mary", "timestamp": NOW - 1}, True),
        ({"userId": "mary", "timestamp": NOW + 1}, False),
        ({"userId": "mary"}, False),
        ({"userId": "mary", "timestamp": "when?"}, False),
        ({"userId": "mary", "originalTimestamp": NOW - 1, "timestamp": NOW + 1}, True),
    ],
)
def test_a_letter_from_after_the_erasure_stays(
    payload: dict[str, object], goes: bool, desk: Desk
) -> None:
    found = dead(desk, msgspec.json.encode(payload), received_ms=NOW + 5)
    desk.erase(("user_id", "mary"), until_ms=NOW)
    desk.finish()
    assert left(desk) == ([] if goes else found)


def test_a_letter_that_comes_later_goes_at_the_next_look(desk: Desk) -> None:
    desk.erase(("user_id", "mary"))
    desk.finish(2)
    dead(desk, wrapped(desk, userId="mary", timestamp="when?"))
    (other,) = dead(desk, wrapped(desk, userId="anne", timestamp="when?"))
    desk.finish()
    assert left(desk) == [other]


def test_a_letter_of_an_erased_message_goes(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.track("mary", "Visited", NOW))
    desk.erase(("user_id", "mary"))
    dead(desk, b'{"messageId": "m1", "event": 5}')
    (other,) = dead(desk, b'{"messageId": "m2", "event": 5}')
    desk.finish()
    assert left(desk) == [other]


def test_a_letter_of_a_transaction_that_ends_late_is_not_overlooked(desk: Desk) -> None:
    desk.erase(("user_id", "mary"))
    dsn = desk.settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn) as slow:
        slow.execute(
            """
            INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason, detail,
                payload, recorded_at) VALUES (%s, 'log', 1, 1, 1, '', '', %s, now())
            """,
            (desk.workspace.id, b'{"userId": "mary"}'),
        )
        (other,) = dead(desk, b'{"userId": "anne"}')
        desk.finish(3)
        slow.commit()
    desk.finish(2)
    assert left(desk) == [other]
    assert desk.column("SELECT dead_letter_id FROM erasure_marks") == [other]


def test_letters_of_another_workspace_stay(desk: Desk) -> None:
    other = desk.one("INSERT INTO workspaces (name, salt) VALUES ('other', '1234') RETURNING id")
    found = dead(desk, b'{"userId": "mary"}')
    desk.conn.execute("UPDATE dead_letters SET workspace_id = %s", (other,))
    desk.erase(("user_id", "mary"))
    desk.finish(2)
    assert left(desk) == found


def test_letters_are_read_a_bounded_number_of_bytes_at_a_time(desk: Desk) -> None:
    first, second, _ = dead(desk, b"x" * 100, b"y" * 100, b"z")
    newest = letters.newest(desk.conn, desk.workspace.id).id
    page = letters.page(desk.conn, desk.workspace.id, 0, newest, letters.Limits(10, 50))
    assert [letter.id for letter in page] == [first]
    page = letters.page(desk.conn, desk.workspace.id, first, newest, letters.Limits(10, 101))
    assert [letter.id for letter in page] == [second, second + 1]
