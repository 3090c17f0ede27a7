"""Consent fails closed: only a documented grant permits more than before, whatever JSON stands in
its place, and the event counts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Batch, Event, Record
from domain.ids import SourceId
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Leaf
from domain.statement import Statement, StatementState, verdicts
from operators.profiles.compose import compose
from operators.profiles.consent import consents
from operators.profiles.fold import fold
from oracle.statements.consent import read_consent
from sources.intake.decode import Decoder
from sources.intake.statements import StatementReader
from store.definitions.load import SourceRow
from tests.support.builders import NOON_MS, SALT, WORKSPACE, event

RULES = ProfileRules(event_purpose_limit=5, purpose_length_limit=20)
DECODER = Decoder({1: SourceRow(SourceId(1), WORKSPACE, SALT, "US")}, {}, IdentityRules(), RULES)
READ = StatementReader(IdentityRules(), RULES)
ALL = {EVERY_PURPOSE: False}


def decoded(raw: bytes) -> Event:
    found = DECODER(
        Batch("log", 0, 0, 1, (Record(0, 0, encode_event(1, NOON_MS, 0, raw), 0, NOON_MS),))
    )[0]
    assert isinstance(found, Event), found
    return found


def stating(context: str) -> bytes:
    return (
        b'{"type":"track","event":"x","messageId":"m","userId":"u1","context":%b}'
        % context.encode()
    )


def categories(preferences: str) -> bytes:
    return stating(f'{{"consent":{{"categoryPreferences":{preferences}}}}}')


def rudderstack(
    allowed: str, denied: str, more: str = '"provider":"custom","resolutionStrategy":"and"'
) -> bytes:
    return stating(
        f'{{"consentManagement":{{{more},"allowedConsentIds":{allowed},"deniedConsentIds":{denied}}}}}'
    )


@pytest.mark.parametrize(
    ("raw", "statements"),
    [
        (categories('{"advertising":true,"Email":false}'), {"advertising": True, "email": False}),
        (categories('{"advertising":"false"}'), {"advertising": False}),
        (categories('{"advertising":"true"}'), {"advertising": False}),
        (categories('{"advertising":null}'), {"advertising": False}),
        (categories('{"advertising":0}'), {"advertising": False}),
        (categories('{"advertising":1}'), {"advertising": False}),
        (categories('{"advertising":1e400}'), {"advertising": False}),
        (categories('{"advertising":"denied"}'), {"advertising": False}),
        (categories('{"advertising":{"granted":true}}'), {"advertising": False}),
        (categories('{"advertising":[true]}'), {"advertising": False}),
        (
            categories('{"advertising":false,"functional":"true"}'),
            {"advertising": False, "functional": False},
        ),
        (
            categories('{"advertising":true,"functional":"true"}'),
            {"advertising": True, "functional": False},
        ),
        (categories('{" advertising ":false}'), {"advertising": False}),
        (categories('{" advertising ":true}'), {"advertising": True}),
        (categories('{"adver\\u200btising":false}'), {"advertising": False}),
        (categories('{"adver\\u200btising":true}'), {}),
        (categories('{"adver\\u0000tising":false}'), {"advertising": False}),
        (categories('{"\uff21DVERTISING":false}'), {"advertising": False}),
        (categories('{"advertising":true,"adver\\u200btising":false}'), {"advertising": False}),
        (categories('{"advertising":false,"advertising":true}'), {"advertising": False}),
        (categories('{"advertising":true,"advertising":false}'), {"advertising": False}),
        (categories('{"advertising":true,"ADVERTISING":"no"}'), {"advertising": False}),
        (categories('{"*":true}'), {}),
        (categories('{"*":false,"advertising":true}'), ALL),
        (categories('{"":false," ":true}'), {}),
        (categories('{"%s":true}' % ("x" * 21)), {}),
        (categories('{"%s":false}' % ("x" * 21)), ALL),
        (categories('{"p0":true,"p1":true,"p2":true,"p3":true,"p4":true,"p5":true}'), ALL),
        (categories("[]"), {}),
        (categories("{}"), {}),
        (categories("null"), {}),
        (categories('[{"id":"advertising","granted":false}]'), ALL),
        (categories('"x"'), ALL),
        (categories('""'), ALL),
        (categories("7"), ALL),
        (categories("false"), ALL),
        (categories("true"), ALL),
        (stating('{"consent":"no"}'), ALL),
        (stating('{"consent":false}'), ALL),
        (stating('{"consent":{"advertising":false}}'), ALL),
        (stating('{"consent":{"advertising":true}}'), ALL),
        (stating('{"consent":{"categoryPreferences":null,"advertising":false}}'), ALL),
        (stating('{"consent":{}}'), {}),
        (stating('{"consent":[]}'), {}),
        (stating('{"consent":null}'), {}),
        (
            stating('{"consent":{"categoryPreferences":{"advertising":true},"version":3}}'),
            {"advertising": True},
        ),
        (
            stating('{"consent":{"categoryPreferences":{"advertising":false}},"consent":{}}'),
            {"advertising": False},
        ),
        (
            stating(
                '{"consent":{"categoryPreferences":{"advertising":false},"categoryPreferences":{"advertising":true}}}'
            ),
            {"advertising": False},
        ),
        (
            stating(
                '{"consent":{"categoryPreferences":{"advertising":false}}},"context":{"consent":{"categoryPreferences":{"advertising":true}}}'
            ),
            {"advertising": False},
        ),
        (
            stating(
                '{"consent":{"categoryPreferences":{"a":true}}},"context":{"consentManagement":{"deniedConsentIds":["a"]}}'
            ),
            {"a": False},
        ),
        (
            stating(
                '{"c\\u006fnsent":"no","consent":{"categoryPreferences":{"advertising":true}}}'
            ),
            ALL,
        ),
        (
            stating('{"consent":{"categoryPreferences":{"advertising":false}}},"context":{}'),
            {"advertising": False},
        ),
        (
            stating('{"consent":{"categoryPreferences":{"advertising":false}}},"context":null'),
            {"advertising": False},
        ),
        (
            stating('{"consent":{"categoryPreferences":{"advertising":false}}},"con\\u0074ext":[]'),
            {"advertising": False},
        ),
        (
            stating('{"consentManagement":{"deniedConsentIds":["a"]}},"context":{"ip":"::1"}'),
            {"a": False},
        ),
        (stating('[{"con\\u0073ent":{"categoryPreferences":{"advertising":false}}}]'), ALL),
        (stating('"{\\u0022consent\\u0022:{}}"'), ALL),
        (stating('"caf\\u0065"'), {}),
        (stating('[{"consent":{"categoryPreferences":{"advertising":false}}}]'), ALL),
        (stating('"{\\"consent\\":{}}"'), ALL),
        (stating("[]"), {}),
        (stating('"x"'), {}),
        (rudderstack('["Advertising"]', "[]"), {"advertising": True}),
        (rudderstack("[]", '["advertising"]'), {"advertising": False}),
        (rudderstack('["advertising"]', '[" ADVERTISING "]'), {"advertising": False}),
        (
            rudderstack('["functional"," "]', '["advertising",""]'),
            {"functional": True, "advertising": False},
        ),
        (rudderstack("[]", "[]"), {}),
        (rudderstack("null", "null"), {}),
        (rudderstack('["advertising",7]', "[]"), ALL),
        (rudderstack('[{"id":"advertising"}]', "[]"), ALL),
        (rudderstack("[]", "[7]"), ALL),
        (rudderstack("[]", '"advertising"'), ALL),
        (rudderstack("[]", '{"0":"advertising"}'), ALL),
        (rudderstack('"advertising"', "[]"), ALL),
        (rudderstack('{"advertising":"Ads"}', "[]"), ALL),
        (rudderstack('{"C0004":"ADS"}', '["C0003"]', '"provider":"oneTrust"'), {"c0003": False}),
        (
            rudderstack('{"C0004":false}', '["C0003"]', '"provider":"oneTrust"'),
            {"c0003": False} | ALL,
        ),
        (rudderstack('["*"]', '["a"]'), {"a": False}),
        (rudderstack("[]", '["*"]'), ALL),
        (
            rudderstack('["advertising"]', "[]", '"provider":7,"resolutionStrategy":[]'),
            {"advertising": True},
        ),
        (rudderstack("[]", '["advertising"],"deniedConsentIds":[]'), {"advertising": False}),
        (stating('{"consentManagement":[]}'), {}),
        (stating('{"consentManagement":{}}'), {}),
        (stating('{"consentManagement":"no"}'), ALL),
        (stating('{"consentManagement":["advertising"]}'), ALL),
        (
            stating(
                '{"consent":{"categoryPreferences":{"a":true,"b":false}},"consentManagement":{"deniedConsentIds":["a"]}}'
            ),
            {"a": False, "b": False},
        ),
        (stating('{"consent":{"categoryPreferences":{"a":true}},"consentManagement":"no"}'), ALL),
        (stating('{"consent":%s}' % ("[" * 300 + "]" * 300)), ALL),
    ],
)
def test_only_a_documented_grant_is_one_and_whatever_else_is_said_refuses(
    raw: bytes, statements: dict[str, bool]
) -> None:
    assert decoded(raw).consent == statements
    assert read_consent(raw, RULES) == statements


@pytest.mark.parametrize(
    ("raw", "odd"),
    [
        (categories('{"advertising":true,"email":false}'), ()),
        (categories("[]"), ()),
        (rudderstack('["a",""]', '["b"]'), ()),
        (categories('{"advertising":"true"}'), ("consent",)),
        (categories('{"*":true}'), ("consent",)),
        (categories('"no"'), ("consent",)),
        (rudderstack("7", "[]"), ("consentManagement",)),
        (stating('{"consent":7,"consentManagement":7}'), ("consent", "consentManagement")),
    ],
)
def test_what_is_neither_a_grant_nor_a_plain_refusal_is_named(
    raw: bytes, odd: tuple[str, ...]
) -> None:
    assert decoded(raw).odd == odd


def test_consent_nested_beyond_reading_refuses_everything_and_the_event_counts() -> None:
    raw = categories('{"advertising":%s}' % ("[" * 20_000 + "]" * 20_000))
    found = DECODER(Batch("log", 0, 0, 1, (Record(0, 0, raw, 1, NOON_MS),)))[0]
    assert isinstance(found, Event)
    assert found.consent == {"advertising": False} == read_consent(found.payload, RULES)


def test_half_a_surrogate_pair_beside_a_refusal_does_not_lose_it() -> None:
    context = b'{"consent":{"categoryPreferences":{"advertising":false,"\\udc00":true}}}'
    raw = b'{"type":"track","event":"\\ud83d","userId":"u","context":%b}' % context
    found = DECODER(Batch("log", 0, 0, 1, (Record(0, 0, raw, 1, NOON_MS),)))[0]
    assert isinstance(found, Event)
    assert (found.name, found.consent) == ("\ufffd", {"advertising": False, "\ufffd": True})
    assert json.loads(found.payload)["event"] == "\ufffd"


@pytest.mark.parametrize(
    "beside",
    [
        {"timestamp": "yesterday"},
        {"originalTimestamp": []},
        {"sentAt": {"a": 1}},
        {"traits": {f"t{n}": n for n in range(1_001)}, "type": "identify"},
        {"traits": {"t": json.loads("[" * 90 + "]" * 90)}, "type": "identify"},
    ],
    ids=lambda beside: next(iter(beside)),
)
def test_a_refusal_is_not_lost_to_a_fault_beside_it(beside: dict[str, Any]) -> None:
    context = {"consent": {"categoryPreferences": {"advertising": False}}}
    found = decoded(
        json.dumps(
            {"type": "track", "event": "x", "userId": "u", "context": context} | beside
        ).encode()
    )
    assert (found.consent, found.occurred_ms, found.traits) == ({"advertising": False}, NOON_MS, {})
    assert found.odd in (("timestamp",), ("traits",))


def test_what_cannot_be_dated_grants_nothing() -> None:
    context = {"consent": {"categoryPreferences": {"advertising": False, "email": True}}}
    raw = json.dumps(
        {
            "type": "track",
            "event": "x",
            "userId": "u",
            "timestamp": "25.11.2019",
            "context": context,
        }
    ).encode()
    assert decoded(raw).consent == {"advertising": False}


class Pairs(list[tuple[str, Any]]):
    """A JSON object whose keys may come twice."""


class Raw(str):
    """A JSON text as it stands."""

    __slots__ = ()


def spelled(value: Any) -> str:
    """JSON of a value; strings in any spelling."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{spelled(key)}:{spelled(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spelled, value)) + "]"
    return json.dumps(value, ensure_ascii=isinstance(value, str) and len(value) % 2 == 0)


PURPOSES = (
    "advertising", " Advertising ", "ADVERTISING", "adver\u200btising", "adver\0tising",
    "\uff21dvertising", "email", "*", " * ", "", " ",
    "x" * 21, "granted", "ads",
)  # fmt: skip
KEYS = st.sampled_from(PURPOSES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
ODD = st.sampled_from(
    [
        "false",
        "true",
        "denied",
        "",
        0,
        1,
        -0.5,
        Raw("1e400"),
        Raw("-0"),
        Raw("9" * 400),
        Raw("[" * 200 + "]" * 200),
    ]
)
PLAIN = st.sampled_from([True, True, False, None])
VALUES = st.recursive(
    PLAIN | ODD | KEYS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(st.tuples(KEYS, inner), max_size=3).map(Pairs)
    ),
    max_leaves=6,
)


def members(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pairs]:
    """Objects that have some of these members, in any order, some perhaps twice."""
    return st.lists(
        st.one_of([st.tuples(st.just(name), value) for name, value in values.items()]), max_size=4
    ).map(Pairs)


PREFERENCES = st.lists(st.tuples(KEYS, PLAIN | ODD | VALUES), max_size=7).map(Pairs)
SEGMENT = members(categoryPreferences=PREFERENCES | VALUES, advertising=VALUES)
IDS = st.lists(KEYS | VALUES, max_size=3)
RUDDERSTACK = members(
    provider=st.sampled_from(["oneTrust", "custom"]) | VALUES,
    allowedConsentIds=IDS | st.lists(st.tuples(KEYS, KEYS), max_size=2).map(Pairs) | VALUES,
    deniedConsentIds=IDS | VALUES,
    resolutionStrategy=st.sampled_from(["and", "or"]) | VALUES,
)
CONTEXT = (
    members(consent=SEGMENT | VALUES, consentManagement=RUDDERSTACK | VALUES, library=VALUES)
    | VALUES
)
EVENTS = st.lists(CONTEXT, min_size=1, max_size=2).map(
    lambda contexts: (
        b'{"type":"track","event":"x","messageId":"m","userId":"u1",%b}'
        % ",".join(f'"context":{spelled(context)}' for context in contexts).encode()
    )
)


def documented_grants(raw: bytes) -> set[str]:
    """Purposes for which the event holds a grant as docs/consent.md defines one, as they are
    spelled but for case and blanks."""
    found: set[str] = set()
    for context in of(json.loads(raw, object_pairs_hook=Pairs), "context"):
        for consent in of(context, "consent"):
            for preferences in of(consent, "categoryPreferences"):
                found |= (
                    {purpose for purpose, value in preferences if value is True}
                    if isinstance(preferences, Pairs)
                    else set()
                )
        for consent in of(context, "consentManagement"):
            for ids in of(consent, "allowedConsentIds"):
                found |= texts(ids)
    return {purpose.strip().lower() for purpose in found}


def plainly_refused(raw: bytes) -> set[str]:
    """Purposes to which the event says no in so many words."""
    found: set[str] = set()
    for context in of(json.loads(raw, object_pairs_hook=Pairs), "context"):
        for consent in of(context, "consent"):
            for preferences in of(consent, "categoryPreferences"):
                found |= (
                    {purpose for purpose, value in preferences if value is not True}
                    if isinstance(preferences, Pairs)
                    else set()
                )
        for consent in of(context, "consentManagement"):
            for ids in of(consent, "deniedConsentIds"):
                found |= texts(ids)
    return {purpose.strip().lower() for purpose in found}


def texts(ids: Any) -> set[str]:
    """Texts in a list; an object is none."""
    return (
        {item for item in ids if isinstance(item, str)}
        if isinstance(ids, list) and not isinstance(ids, Pairs)
        else set()
    )


def of(value: Any, key: str) -> list[Any]:
    return [item for name, item in value if name == key] if isinstance(value, Pairs) else []


def stated(statements: list[tuple[str, bool, int]]) -> Leaf:
    leaf = Leaf()
    for number, (purpose, granted, ago) in enumerate(statements):
        fold(
            leaf,
            event(
                "u1",
                at_ms=-ago,
                message=f"before{number}",
                consent={purpose: granted and purpose != "*"},
            ),
            RULES,
        )
    return leaf


BEFORE = st.lists(
    st.tuples(
        st.sampled_from(["advertising", "email", "ads", "*"]),
        st.booleans(),
        st.sampled_from([0, 0, 5]),
    ),
    max_size=5,
)
PROBES = ("advertising", "email", "ads", "granted", "*", "", "x" * 21)


@given(BEFORE, EVENTS)
def test_no_json_permits_more_than_before_unless_it_is_a_documented_grant(
    before: list[tuple[str, bool, int]], raw: bytes
) -> None:
    earlier, said = stated(before), decoded(raw)
    later = stated(before)
    fold(later, said, RULES)
    other = Leaf()
    fold(other, said, RULES)

    grants, refusals = documented_grants(raw), plainly_refused(raw)
    for probe in PROBES:
        after = consents(later, probe)
        assert after is consents(compose([other, earlier], RULES, {}), probe)
        if after:
            assert probe not in refusals
            assert consents(earlier, probe) or probe in grants
    assert not consents(later, EVERY_PURPOSE)


@given(EVENTS)
def test_what_is_read_is_what_the_plainest_reading_finds(raw: bytes) -> None:
    assert decoded(raw).consent == read_consent(raw, RULES)


HISTORY = st.lists(
    st.tuples(
        st.sampled_from(["advertising", "email", "*"]), st.booleans(), st.sampled_from([0, 1, 1, 2])
    ),
    max_size=6,
)


@given(HISTORY, st.randoms())
def test_the_newest_statement_counts_and_at_one_instant_the_refusal(
    statements: list[tuple[str, bool, int]], dice: Any
) -> None:
    said = [(purpose, granted and purpose != "*", -ago) for purpose, granted, ago in statements]
    numbered = list(enumerate(said))
    dice.shuffle(numbered)
    leaf = Leaf()
    for number, (purpose, granted, at_ms) in numbered:
        fold(
            leaf, event("u1", at_ms=at_ms, message=f"m{number}", consent={purpose: granted}), RULES
        )
    for probe in ("advertising", "email"):
        words = [
            (at_ms, not granted) for purpose, granted, at_ms in said if purpose in (probe, "*")
        ]
        assert consents(leaf, probe) is (bool(words) and not max(words)[1])


@given(EVENTS)
def test_the_history_of_a_stored_event_is_what_the_engine_folds(raw: bytes) -> None:
    said = decoded(raw)
    told = READ(1, said.payload)
    assert told == said.statements
    assert verdicts(told) == said.consent
    assert len({one.purpose for one in told}) == len(told)
    assert all(one.form.startswith("context") and one.version.isprintable() for one in told)


GRANTED, REFUSED, UNREADABLE = StatementState
SEGMENTS, RUDDERSTACKS = "context.consent.categoryPreferences", "context.consentManagement"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (
            categories('{"a":true,"b":false,"c":"no"}'),
            [
                Statement("a", GRANTED, SEGMENTS),
                Statement("b", REFUSED, SEGMENTS),
                Statement("c", UNREADABLE, SEGMENTS),
            ],
        ),
        (
            stating('{"consent":{"version":"2026-02","categoryPreferences":{"a":true}}}'),
            [Statement("a", GRANTED, SEGMENTS, "2026-02")],
        ),
        (
            stating('{"consent":{"policyVersion":4,"categoryPreferences":{"a":true}}}'),
            [Statement("a", GRANTED, SEGMENTS, "4")],
        ),
        (
            stating('{"consent":{"version":" ","document":"v7","categoryPreferences":{"a":true}}}'),
            [Statement("a", GRANTED, SEGMENTS, "v7")],
        ),
        (
            stating('{"consent":{"version":1e400,"categoryPreferences":{"a":true}}}'),
            [Statement("a", GRANTED, SEGMENTS)],
        ),
        (
            rudderstack('["a"]', '["b"]', '"provider":"x","tcfPolicyVersion":4.5'),
            [
                Statement("a", GRANTED, RUDDERSTACKS, "4.5"),
                Statement("b", REFUSED, RUDDERSTACKS, "4.5"),
            ],
        ),
        (rudderstack("[]", '["*"]'), [Statement("*", REFUSED, RUDDERSTACKS)]),
        (categories('"no"'), [Statement("*", UNREADABLE, SEGMENTS)]),
        (stating('{"consent":"no"}'), [Statement("*", UNREADABLE, "context.consent")]),
        (stating('"{\\"consent\\":{}}"'), [Statement("*", UNREADABLE, "context")]),
        (
            stating('{"consent":{"categoryPreferences":{"a":true}},"consentManagement":{"deniedConsentIds":["a"]}}'),
            [Statement("a", REFUSED, RUDDERSTACKS)],
        ),
    ],
)  # fmt: skip
def test_a_statement_says_in_which_form_and_text_version_it_was_made(
    raw: bytes, told: list[Statement]
) -> None:
    assert sorted(READ(1, raw)) == sorted(told)


def test_what_is_no_event_states_nothing() -> None:
    assert READ(1, b'{"type":"dance","context":{"consent":"no"}}') == ()
    assert READ(1, b'["consent"') == ()
