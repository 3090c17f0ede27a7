"""Taking identifiers out of an event's JSON."""

import json
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import EVENT_TYPES, Identifier
from domain.ids import IdentifierKey
from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.erasure.redact import ERASED, PART_LIMIT, redacted
from operators.identity.normalise import normalise

RULES = IdentityRules()


def spelled(kind: str, text: str) -> str | None:
    return normalise(kind, text, RULES, "US")


def one(kind: str, value: str) -> Identifier:
    return Identifier(identifier_key(b"salt", kind, value), kind, value)


MARY = one("email", "mary@example.com")
PHONE = one("phone", "+16502530000")
DEVICE = one("device_id", "aebe52e7-03ee-455a-b3c4-e57283966239")
SHORT = one("user_id", "u7")
LONG = one("user_id", "user-4711-a")
NUMBER = one("user_id", "1234567890")
NINES = "9" * 5_000


@pytest.mark.parametrize(
    ("identifier", "before", "after"),
    [
        (MARY, r'{"a": "mary@example.com"}', r'{"a": null}'),
        (MARY, r'{"a": " Mary@Example.COM\n"}', r'{"a": null}'),
        (MARY, r'{"a": "mary\u0040example.com"}', r'{"a": null}'),
        (MARY, r'{"a": "to Mary@example.com, now"}', r'{"a": "to [erased], now"}'),
        (MARY, r'{"a": "?m=mary%40example.com"}', r'{"a": "?m=[erased]"}'),
        (MARY, r'{"a": "?m=%6dary%2540example%2Ecom"}', r'{"a": "?m=[erased]"}'),
        (MARY, r'{"a": "{\"m\":\"mary\\u0040example.com\"}"}', r'{"a": "{\"m\":\"[erased]\"}"}'),
        (MARY, r'{"mary@example.com": 1}', r'{"[erased]": 1}'),
        (MARY, r'{"mary\u0040example.com" : 1}', r'{"[erased]" : 1}'),
        (MARY, r'{"of mary@example.com":1}', r'{"of [erased]":1}'),
        (MARY, r'{"a": "é mary@example.com"}', r'{"a": "é [erased]"}'),
        (MARY, r'{"a": "\ud83d mary@example.com"}', r'{"a": "\ud83d [erased]"}'),
        (PHONE, r'{"a": "(650) 253-0000"}', r'{"a": null}'),
        (PHONE, r'{"a": 16502530000}', r'{"a": null}'),
        (PHONE, r'{"a": "1 https://wa.me/16502530000"}', r'{"a": "1 https://wa.me/[erased]"}'),
        (PHONE, r'{"a": "?a=1&to=%2B16502530000"}', r'{"a": "?a=1&to=[erased]"}'),
        (DEVICE, r'{"a": "AEBE52E7-03EE-455A-B3C4-E57283966239"}', r'{"a": null}'),
        (SHORT, r'{"userId": "u7"}', r'{"userId": null}'),
        (SHORT, r'{"previousId": "u7"}', r'{"previousId": null}'),
        (SHORT, r'{"externalIds": [{"id": "u7"}]}', r'{"externalIds": [{"id": null}]}'),
        (NUMBER, "[1234567890, 1234567890.0, 1.23456789e9]", "[null, null, null]"),
        (NUMBER, "[-1234567890, 12345678901]", "[-1234567890, 12345678901]"),
        (NUMBER, f"[1e400, 1234567890, {NINES}]", f"[1e400, null, {NINES}]"),
        (LONG, '{"user-4711-a": "user-4711-a"}', '{"[erased]": null}'),
        (LONG, '{"a": "by user-4711-a"}', '{"a": "by [erased]"}'),
    ],
)  # fmt: skip
def test_an_identifier_is_taken_out(identifier: Identifier, before: str, after: str) -> None:
    assert redacted(before.encode(), [identifier], spelled) == after.encode()


def test_bytes_that_do_not_match_come_back_as_they_were() -> None:
    payload = b'{ "a" : 1e400, "a":\t[true ,"\\u0041","\xff"] }'
    assert redacted(payload, [MARY, PHONE, DEVICE, SHORT, NUMBER], spelled) is payload


def test_nothing_to_take_out_takes_nothing_out() -> None:
    assert redacted(b'{"a": "mary@example.com"}', [], spelled) == b'{"a": "mary@example.com"}'


def test_deep_nesting_is_no_matter() -> None:
    payload = b'{"a":' + b"[" * 100_000 + b'"user-4711-a"' + b"]" * 100_000 + b"}"
    assert redacted(payload, [LONG], spelled) == payload.replace(b'"user-4711-a"', b"null")


def test_bytes_that_are_no_text_are_no_matter() -> None:
    assert redacted(b'{"a":"\xff u7777 mary@example.com"}', [MARY], spelled) == (
        '{"a":"\ufffd u7777 [erased]"}'.encode()
    )


def test_what_makes_an_event_one_stays() -> None:
    payload = b'{"type":"track","userId":"u1","context":{"consent":{"ads":false}}}'
    odd = [one("user_id", value) for value in ("track", "context", "consent", "userId")]
    assert redacted(payload, odd, spelled) == payload


def test_another_identifier_that_contains_an_erased_one_stays() -> None:
    payload = b'{"userId":"user-12345","anonymousId":"12345"}'
    assert (
        redacted(payload, [one("anonymous_id", "12345")], spelled, [one("user_id", "user-12345")])
        == b'{"userId":"user-12345","anonymousId":null}'
    )


def test_the_member_says_which_of_two_equal_identifiers_is_erased() -> None:
    payload = b'{"userId":12345,"anonymousId":"12345","properties":{"x":"12345"}}'
    assert (
        redacted(payload, [one("anonymous_id", "12345")], spelled, [one("user_id", "12345")])
        == b'{"userId":12345,"anonymousId":null,"properties":{"x":"12345"}}'
    )


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ("Order Completed", '{"event":"Order Completed"}'),
        ("Order", '{"event":"Order Completed"}'),
        ("7", '{"properties":{"revenue":7,"quantity":7.0,"products":[{"id":"7"}]}}'),
        ("EUR", '{"properties":{"currency":"EUR"}}'),
        ("revenue", '{"properties":{"revenue":51}}'),
        ("revenu", '{"properties":{"revenue":51}}'),
        ("gr-1", '{"groupId":"gr-1"}'),
        ("johnk", '{"traits":{"plan":"johnk gold"}}'),
        ("2026-12-01", '{"timestamp":"2026-12-01T07:08:09Z","messageId":"2026-12-01-a"}'),
        ("advertising", '{"context":{"consent":{"categoryPreferences":{"advertising":false}}}}'),
        ("C0004abcd1", '{"consentManagement":{"deniedConsentIds":["C0004abcd1"]},"C":1}'),
        ("C0004abcd1", '{"consent":{"a":[{"C0004abcd1":true}]},"b":{"consent":"C0004abcd1"}}'),
    ],
)
def test_what_says_something_else_stays(value: str, payload: str) -> None:
    assert redacted(payload.encode(), [one("user_id", value)], spelled) == payload.encode()


def test_what_follows_consent_is_redacted_again() -> None:
    payload = b'{"consent":{"a":"user-4711-a"},"b":["user-4711-a",{"c":1},"user-4711-a"]}'
    assert (
        redacted(payload, [LONG], spelled)
        == b'{"consent":{"a":"user-4711-a"},"b":[null,{"c":1},null]}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 500_000,
        "%25" * 300_000,
        ("mary.anderson" * 40)[:-1] * 50,
        "a" * 200_000,
        "\\u006d" * 50_000,
    ],
)
def test_no_text_takes_long_to_search(text: str) -> None:
    payload = json.dumps({"a": text}).encode()
    values = ["mary.anderson" * 40 + "1", "a" * 499 + "1", "%" * 99 + "a1234567", "\\" * 99 + "a1"]
    assert redacted(payload, [one("user_id", value) for value in values], spelled) == payload


values = st.one_of(
    st.emails().map(lambda value: f"1{value.lower()}"),
    st.text(min_size=PART_LIMIT, max_size=20).map(lambda value: f"{value}a1234567"),
    st.text("aé🙂%\\\"/+ @1ßΣ", min_size=1, max_size=8).map(lambda value: f"a1{value}234567"),
    st.integers(10**9, 10**12).map(str),
).filter(
    lambda value: value == value.strip()
    and value
    and value.lower() not in ERASED
    and value not in EVENT_TYPES
)  # fmt: skip
forms = st.sampled_from(
    [
        lambda value: value,
        str.upper,
        lambda value: quote(value, safe=""),
        lambda value: quote(quote(value, safe=""), safe=""),
    ]
)
other = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def texts_of(tree: object) -> list[str]:
    match tree:
        case dict():
            return [*map(str, tree), *(t for value in tree.values() for t in texts_of(value))]
        case list():
            return [t for value in tree for t in texts_of(value)]
        case str():
            return [tree]
        case bool() | None:
            return []
        case _:
            return [str(tree)]


@given(values, forms, st.text(max_size=5), st.text(max_size=5), other, st.booleans())
def test_no_form_of_an_identifier_can_be_read_afterwards(
    value: str, form: object, before: str, after: str, rest: object, ascii_only: bool
) -> None:
    assert callable(form)
    text = form(value) if len(value) >= PART_LIMIT else value
    around = before + text + after if len(value) >= PART_LIMIT else text
    tree = {"a": [text, around, {around: rest}], text: rest, "n": rest}
    payload = json.dumps(tree, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    found = json.loads(redacted(payload, [one("user_id", value)], spelled))
    for read in texts_of(found):
        assert read != value
        if len(value) >= PART_LIMIT and not read.lstrip("-").replace(".", "").isdigit():
            assert text not in read


@given(other, st.sampled_from([MARY, PHONE, DEVICE, SHORT, NUMBER]), st.text(max_size=9))
def test_what_is_json_stays_json_and_a_second_time_changes_nothing(
    tree: object, identifier: Identifier, text: str
) -> None:
    payload = json.dumps([tree, text + identifier.value, identifier.value]).encode()
    found = redacted(payload, [identifier], spelled)
    assert json.loads(found)[0] is not Ellipsis
    assert redacted(found, [identifier], spelled) == found


@given(st.binary(), st.sampled_from([MARY, PHONE, DEVICE, SHORT, NUMBER]))
def test_no_bytes_raise(payload: bytes, identifier: Identifier) -> None:
    redacted(payload, [identifier], spelled)
    redacted(b'{"a":"' + payload + b'"}', [identifier], spelled, [MARY])


@given(other)
def test_other_json_keeps_its_bytes(tree: object) -> None:
    payload = msgspec.json.encode(json.loads(json.dumps(tree).replace("\\ud", "\\u0")))
    key = IdentifierKey(b"x" * 16)
    assert (
        redacted(payload, [Identifier(key, "email", "nobody@nowhere.example")], spelled) == payload
    )
