"""The oracle's own parts, checked against answers worked out by hand."""

import json
from datetime import timedelta
from typing import Any

import pytest

from domain.ids import IdentifierKey, MessageKey
from domain.policies import IdentityRules, KindRule, ProfileRules
from domain.stored import StoredEvent
from oracle.identity import Facts, Ruling, Verdict, people_of
from oracle.statements.named import Named
from oracle.statements.record import Statement, read_statement
from oracle.view import View, churns_at, stage_at, view_of
from tests.oracle.tables import DAY, SALT


def read(
    type_: str = "track", *, region: str = "", rules: ProfileRules | None = None, **payload: Any
) -> Statement:
    body = json.dumps({"type": type_, **payload}).encode()
    event = StoredEvent(
        MessageKey(b"\x7f" + bytes(15)), region, type_, IdentifierKey(bytes(16)), 5, 9, body
    )
    identity = IdentityRules(kinds={**IdentityRules().kinds, "crm_id": KindRule(2, 1)})
    return read_statement(event, SALT, identity, rules or ProfileRules())


def names(statement: Statement) -> list[str]:
    return [f"{named.kind}:{named.value}" for named in statement.named]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"userId": "Mary"}, ["user_id:Mary"]),
        ({"userId": 17}, ["user_id:17"]),
        ({"userId": 17.0}, ["user_id:17"]),
        ({"userId": 1.5}, ["user_id:1.5"]),
        ({"anonymousId": "a", "userId": "u"}, ["user_id:u", "anonymous_id:a"]),
        ({"userId": "null", "anonymousId": "a"}, ["anonymous_id:a"]),
        ({"userId": "u", "traits": {"email": "x@y.zz"}}, ["user_id:u"]),
        (
            {"userId": "u", "context": {"traits": {"email": " X@Y.zz"}}},
            ["user_id:u", "email:x@y.zz"],
        ),
        ({"context": {"device": {"advertisingId": "AB-1"}}}, ["device_id:ab-1"]),
        (
            {
                "userId": "u",
                "context": {"device": {"advertisingId": "AB-1", "adTrackingEnabled": False}},
            },
            ["user_id:u"],
        ),
        (
            {
                "context": {
                    "externalIds": [{"id": 5, "type": "crm_id"}, {"id": "1", "type": "other"}]
                }
            },
            ["crm_id:5"],
        ),
    ],
)
def test_identifiers_are_read_strongest_first(payload: dict[str, Any], expected: list[str]) -> None:
    assert names(read(event="Viewed", **payload)) == expected


def test_explicit_traits_of_an_identify_win_over_ambient_ones() -> None:
    statement = read(
        "identify",
        userId="u",
        traits={"email": "own@x.yy"},
        context={"traits": {"email": "ambient@x.yy", "plan": "gold"}},
    )
    assert names(statement) == ["user_id:u", "email:own@x.yy"]
    assert statement.traits == {"email": "own@x.yy", "plan": "gold"}


def test_traits_of_a_group_call_belong_to_the_group() -> None:
    statement = read(
        "group",
        userId="u",
        groupId=3.0,
        traits={"email": "desk@x.yy"},
        context={"traits": {"plan": "gold"}},
    )
    assert names(statement) == ["user_id:u"]
    assert (statement.group, statement.group_traits, statement.traits) == (
        "3",
        {"email": "desk@x.yy"},
        {"plan": "gold"},
    )


def test_an_alias_names_both_ids() -> None:
    assert names(read("alias", userId="u", previousId="a")) == ["user_id:u", "anonymous_id:a"]


def test_a_phone_number_is_read_in_the_region_of_its_source() -> None:
    assert names(read(event="x", region="US", context={"traits": {"phone": "(650) 253-0000"}})) == [
        "phone:+16502530000"
    ]


def test_integers_beyond_64_bits_are_kept_as_floats() -> None:
    traits = read(
        "identify",
        userId="u",
        traits={"big": 2**64, "fits": 2**64 - 1, "deep": [{"n": -(2**63) - 1}]},
    ).traits
    assert [type(traits["big"]), type(traits["fits"]), type(traits["deep"][0]["n"])] == [
        float,
        int,
        float,
    ]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"revenue": 11.77, "currency": "USD"}, ("USD", 1177)),
        ({"total": "12.5"}, ("USD", 1250)),
        ({"revenue": None, "value": 3}, ("USD", 300)),
        ({"revenue": 1, "total": 2}, ("USD", 100)),
        ({"revenue": 1000, "currency": "jpy"}, ("JPY", 1000)),
        ({"revenue": 1.2345, "currency": "KWD"}, ("KWD", 1234)),
        ({"revenue": 0.125}, ("USD", 12)),
        ({"revenue": 0.135}, ("USD", 14)),
        ({"revenue": "free"}, ("USD", 0)),
        ({"revenue": "NaN"}, ("USD", 0)),
        ({"revenue": True}, ("USD", 0)),
        ({"revenue": 1e15}, ("USD", 0)),
        ({"revenue": -3}, ("USD", -300)),
        ({"revenue": 1, "currency": "euro"}, ("USD", 100)),
        ({"revenue": 1, "currency": "äbc"}, ("USD", 100)),
        ({}, ("USD", 0)),
    ],
)
def test_the_money_of_an_order_is_in_minor_units(
    properties: dict[str, Any], expected: tuple[str, int]
) -> None:
    assert read(event="Order Completed", userId="u", properties=properties).order == expected


def test_only_configured_tracks_are_orders() -> None:
    assert read(event="Viewed", userId="u", properties={"revenue": 1}).order is None
    assert read("page", name="Order Completed", userId="u", properties={"revenue": 1}).order is None


U1, U2, A, B, C = (IdentifierKey(bytes([n]) * 16) for n in (1, 2, 3, 4, 5))
KINDS = {U1: "user_id", U2: "user_id", A: "anonymous_id", B: "anonymous_id", C: "anonymous_id"}


def facts(*stated: tuple[int, IdentifierKey, IdentifierKey]) -> Facts:
    """(instant, strong, weak) each."""
    gathered = Facts()
    for at_ms, strong, weak in stated:
        named = tuple(Named(key, KINDS[key], "") for key in (strong, weak))
        gathered.add(Statement(bytes([at_ms]) * 16, at_ms, at_ms, "track", "", named))
    return gathered


def groups(gathered: Facts, **limits: int) -> set[frozenset[IdentifierKey]]:
    kinds = {
        kind: KindRule(rule.priority, limits.get(kind, rule.limit))
        for kind, rule in IdentityRules().kinds.items()
    }
    return set(
        people_of(gathered, IdentityRules(kinds=kinds, total_limit=limits.get("total", 1_000)))[0]
    )


def test_links_make_people() -> None:
    assert groups(facts((1, U1, A), (2, U1, B), (3, U2, C))) == {
        frozenset({U1, A, B}),
        frozenset({U2, C}),
    }


def test_of_two_users_on_one_device_the_earlier_keeps_it_whatever_came_first() -> None:
    early, late = (1, U1, A), (2, U2, A)
    assert (
        groups(facts(early, late))
        == groups(facts(late, early))
        == {frozenset({U1, A}), frozenset({U2})}
    )


def test_an_earlier_statement_moves_a_link_forward_in_the_order() -> None:
    assert groups(facts((3, U1, A), (2, U2, A), (1, U1, A))) == {
        frozenset({U1, A}),
        frozenset({U2}),
    }
    assert groups(facts((3, U1, A), (2, U2, A))) == {frozenset({U2, A}), frozenset({U1})}


def test_a_refusal_names_the_limit() -> None:
    gathered = facts((1, U1, A), (2, U2, A))
    assert people_of(gathered, IdentityRules())[1][U2, A] == Verdict("refused", "limit:user_id")
    small = IdentityRules(total_limit=2)
    assert people_of(facts((1, U1, A), (2, U1, B)), small)[1][U1, B] == Verdict(
        "refused", "limit:total"
    )


def test_a_link_inside_one_person_is_accepted() -> None:
    assert people_of(facts((1, U1, A), (2, U1, B), (3, A, B)), IdentityRules(total_limit=3))[1][
        A, B
    ] == Verdict("linked")


def test_a_banned_pair_is_no_fact_and_makes_room() -> None:
    gathered = facts((1, U1, A), (2, U2, A))
    gathered.rule((U1, A), Ruling(1, bans=True, reason="wrong"))
    assert groups(gathered) == {frozenset({U1}), frozenset({U2, A})}


def at(at_ms: int, tie: int = 0, **fields: Any) -> Statement:
    return Statement(
        b"", at_ms, tie, fields.pop("type", "track"), fields.pop("name", ""), (), **fields
    )


def test_the_last_writer_by_event_time_wins() -> None:
    told = [
        at(5, traits={"plan": "late"}),
        at(3, traits={"plan": "early"}),
        at(5, -1, traits={"plan": "tied"}),
    ]
    assert view_of(told, ProfileRules()).traits == {"plan": ("late", 5, 0)}


def test_at_one_instant_a_refusal_of_consent_wins() -> None:
    told = [
        at(5, 9, consent=(("ads", True),)),
        at(5, 1, consent=(("ads", False),)),
        at(4, consent=(("ads", True),)),
    ]
    assert view_of(told, ProfileRules()).consent == {"ads": (False, 5, 1)}
    assert view_of([*told, at(6, consent=(("ads", True),))], ProfileRules()).consent == {
        "ads": (True, 6, 0)
    }


def test_a_silence_longer_than_the_gap_ends_a_session() -> None:
    rules = ProfileRules(session_gap=timedelta(milliseconds=10))
    assert view_of([at(0), at(10), at(21), at(25)], rules).sessions == [0, 10, 21, 25]


def test_caps_keep_the_same_names_in_any_order() -> None:
    rules = ProfileRules(name_limit=2)
    told = [at(n, name=f"n{n}") for n in range(5)]
    forward, backward = view_of(told, rules), view_of(told[::-1], rules)
    assert forward == backward
    assert len(forward.names) == 2
    assert forward.overflow


def test_an_empty_person_has_an_empty_view() -> None:
    assert view_of([], ProfileRules()).types == {}


@pytest.mark.parametrize(
    ("now_ms", "stage"), [(5, "customer"), (4 + 90 * DAY, "customer"), (5 + 90 * DAY, "churned")]
)
def test_a_customer_churns_to_the_millisecond(now_ms: int, stage: str) -> None:
    view = view_of([at(5, order=("USD", 1))], ProfileRules())
    assert stage_at(view, ["anonymous_id"], ProfileRules(), now_ms) == stage
    assert churns_at(view, ProfileRules()) == 5 + 90 * DAY


def test_an_email_makes_known_and_a_device_does_not() -> None:
    view = view_of([at(5)], ProfileRules())
    assert stage_at(view, ["email"], ProfileRules(), 9) == "known"
    assert stage_at(view, ["device_id", "anonymous_id"], ProfileRules(), 9) == "anonymous"


def test_which_kinds_make_known_is_configured() -> None:
    rules = ProfileRules(known_kinds=frozenset({"device_id"}))
    assert [stage_at(View(), [kind], rules, 9) for kind in ("email", "device_id")] == [
        "anonymous",
        "known",
    ]


def test_tracks_pages_and_screens_have_properties() -> None:
    assert read(event="Viewed", userId="u", properties={"a": {"b": 2**64}}).properties == {
        "a": {"b": float(2**64)}
    }
    assert read("page", userId="u", properties={"a": 1}).properties == {"a": 1}
    assert read("page", userId="u", properties=[1]).properties == {}
    assert read("identify", userId="u", properties={"a": 1}).properties == {}
    assert read(event="Viewed", userId="u", properties={"a": 10**400, "b": 1}).properties == {}
