"""Dead letters: looking at them and driving them again."""

from collections.abc import Callable

import psycopg
import pytest
import redis

from config.settings import Settings
from domain.intake.envelope import decode, encode_event
from tests.api.conftest import START_MS, Api, Tenant

PATH = "/cdp/dead-letters"


def test_a_dead_letter_shows_its_reason_and_its_record(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("track", userId="u1"))

    (letter,) = api.get(PATH)["items"]
    whole = api.get(f"{PATH}/{letter['id']}")

    assert letter["reason"] == "missing_event"
    assert letter["explanation"] == "A track call needs `event`."
    assert letter["status"] == "open"
    assert letter["source_id"] == tenant.source
    assert whole["encoding"] == "text"
    assert '"userId":"u1"' in whole["payload"]


def test_a_record_that_is_no_text_is_shown_in_base64(tenant: Tenant, api: Api) -> None:
    tenant.feed(encode_event(tenant.source, START_MS, 0, b'{"type":"\xff"}'))

    whole = api.get(f"{PATH}/{api.get(PATH)['items'][0]['id']}")

    assert whole["encoding"] == "base64"


def test_dead_letters_are_paged_and_filtered(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(tenant.event("track", userId="u1") for _ in range(7)), tenant.event("boom", userId="u1")
    )

    assert [letter["reason"] for letter in api.everything(PATH, limit=3)] == ["unknown_type"] + [
        "missing_event"
    ] * 7
    assert len(api.everything(PATH, reason="missing_event", limit=2)) == 7
    assert api.get(PATH, reason="missing_event")["total"] == {"value": 7, "exact": True}
    assert api.get(PATH, source=tenant.source + 1)["items"] == []
    assert api.get(PATH, status="resolved")["items"] == []


@pytest.fixture
def letter(tenant: Tenant, api: Api, settings: Settings) -> Callable[[bytes], int]:
    """Makes a dead letter of this workspace with any record, as another version of the engine would
    have left it."""

    def make(payload: bytes) -> int:
        tenant.feed(tenant.event("boom", userId="nobody"))
        number = int(api.get(PATH)["items"][0]["id"])
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            conn.execute("UPDATE dead_letters SET payload = %s WHERE id = %s", (payload, number))
        return number

    return make


def test_a_retry_appends_the_same_record_and_what_is_understood_is_resolved(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]], letter: Callable[[bytes], int]
) -> None:
    number = letter(
        encode_event(
            tenant.source,
            START_MS,
            5,
            b'{"type":"track","event":"Seen","userId":"u1"}',
            "generated",
        )
    )

    assert api.post(f"{PATH}/{number}/retry") == {
        "retried": [number],
        "hopeless": [],
        "more": False,
        "last": number,
    }

    (record,) = drain()
    envelope = decode(record)
    assert (envelope.source, envelope.received, envelope.sent, envelope.message_id) == (
        tenant.source,
        START_MS,
        5,
        "generated",
    )
    assert envelope.retry_of == number
    assert api.get(f"{PATH}/{number}")["status"] == "retrying"
    tenant.feed(record)
    assert api.get(f"{PATH}/{number}")["status"] == "resolved"
    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["events"]["total"] == 1
    (entry,) = api.get("/cdp/audit", action="dead_letter.retry")["items"]
    assert entry["detail"] == {"letters": [number]}
    api.post(f"{PATH}/{number}/retry", expect=409)


def test_what_is_still_not_understood_is_open_again_and_no_new_letter(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    tenant.feed(tenant.event("boom", userId="u1"))
    (letter,) = api.get(PATH)["items"]

    api.post(f"{PATH}/{letter['id']}/retry")
    tenant.feed(*drain())

    assert [each["status"] for each in api.get(PATH)["items"]] == ["open"]
    assert api.get("/cdp/statistics")["rejected"] == 1


def test_a_retry_of_many_takes_what_matches_up_to_the_limit(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    tenant.feed(
        *(tenant.event("track", userId=f"u{number}") for number in range(5)),
        tenant.event("boom", userId="u1"),
    )

    first = api.post(f"{PATH}/retry", {"reason": "missing_event", "limit": 3})
    second = api.post(f"{PATH}/retry", {"reason": "missing_event", "limit": 3})

    assert (len(first["retried"]), first["more"]) == (3, True)
    assert (len(second["retried"]), second["more"]) == (2, False)
    assert len(drain()) == 5
    assert api.get(PATH, status="open")["total"]["value"] == 1


def test_a_bare_record_keeps_its_source_and_its_arrival(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]], letter: Callable[[bytes], int]
) -> None:
    number = letter(b'{"type":"page","userId":"u1"}')

    api.post(f"{PATH}/{number}/retry")

    (record,) = drain()
    envelope = decode(record)
    assert (envelope.source, envelope.received, envelope.retry_of) == (
        tenant.source,
        START_MS + 1_000,
        number,
    )


def test_a_bare_record_of_unknown_arrival_came_before_it_was_found_wanting(
    api: Api, drain: Callable[[], list[bytes]], letter: Callable[[bytes], int], settings: Settings
) -> None:
    number = letter(b'{"type":"page","userId":"u1"}')
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        row = conn.execute(
            "UPDATE dead_letters SET received_at = NULL WHERE id = %s RETURNING recorded_at",
            (number,),
        ).fetchone()

    api.post(f"{PATH}/{number}/retry")

    (record,) = drain()
    assert row is not None
    assert decode(record).received == int(row[0].timestamp() * 1000)


def test_a_record_that_is_no_json_stays_open(
    api: Api, drain: Callable[[], list[bytes]], letter: Callable[[bytes], int]
) -> None:
    number = letter(b'{"type":')

    assert api.post(f"{PATH}/retry", {}) == {
        "retried": [],
        "hopeless": [number],
        "more": False,
        "last": number,
    }
    api.post(f"{PATH}/{number}/retry", expect=409)

    assert drain() == []
    assert api.get(f"{PATH}/{number}")["status"] == "open"


def test_letters_are_open_again_when_the_log_cannot_be_reached(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    tenant.feed(tenant.event("boom", userId="u1"))
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        for partition in range(settings.log.partitions):
            client.set(f"{settings.log.name}:{partition}", "in the way")  # XADD fails on a string

    answer = api.http.post(f"{PATH}/retry", json={})

    assert answer.status_code == 503
    assert [letter["status"] for letter in api.get(PATH)["items"]] == ["open"]


def test_a_retry_needs_the_write_scope(tenant: Tenant, asks: Callable[[str], Api]) -> None:
    tenant.feed(tenant.event("boom", userId="u1"))
    reader, operator = asks(tenant.read), asks(tenant.write)

    reader.post(f"{PATH}/retry", {}, 403)
    assert len(operator.post(f"{PATH}/retry", {})["retried"]) == 1
