"""What is optional and unreadable is left out and named.

It decides over nothing else in the event.
"""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.changes import Changes, LoadedState
from domain.event import DeadLetter, Event
from domain.policies import ProfileRules
from domain.signals.metrics import ODD
from domain.stored import StoredEvent
from operators.unify.batch import unify
from oracle.statements.record import read_statement
from tests.sources.intake.test_decode import JSON, RULES, collected, decode, message, names
from tests.support.builders import NOON_MS, SALT, definitions

REFUSAL = {"consent": {"categoryPreferences": {"advertising": False}}}


@pytest.mark.parametrize(
    ("fields", "odd"),
    [
        ({"traits": []}, ()),
        ({"traits": None}, ()),
        ({"traits": "none"}, ("traits",)),
        ({"traits": [1]}, ("traits",)),
        ({"context": []}, ()),
        ({"context": "x"}, ("context",)),
        ({"context": 7}, ("context",)),
        ({"context": {"traits": []}}, ()),
        ({"context": {"traits": "x"}}, ("context.traits",)),
        ({"context": {"device": []}}, ()),
        ({"context": {"device": ""}}, ("context.device",)),
        ({"context": {"device": {"advertisingId": ["A"]}}}, ("context.device.advertisingId",)),
        (
            {"context": {"device": {"adTrackingEnabled": "true"}}},
            ("context.device.adTrackingEnabled",),
        ),
        ({"context": {"device": {"adTrackingEnabled": 1}}}, ("context.device.adTrackingEnabled",)),
        ({"context": {"externalIds": {}}}, ()),
        ({"context": {"externalIds": "x"}}, ("context.externalIds",)),
        (
            {"context": {"externalIds": [7, {"id": "abc", "type": "loyalty"}]}},
            ("context.externalIds",),
        ),
        ({"messageId": []}, ("messageId",)),
        ({"name": []}, ("name",)),
        ({"groupId": []}, ("groupId",)),
        ({"previousId": {}}, ("previousId",)),
        ({"type": "identify", "event": []}, ("event",)),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_the_rest_of_the_event_counts(fields: dict[str, Any], odd: tuple[str, ...]) -> None:
    found = message(**fields)
    assert (found.odd, found.consent) == (odd, {})
    assert ("user_id", "u1") in names(found)
    context = fields.get("context", {})
    if isinstance(context, dict):
        found = message(**fields | {"context": context | REFUSAL})
        assert (found.odd, found.consent) == (odd, {"advertising": False})


def test_an_odd_trait_is_left_out_alone() -> None:
    raw = (
        b'{"type":"identify","userId":"u1","traits":{"a":1,"b":1e400,"c":"x"},'
        b'"context":{"traits":{"d":1e400,"e":2}}}'
    )
    found = decode(collected(raw))
    assert isinstance(found, Event)
    assert (found.traits, found.odd) == ({"a": 1, "c": "x", "e": 2}, ("traits", "context.traits"))


@pytest.mark.parametrize("enabled", [False, "false", "true", 0, 1, [], {}])
def test_a_device_is_identified_only_where_nothing_says_that_tracking_is_limited(
    enabled: object,
) -> None:
    def named(enabled: object) -> list[tuple[str, str]]:
        return names(
            message(context={"device": {"advertisingId": "AB", "adTrackingEnabled": enabled}})
        )

    assert named(enabled) == [("user_id", "u1")]
    assert named(True) == named(None) == [("user_id", "u1"), ("device_id", "ab")]


def test_numbers_where_texts_are_due_are_spelled_as_texts() -> None:
    assert message(messageId=12345).message_key == message(messageId="12345").message_key
    assert (
        message(event=404).name,
        message(event=404.0).name,
        message(type="page", name=404).name,
    ) == ("404", "404", "404")


def test_properties_beside_an_odd_field_are_read() -> None:
    found = decode(
        collected(
            b'{"type":"track","event":"x","userId":"u1","traits":[],"properties":{"a": 1e3,'
            b' "a": 2}}'
        )
    )
    assert isinstance(found, Event)
    assert found.properties == {"a": 2}


@pytest.mark.parametrize("properties", ["abc", 0, [1], json.loads("[" * 70 + "]" * 70)])
def test_a_refusal_is_not_lost_to_properties_that_cannot_be_read(properties: Any) -> None:
    refusal = {"consent": {"categoryPreferences": {"advertising": False}}}
    found = decode(
        collected(
            {
                "type": "track",
                "event": "x",
                "userId": "u1",
                "properties": {"deep": properties},
                "context": refusal,
            }
        )
    )
    plain = decode(
        collected(
            {
                "type": "track",
                "event": "x",
                "userId": "u1",
                "properties": properties,
                "context": refusal,
            }
        )
    )
    assert isinstance(found, Event)
    assert isinstance(plain, Event)
    assert found.consent == plain.consent == {"advertising": False}


def test_odd_fields_are_counted_per_source_and_minute() -> None:
    changes = unify(
        [message(traits="x", context={"consent": "no"})], LoadedState(), definitions(), NOON_MS
    )
    assert isinstance(changes, Changes)
    assert {key.metric for key in changes.observed if key.metric.startswith(ODD)} == {
        f"{ODD}:traits",
        f"{ODD}:consent",
    }


FIELDS = (
    "messageId",
    "name",
    "event",
    "groupId",
    "previousId",
    "traits",
    "context",
    "sentAt",
    "timestamp",
)
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "traits": JSON | st.just({"email": "a@example.com"}),
        "device": (
            JSON
            | st.fixed_dictionaries(
                {"advertisingId": JSON | st.just("AB")}, optional={"adTrackingEnabled": JSON}
            )
        ),
        "externalIds": (
            JSON
            | st.lists(
                JSON | st.fixed_dictionaries({"id": JSON, "type": st.just("loyalty")}), max_size=2
            )
        ),
        "consent": st.just(REFUSAL["consent"]),
    },
)


@given(
    st.sampled_from(["track", "identify", "page"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    st.none() | CONTEXT,
)
@example("track", {}, {"device": {"advertisingId": "AB", "adTrackingEnabled": 1}})
@example("track", {}, {"device": {"advertisingId": "AB", "adTrackingEnabled": 1.0}})
def test_an_event_is_read_as_the_plainest_reading_reads_it(
    kind: str, fields: dict[str, Any], context: dict[str, Any] | None
) -> None:
    fields = {"type": kind, "userId": "u1"} | ({"event": "x"} if kind == "track" else {}) | fields
    fields |= {} if context is None else {"context": context}
    found = decode(collected(fields))
    if not isinstance(found, Event):
        assert isinstance(found, DeadLetter)
        refuses = context is not None and "consent" in context
        assert not refuses or found.failure.detail in ("$.event", "$.userId"), found
        return
    stored = StoredEvent(
        found.message_key,
        "US",
        found.type,
        found.identifiers[0].key,
        found.occurred_ms,
        found.received_ms,
        found.payload,
    )
    said = read_statement(stored, SALT, RULES, ProfileRules(event_trait_limit=50))
    assert (said.name, dict(said.consent), said.traits) == (found.name, found.consent, found.traits)
    assert [one.key for one in said.named] == [one.key for one in found.identifiers]


@pytest.mark.parametrize(
    ("fields", "reason", "named"),
    [
        ({"anonymousId": {}}, "invalid_type", [("user_id", "u1")]),
        ({"anonymousId": True}, "invalid_type", [("user_id", "u1")]),
        ({"userId": [1], "anonymousId": "a"}, "invalid_type", [("anonymous_id", "a")]),
        ({"userId": 0.5, "anonymousId": [], "previousId": []},
            "invalid_type", [("user_id", "0.5")]),
        ({"userId": False, "context": REFUSAL | {"traits": {"email": "a@x.org"}}},
            "invalid_type", [("email", "a@x.org")]),
        ({"type": "alias", "previousId": []}, "invalid_type", [("user_id", "u1")]),
        ({"type": "alias"}, "missing_previous", [("user_id", "u1")]),
        ({"type": "alias", "previousId": "p", "userId": None},
            "missing_previous", [("anonymous_id", "p")]),
        ({"type": "group", "groupId": {}}, "invalid_type", [("user_id", "u1")]),
        ({"type": "group", "traits": {"a": 1}}, "missing_group", [("user_id", "u1")]),
        ({"event": "Platform Report"}, "bad_report", [("user_id", "u1")]),
        ({"userId": {}}, "no_identifier", None),
        ({"userId": ""}, "no_identifier", None),
        ({"event": []}, "invalid_type", None),
        ({"event": ""}, "missing_event", None),
        ({"type": []}, "invalid_type", None),
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_refusal_counts_for_whomever_the_event_names_whatever_else_it_lacks(
    fields: dict[str, Any], reason: str, named: list[tuple[str, str]] | None
) -> None:
    said = {
        "type": "track",
        "event": "x",
        "userId": "u1",
        "messageId": "m",
        "context": REFUSAL,
        **fields,
    }
    found = decode(collected(said))
    if named is None:
        assert isinstance(found, DeadLetter)
        assert found.failure.reason == reason
        return
    assert isinstance(found, Event)
    assert (found.consent, names(found)) == ({"advertising": False}, named)
    told = unify([found], LoadedState(), definitions(), NOON_MS)
    assert isinstance(told, Changes)
    stored = StoredEvent(
        found.message_key,
        "US",
        found.type,
        found.identifiers[0].key,
        found.occurred_ms,
        found.received_ms,
        found.payload,
    )
    told_again = read_statement(stored, SALT, RULES, ProfileRules())
    assert ([(one.kind, one.value) for one in told_again.named], told_again.group) == (
        named,
        found.group,
    )

    grant = {"consent": {"categoryPreferences": {"advertising": True}}}
    granting = decode(collected(said | {"context": {**said["context"], **grant}}))
    assert isinstance(granting, DeadLetter)
    assert granting.failure.reason == reason


@pytest.mark.parametrize("levels", [100, 126, 127, 200, 940, 960, 980, 1_000, 20_000])
@pytest.mark.parametrize("member", ["integrations", "context", "properties", "traits", "unknown"])
@pytest.mark.parametrize(("opens", "closes"), [('{"a":', "}"), ("[", "]")])
def test_what_lies_too_deep_is_left_out_wherever_the_reader_stands_and_loses_no_refusal(
    levels: int, member: str, opens: str, closes: str
) -> None:
    deep = opens * levels + "1" + closes * levels
    inner = json.dumps(REFUSAL)[1:-1] if member == "context" else ""
    context = f'{{"page":{deep},{inner}}}' if inner else json.dumps(REFUSAL)
    beside = "" if inner else f',"{member}":{{"deep":{deep}}}'
    raw = (
        f'{{"type":"track","event":"x","userId":"u1","messageId":"m","context":{context}{beside}}}'
    ).encode()

    def found(calls: int) -> Event:
        if calls:
            return found(calls - 1)
        event = decode(collected(raw))
        assert isinstance(event, Event)
        return event

    assert found(0) == found(200)
    assert found(0).consent == {"advertising": False}
    assert (found(0).payload == raw) is (levels <= 125)
    assert found(0).payload.count(opens.encode()) <= 128


@pytest.mark.parametrize("text", ["[" * 300, "{" * 300, "\\" * 300 + '\\"' + "[" * 200])
def test_brackets_in_texts_and_beside_each_other_are_not_deep(text: str) -> None:
    raw = json.dumps(
        {
            "type": "track",
            "event": "x",
            "userId": "u1",
            "messageId": text,
            "properties": {"items": [{"a": [1]}] * 200},
        }
    )
    found = decode(collected(raw.encode()))
    assert isinstance(found, Event)
    assert found.payload == raw.encode()


@pytest.mark.parametrize(
    "member",
    [
        b'"properties":{"q":"\xe9"}',
        b'"context":{"page":{"title":"\xe9"}}',
        b'"traits":{"city":"\xe9"}',
    ],
)
def test_a_refusal_is_not_lost_to_a_character_that_is_not_utf_8(member: bytes) -> None:
    def told(value: bytes, user: bytes = b"u1", message_id: bytes = b"m") -> Event | DeadLetter:
        consent = b'"context":{"consent":{"categoryPreferences":{"advertising":%b}}}' % value
        event = b'{"type":"track","event":"x","userId":"%b","messageId":"%b",%b,%b}' % (
            user,
            message_id,
            member,
            consent,
        )
        found = decode(collected(event))
        assert isinstance(found, Event | DeadLetter)
        return found

    found = told(b"false")
    assert isinstance(found, Event)
    assert found.consent == {"advertising": False}
    assert found.payload.decode().count("\ufffd") == 1
    assert isinstance(told(b"true"), DeadLetter)
    assert isinstance(told(b"false", user=b"u\xe9"), DeadLetter)
    assert isinstance(told(b"false", message_id=b"m\xe9"), DeadLetter)
