"""Whatever a record holds, decoding answers an event, a command, or a dead letter with a reason."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Changes, LoadedState
from domain.event import (
    Allow,
    Batch,
    Command,
    DeadLetter,
    Erase,
    Event,
    Record,
    Ruling,
    Unmerge,
)
from domain.failure import REASONS, Failure
from domain.ids import SourceId
from domain.intake.envelope import encode_command, encode_event, encode_sealed
from domain.keys import command_id, identifier_key, seal_of
from domain.policies import IdentityRules, KindRule, ProfileRules
from domain.privacy.erasure import FOREVER_MS
from domain.profiles.profile import encode_person
from operators.unify.batch import unify
from sources.intake.decode import Decoder
from sources.intake.message import instant_ms
from store.definitions.load import SourceRow
from tests.support.builders import NOON_MS, SALT, WORKSPACE, definitions

RULES = IdentityRules(kinds={**IdentityRules().kinds, "loyalty": KindRule(6, 5)})
SOURCES = {1: SourceRow(SourceId(1), WORKSPACE, SALT, "US")}
DECODER = Decoder(SOURCES, {1: SALT}, RULES, ProfileRules(event_trait_limit=50))
STORED = Decoder(SOURCES, {1: SALT}, RULES, ProfileRules(event_trait_limit=50), stored=True)


def decode(value: bytes, source_hint: int = 0) -> Event | Command | DeadLetter:
    return DECODER(Batch("log", 0, 0, 1, (Record(0, 0, value, source_hint, NOON_MS),)))[0]


def message(sent_ms: int = 0, **fields: Any) -> Event:
    fields = {"type": "track", "event": "Viewed", "messageId": "m1", "userId": "u1"} | fields
    decoded = decode(encode_event(1, NOON_MS, sent_ms, json.dumps(fields).encode()))
    assert isinstance(decoded, Event), decoded
    return decoded


def failure(value: bytes, **hints: int) -> str:
    decoded = decode(value, **hints)
    assert isinstance(decoded, DeadLetter), decoded
    assert decoded.payload == value
    return decoded.failure.reason


def collected(fields: dict[str, Any] | bytes) -> bytes:
    return encode_event(
        1, NOON_MS, 0, fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    )


def names(event: Event) -> list[tuple[str, str]]:
    return [(identifier.kind, identifier.value) for identifier in event.identifiers]


def test_identifiers_come_strongest_first() -> None:
    event = message(
        anonymousId="a1",
        context={
            "traits": {"email": "Mary@Example.com", "phone": "650 253 0000"},
            "device": {"advertisingId": "AB-CD"},
            "externalIds": [{"id": 7, "type": "loyalty"}, {"id": "x", "type": "unheard of"}],
        },
    )
    assert names(event) == [
        ("user_id", "u1"), ("email", "mary@example.com"), ("phone", "+16502530000"),
        ("device_id", "ab-cd"), ("anonymous_id", "a1"),
        ("loyalty", "7"),
    ]  # fmt: skip


def test_an_identifier_is_named_by_a_digest_that_needs_the_workspace_salt() -> None:
    assert (
        message().identifiers[0].key
        == identifier_key(SALT, "user_id", "u1")
        != identifier_key(b"other", "user_id", "u1")
    )


def test_a_device_that_limits_ad_tracking_is_not_identified_by_it() -> None:
    assert names(
        message(context={"device": {"advertisingId": "AB-CD", "adTrackingEnabled": False}})
    ) == [("user_id", "u1")]


@pytest.mark.parametrize(("user", "value"), [(7, "7"), (7.0, "7"), (7.5, "7.5"), ("7", "7")])
def test_a_numeric_user_id_is_spelled_as_text(user: float | str, value: str) -> None:
    assert names(message(userId=user)) == [("user_id", value)]


def test_traits_of_an_identify_call_win_over_those_of_its_context() -> None:
    event = message(
        type="identify",
        traits={"plan": "gold"},
        context={"traits": {"plan": "free", "city": "Rome"}},
    )
    assert event.traits == {"plan": "gold", "city": "Rome"}


def test_traits_of_a_group_call_belong_to_the_group() -> None:
    event = message(type="group", groupId="g1", traits={"email": "info@example.com"})
    assert (event.group, event.group_traits, event.traits, names(event)) == (
        "g1",
        {"email": "info@example.com"},
        {},
        [("user_id", "u1")],
    )


def test_an_alias_names_the_previous_id_as_an_anonymous_one() -> None:
    assert names(message(type="alias", previousId="old")) == [
        ("user_id", "u1"),
        ("anonymous_id", "old"),
    ]


def test_consent_is_read_from_the_context() -> None:
    event = message(
        context={"consent": {"categoryPreferences": {"Advertising": True, "Email": False}}}
    )
    assert event.consent == {"advertising": True, "email": False}


def test_a_wrong_clock_cancels_out_when_the_client_says_when_it_sent() -> None:
    assert (
        message(sent_ms=5_000_000, timestamp="1970-01-01T01:23:19Z").occurred_ms == NOON_MS - 1_000
    )


def test_an_event_from_the_future_is_clamped_and_flagged() -> None:
    event = message(timestamp="2100-01-01T00:00:00Z")
    assert (event.occurred_ms, event.future) == (NOON_MS, True)


@pytest.mark.parametrize(
    "stamp",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-01-02T03:04:05",
    ],
)
def test_any_year_of_the_calendar_is_an_event_time(stamp: str) -> None:
    assert message(timestamp=stamp).occurred_ms <= NOON_MS


def test_two_extreme_clocks_do_not_leave_the_calendar() -> None:
    event = message(timestamp="0001-01-01T00:00:00Z", sentAt="9999-12-31T23:59:59Z")
    assert datetime.fromtimestamp(event.occurred_ms / 1000, UTC).year == 1


def test_an_instant_without_zone_is_utc() -> None:
    assert instant_ms("1970-01-01T00:00:01") == 1_000


@pytest.mark.parametrize(
    ("properties", "order"),
    [
        ({"revenue": 11.77}, ("USD", 1177)),
        ({"total": "12.5", "currency": "eur"}, ("EUR", 1250)),
        ({"value": 1000, "currency": "JPY"}, ("JPY", 1000)),
        ({"revenue": 1.2345, "currency": "KWD"}, ("KWD", 1234)),
        ({"revenue": None, "total": 3}, ("USD", 300)),
        ({"revenue": "free"}, ("USD", 0)),
        ({"revenue": 1e300}, ("USD", 0)),
        ({}, ("USD", 0)),
        (None, ("USD", 0)),
    ],
)
def test_a_purchase_is_money_in_minor_units(properties: Any, order: tuple[str, int]) -> None:
    assert message(event="Order Completed", properties=properties).order == order


NAMED = (
    {"type": "track", "event": "Viewed"},
    {"type": "track", "event": "Order Completed"},
    {"type": "page", "name": "Home"},
    {"type": "screen"},
)
ODD_PROPERTIES = {
    '"abc"': ("invalid_type", "$.properties"),
    "0": ("invalid_type", "$.properties"),
    "true": ("invalid_type", "$.properties"),
    "[1]": ("invalid_type", "$.properties"),
    "[[]]": ("invalid_type", "$.properties"),
    '{"ratio":1e400}': ("invalid_type", "$.properties[...]"),
    '{"a":{"b":[-1e999]}}': ("invalid_type", "$.properties[...][...][0]"),
    '{"n":' + "9" * 309 + "}": ("invalid_type", "$.properties"),
    '{"n":' + "9" * 5000 + "}": ("invalid_type", "$.properties[...]"),
    '{"a":' + "[" * 64 + "]" * 64 + "}": ("too_deep", "$.properties"),
}


@pytest.mark.parametrize("named", NAMED, ids=lambda named: str(named.get("event", named["type"])))
@pytest.mark.parametrize(
    ("spelled", "expected"),
    ODD_PROPERTIES.items(),
    ids=[spelled[:20] for spelled in ODD_PROPERTIES],
)
def test_properties_that_cannot_be_read_are_refused_with_their_path_whatever_the_event(
    named: dict[str, str], spelled: str, expected: tuple[str, str]
) -> None:
    decoded = decode(
        collected(
            b'{"userId":"u1","properties":%b,%b'
            % (spelled.encode(), json.dumps(named).encode()[1:])
        )
    )
    assert isinstance(decoded, DeadLetter)
    assert (decoded.failure.reason, decoded.failure.detail) == expected


@pytest.mark.parametrize("named", NAMED, ids=lambda named: str(named.get("event", named["type"])))
@pytest.mark.parametrize("spelled", ["[]", "[ \n]", "{}", "null"])
def test_an_empty_list_of_properties_is_an_empty_object_as_php_spells_it(
    named: dict[str, str], spelled: str
) -> None:
    decoded = decode(
        collected(
            b'{"userId":"u1","properties":%b,%b'
            % (spelled.encode(), json.dumps(named).encode()[1:])
        )
    )
    assert isinstance(decoded, Event)
    assert decoded.properties == {}


@pytest.mark.parametrize(
    "spelled",
    ['{"n":' + "9" * 308 + "}", '{"t":"' + "9" * 400 + '"}', '{"a":' + "[" * 62 + "]" * 62 + "}"],
)
def test_what_floating_point_and_the_limit_of_depth_just_hold_is_read(spelled: str) -> None:
    decoded = decode(collected(b'{"type":"page","userId":"u1","properties":%b}' % spelled.encode()))
    assert isinstance(decoded, Event)
    assert decoded.properties == json.loads(spelled)


def test_properties_of_an_event_that_has_none_are_not_looked_at() -> None:
    assert message(type="identify", properties="abc").properties is None


@pytest.mark.parametrize("received", [10**30, -(10**30), 253_402_300_800_000])
def test_an_arrival_that_no_calendar_holds_is_refused_and_the_letter_can_be_stored(
    received: int,
) -> None:
    decoded = decode(
        b'{"stratum":1,"source":1,"received":%d,"event":{"type":"page","userId":"u1"}}' % received
    )
    assert isinstance(decoded, DeadLetter)
    assert (decoded.failure.reason, decoded.received_ms, decoded.source) == (
        "bad_timestamp",
        NOON_MS,
        1,
    )


def test_an_integer_beyond_64_bits_is_stored_as_a_number() -> None:
    assert message(type="identify", traits={"n": 2**80, "deep": [{"m": -(2**70)}]}).traits == {
        "n": float(2**80),
        "deep": [{"m": float(-(2**70))}],
    }


def test_a_record_of_another_producer_is_taken_with_its_topic_s_source() -> None:
    decoded = decode(b'{"type":"page","name":"Home","anonymousId":"a1"}', source_hint=1)
    assert isinstance(decoded, Event)
    assert (decoded.occurred_ms, decoded.message_id[:8]) == (NOON_MS, "content:")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (collected(b'{"type":"track","event":"x","userId":"u1"'), "malformed_json"),
        (b"", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"stratum":1,', "malformed_json"),
        (collected(b'{"type":"track","event":"\xff","userId":"u1"}'), "malformed_json"),
        (collected(b'{"type":"page","userId":"u1","properties":{"q":"\xff"}}'), "malformed_json"),
        (collected(b'{"type":"track","event":"x","userId":NaN}'), "malformed_json"),
        (collected(b'{"type":"track","event":"\\ud800","userId":"u1"}'), "malformed_json"),
        (collected(b"[]"), "invalid_type"),
        (collected({"type": "track", "event": "x", "userId": ["u1"]}), "invalid_type"),
        (collected({"type": "track", "event": "x" * 2_001, "userId": "u1"}), "name_too_long"),
        (collected({"type": "page", "name": "ü" * 1_001, "userId": "u1"}), "name_too_long"),
        (collected(b'{"type":"track","event":"Platform Report","userId":"u1",'
            b'"properties":{"platform":"m","conversions":1e300}}'), "bad_report"),
        (b'{"stratum":1,"source":1,"received":5,"retry_of":99999999999999999999,"event":{}}',
            "invalid_type"),
        (collected(b'{"type":"track","event":"x","userId":"u1","properties":'
            + b"[" * 5000 + b"]" * 5000 + b"}"), "invalid_type"),
        (collected(b'{"type":"track","event":"x","userId":"u1","properties":'
            + b'{"a":' * 5000 + b"1" + b"}" * 5001), "too_deep"),
        (collected(b'{"type":"identify","userId":"u1","traits":{"t":'
            + b"[" * 900 + b"]" * 900 + b"}}"), "too_deep"),
        (collected({"type": "identify", "userId": "u1",
            "traits": {"t": json.loads("[" * 90 + "]" * 90)}}), "too_deep"),
        (collected({"type": "identify", "userId": "u1",
            "traits": {f"t{n}": n for n in range(51)}}), "too_many_traits"),
        (collected({"type": "purchase", "userId": "u1"}), "unknown_type"),
        (collected({"userId": "u1"}), "invalid_type"),
        (collected({"type": "track", "userId": "u1"}), "missing_event"),
        (collected({"type": "group", "userId": "u1"}), "missing_group"),
        (collected({"type": "alias", "userId": "u1"}), "missing_previous"),
        (collected({"type": "page"}), "no_identifier"),
        (collected({"type": "page", "anonymousId": None, "userId": "undefined"}), "no_identifier"),
        (collected({"type": "page", "userId": "u" * 10_000}), "identifier_too_long"),
        (collected({"type": "page", "userId": "u\0"}), "no_identifier"),
        (collected({"type": "page", "userId": "u1", "timestamp": "yesterday"}), "bad_timestamp"),
        (collected({"type": "page", "userId": "u1", "timestamp": 1e40}), "bad_timestamp"),
        (encode_event(9, NOON_MS, 0, b'{"type":"page","userId":"u1"}'), "unknown_source"),
        (b'{"type":"page","userId":"u1"}', "unknown_source"),
        (encode_sealed(SALT, NOON_MS,
            b'{"kind":"unmerge","workspace":1,"id":"c","links":[["00","11"]]}'), "bad_command"),
        (encode_sealed(SALT, NOON_MS,
            b'{"kind":"explode","workspace":1,"id":"c","links":[]}'), "bad_command"),
        (b"x" * (4 * 1024 * 1024 + 1), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_bad_records_become_dead_letters_with_a_reason(record: bytes, reason: str) -> None:
    assert failure(record) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "group", "userId": "u1", "traits": {"plan": "pro"}}, "missing_group"),
        ({"type": "alias", "userId": "u1"}, "missing_previous"),
    ],
)
def test_an_event_that_is_stored_is_read_again_whatever_its_type_lacks(
    fields: dict[str, Any], reason: str
) -> None:
    record = collected(fields)
    assert failure(record) == reason
    (again,) = STORED(Batch("log", 0, 0, 1, (Record(0, 0, record, 0, NOON_MS),)))
    assert isinstance(again, Event)
    assert names(again) == [("user_id", "u1")]


def test_a_report_that_cannot_be_read_is_told_before_bytes_that_are_not_utf_8() -> None:
    event = (
        b'{"type":"track","event":"Platform Report","userId":"u1","properties":{"a":"\xff"},'
        b'"context":{"consent":{"categoryPreferences":{"advertising":true}}}}'
    )
    assert failure(collected(event)) == "bad_report"


def test_the_detail_of_a_failure_names_the_place_and_never_the_value() -> None:
    decoded = decode(
        collected({"type": "track", "event": "x", "userId": {"secret": "mary@example.com"}})
    )
    assert isinstance(decoded, DeadLetter)
    assert decoded.failure.detail == "$.userId"


@pytest.mark.parametrize(("kind", "ordered"), [("unmerge", Unmerge), ("allow", Allow)])
def test_a_command_bans_pairs_of_identifiers_or_lifts_their_ban(
    kind: str, ordered: type[Command]
) -> None:
    links = [["00" * 16, "11" * 16]]
    decoded = decode(
        encode_sealed(
            SALT,
            NOON_MS,
            json.dumps({"kind": kind, "workspace": 1, "id": "c", "links": links}).encode(),
        )
    )
    assert isinstance(decoded, Ruling)
    assert type(decoded) is ordered
    assert decoded.links == ((b"\0" * 16, b"\x11" * 16),)


@pytest.mark.parametrize(
    ("afterwards", "until_ms"),
    [
        ({}, NOON_MS),
        ({"afterwards": "new"}, NOON_MS),
        ({"afterwards": "refuse"}, FOREVER_MS),
        ({"until": NOON_MS - 5}, NOON_MS - 5),
        ({"until": NOON_MS}, NOON_MS),
        ({"until": -1}, -1),
    ],
)
def test_a_command_erases_identifiers_until_it_arrived_or_until_it_says_or_for_ever(
    afterwards: dict[str, object], until_ms: int
) -> None:
    body = {
        "kind": "erase",
        "workspace": 1,
        "id": command_id(SALT, "erase", 7),
        "identifiers": ["11" * 16, "00" * 16],
    }
    decoded = decode(encode_sealed(SALT, NOON_MS, json.dumps(body | afterwards).encode()))
    assert isinstance(decoded, Erase)
    assert decoded.identifiers == (b"\0" * 16, b"\x11" * 16)
    assert decoded.until_ms == until_ms


@pytest.mark.parametrize(
    "odd",
    [
        {"identifiers": []},
        {"identifiers": ["00"]},
        {"identifiers": ["no key"]},
        {"identifiers": "00" * 16},
        {"identifiers": ["00" * 16], "afterwards": "whatever"},
        {"identifiers": ["00" * 16], "until": NOON_MS + 1},
        {"identifiers": ["00" * 16], "until": -(2**62)},
        {"identifiers": ["00" * 16], "until": -(2**70)},
        {"identifiers": ["00" * 16], "until": 5.5},
        {"identifiers": ["00" * 16], "until": "5"},
        {"identifiers": ["00" * 16], "until": NOON_MS, "afterwards": "refuse"},
        {"identifiers": ["00" * 16], "workspace": 99},
    ],
)
def test_a_command_that_erases_nobody_is_a_dead_letter(odd: dict[str, object]) -> None:
    body = {"kind": "erase", "workspace": 1, "id": command_id(SALT, "erase", 7)} | odd
    decoded = decode(encode_sealed(SALT, NOON_MS, json.dumps(body).encode()))
    assert isinstance(decoded, DeadLetter)
    assert decoded.command == "erase"


def test_a_sealed_command_whose_content_or_instant_was_swapped_is_a_dead_letter() -> None:
    body = {"kind": "erase", "workspace": 1, "id": command_id(SALT, "erase", 7)}
    mine = json.dumps(body | {"identifiers": ["11" * 16]}).encode()
    yours = json.dumps(body | {"identifiers": ["22" * 16]}).encode()
    seal = seal_of(SALT, NOON_MS, mine)
    assert isinstance(decode(encode_command(NOON_MS, mine, seal=seal)), Erase)
    for swapped in (
        encode_command(NOON_MS, yours, seal=seal),
        encode_command(NOON_MS + 1, mine, seal=seal),
        encode_command(NOON_MS, mine, seal=seal_of(b"other", NOON_MS, mine)),
        encode_command(NOON_MS, mine),
        encode_command(NOON_MS, mine, seal="é" * 32),
    ):
        decoded = decode(swapped)
        assert isinstance(decoded, DeadLetter)
        assert decoded.failure == Failure("bad_command", "$.seal")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = (
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "event",
    "name",
    "previousId",
    "groupId",
    "timestamp",
    "sentAt",
    "traits",
    "properties",
    "context",
)


@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        JSON | st.sampled_from(["track", "identify", "Order Completed", "u1"]),
    )
)
def test_nothing_a_client_sends_raises_and_what_is_accepted_can_be_stored(
    fields: dict[str, Any],
) -> None:
    decoded = decode(collected(fields))
    changes = unify([decoded], LoadedState(), definitions(), NOON_MS)
    assert isinstance(changes, Changes)
    assert len(changes.events) + len(changes.dead_letters) == 1
    assert all(encode_person(person) for person in changes.people)


@given(st.binary(max_size=60))
def test_no_bytes_raise(value: bytes) -> None:
    assert isinstance(decode(value), DeadLetter)
