"""The boundary table of rules, worked out by hand from `docs/segments.md`.

Windows have a table of their own, `test_windows`.

Instants that do not matter are plain milliseconds; T is the instant of the event that a row
is about.
"""

from hashlib import blake2b
from typing import Any

import pytest

from domain.ids import TraitId, WorkspaceId
from domain.policies import ProfileRules
from domain.segments import conditions
from domain.segments import rule as r
from domain.segments.conditions import Condition
from domain.segments.definition import ComputedTrait, TraitRule, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter, Where
from domain.segments.rule import Behaviour, Rule, Sequence, Step
from oracle.conditions import satisfies
from oracle.measures import text_of
from oracle.rules import PersonHistory, Subject, holds, trait_values
from oracle.statements.record import Statement

T = 1_700_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
A, B, C = EventFilter("A"), EventFilter("B"), EventFilter("C")
PLAIN = WorkspaceDefinitions(WorkspaceId(1))


def did(name: str, at_ms: int, tie: int = 0, **properties: Any) -> Statement:
    return Statement(
        blake2b(f"{name}{at_ms}{tie}".encode()).digest()[:16],
        at_ms,
        tie,
        "track",
        name,
        (),
        properties=properties,
    )


def person(*statements: Statement, **fields: Any) -> PersonHistory:
    return PersonHistory(statements, **fields)


LATER = ["2023-11-14T22:13:20", "2023-11-14"]  # T, and its day's midnight, as texts

CONDITIONS: list[tuple[Condition, list[Any], list[Any]]] = [
    # condition, values that satisfy it, values that do not
    (conditions.Equals("pro"), ["pro"], ["Pro", "pro ", "", None, 1, True, ["pro"], {"pro": 1}]),
    (conditions.Equals(1), [1, 1.0], ["1", True, None, 1.5, [1]]),
    (conditions.Equals(True), [True], [1, 1.0, "true", False, None]),
    (conditions.Equals(0), [0, 0.0, -0.0], [False, "", None, []]),
    (conditions.Equals(2**53), [2**53, float(2**53)], [2**53 + 1]),
    (conditions.Equals("é"), ["é"], ["e\u0301"]),
    (conditions.NotEquals("pro"), ["Pro", None, 1, ["pro"]], ["pro"]),
    (conditions.In(("DE", 1, True)), ["DE", 1.0, True], ["de", None, "1", 2, False, ["DE"]]),
    (conditions.In(()), [], ["", None, 0]),
    (conditions.NotIn(("DE", 1)), ["AT", None, True], ["DE", 1]),
    (conditions.NotIn(()), ["", None], []),
    (
        conditions.Contains("vip"),
        ["vip", "a vip!", ["vip"], ["x", "vip"]],
        ["VIP", "vi", ["a vip!"], {"vip": 1}, None, [["vip"]]],
    ),
    (conditions.Contains(""), ["", "x", [""]], [[], None, ["x"]]),
    (conditions.Contains(1), [[1], [1.0]], ["1", 1, 11, [True], ["1"], None]),
    (conditions.NotContains("vip"), ["", [], None, 7, {"vip": 1}], ["vip", ["vip"]]),
    (conditions.StartsWith("ab"), ["ab", "abc"], ["a", "Ab", "", None, ["ab"], 1]),
    (conditions.StartsWith(""), ["", "x"], [None, [], 0]),
    (conditions.EndsWith("bc"), ["bc", "abc"], ["c", "BC", "", None, ["bc"]]),
    (conditions.Exists(), ["", 0, False, [], {}], [None]),
    (conditions.NotExists(), [None], ["", 0, False, []]),
    (conditions.LessThan(18), [17, 17.99, -1e300], [18, 18.0, "17", None, False, []]),
    (conditions.AtMost(18), [18, 18.0], [18.001, "18", None, True]),
    (conditions.GreaterThan(0), [1, 0.001, 1e300], [0, -1, "1", True, None]),
    (conditions.AtLeast(1), [1, 1.0], [0.999, True, "1", None]),
    (conditions.Between(1, 5), [1, 5, 2.5, 5.0], [0.99, 5.01, "3", None, True]),
    (conditions.Between(5, 1), [], [1, 3, 5]),
    (
        conditions.Before("2023-11-15"),
        LATER,
        ["2023-11-15", "2023-11-15T00:00:00", "soon", T, None],
    ),
    (
        conditions.After("2023-11-15"),
        ["2023-11-15", "2023-11-15T00:00:00.000Z"],
        ["2023-11-14T23:59:59.999", "2023-11-15T00:00:00+01:00", T, None],
    ),
    (
        conditions.WithinLast("1d"),
        ["2023-11-14T22:13:20", "2023-11-13T22:13:20.001"],
        ["2023-11-13T22:13:20", "2023-11-14T22:13:20.001", T, None],
    ),
    (
        conditions.WithinNext("1d"),
        ["2023-11-14T22:13:20.001", "2023-11-15T22:13:20"],
        ["2023-11-14T22:13:20", "2023-11-15T22:13:20.001", T, None],
    ),
]


@pytest.mark.parametrize(
    ("condition", "satisfying", "failing"), CONDITIONS, ids=[str(row[0]) for row in CONDITIONS]
)
def test_a_condition_holds_for_exactly_these_values(
    condition: Condition, satisfying: list[Any], failing: list[Any]
) -> None:
    assert [
        value for value in [*satisfying, *failing] if satisfies(condition, value, T, "UTC")
    ] == satisfying


FILTERS = [
    ("a track of the name", EventFilter("A"), True),
    ("another name", EventFilter("a"), False),
    ("any name", EventFilter(None), True),
    ("another type", EventFilter("A", "page"), False),
    ("a property", EventFilter("A", where=(Where("plan", conditions.Equals("pro")),)), True),
    (
        "all conditions",
        EventFilter(
            "A", where=(Where("plan", conditions.Equals("pro")), Where("n", conditions.Equals(2)))
        ),
        False,
    ),
    (
        "a dot leads into an object",
        EventFilter("A", where=(Where("product.price.net", conditions.AtLeast(5)),)),
        True,
    ),
    (
        "a dot into a list leads nowhere",
        EventFilter("A", where=(Where("tags.0", conditions.Exists()),)),
        False,
    ),
    (
        "a key with a dot is not reachable",
        EventFilter("A", where=(Where("dotted.key", conditions.Exists()),)),
        False,
    ),
    (
        "a negative condition on nothing",
        EventFilter("A", where=(Where("nothing", conditions.NotEquals(1)),)),
        True,
    ),
    ("null is missing", EventFilter("A", where=(Where("null", conditions.NotExists()),)), True),
]


@pytest.mark.parametrize(("name", "wanted", "expected"), FILTERS, ids=[row[0] for row in FILTERS])
def test_which_events_match(name: str, wanted: EventFilter, expected: bool) -> None:
    told = did(
        "A",
        T,
        plan="pro",
        n=1,
        product={"price": {"net": 5}},
        tags=["x"],
        null=None,
        **{"dotted.key": 1},
    )
    assert holds(Behaviour(wanted), person(told), T) is expected, name


def test_identify_events_have_no_properties() -> None:
    said = Statement(b"", T, 0, "identify", "", (), traits={"plan": "pro"})
    assert not holds(
        Behaviour(EventFilter(None, "identify", (Where("plan", conditions.Exists()),))),
        person(said),
        T,
    )
    assert holds(
        Behaviour(EventFilter(None, "identify", (Where("plan", conditions.NotExists()),))),
        person(said),
        T,
    )


def test_a_boolean_and_a_number_are_different_filters_of_one_person() -> None:
    one = EventFilter("A", where=(Where("n", conditions.Equals(1)),))
    yes = EventFilter("A", where=(Where("n", conditions.Equals(True)),))
    subject = Subject(PLAIN, person(did("A", T, n=1)), ProfileRules())
    assert [subject.holds(Behaviour(wanted), T) for wanted in (one, yes, one)] == [
        True,
        False,
        True,
    ]


def measured(measure: str, *values: Any) -> Any:
    """The value of a computed trait over events with these values of a property."""
    plain = measure in ("count", "exists", "time_since")
    trait = ComputedTrait(TraitId(1), "t", 1, TraitRule(measure, A, None if plain else "x"))  # type: ignore[arg-type]
    told = [
        did("A", T + place, **({} if value is ... else {"x": value}))
        for place, value in enumerate(values)
    ]
    return trait_values(
        replace_definitions(traits=(trait,)), person(*told), T + len(values) - 1
    ).get("t", "missing")


def replace_definitions(**fields: Any) -> WorkspaceDefinitions:
    return WorkspaceDefinitions(WorkspaceId(1), **fields)


MEASURES = [
    ("count", [], 0), ("sum", [], 0), ("unique", [], 0), ("exists", [], False),
    ("average", [], "missing"), ("minimum", [], "missing"), ("maximum", [], "missing"),
    ("first", [], "missing"), ("last", [], "missing"), ("most_frequent", [], "missing"),
    ("time_since", [], "missing"),
    ("count", [1, None, ..., "x"], 4), ("exists", [...], True),
    ("sum", [1, 2.5, True, "3", None, ..., [4]], 3.5), ("sum", [0.1] * 10, 1), ("sum", ["x"], 0),
    ("sum", [0.1, 0.2], 0.3),
    ("sum", [10**12, -(10**12), 1], 1), ("sum", [999_999_999_999.9], 999_999_999_999.9),
    ("sum", [0.0000005, 0.0000015], 0.000002), ("sum", [-0.0000005, -0.0000025], -0.000002),
    ("average", [1, 2, 2], 5 / 3), ("average", ["x", True], "missing"),
    ("average", [0.1, 0.2], 0.15),
    ("minimum", [3, -1.5, "0", None], -1.5), ("maximum", [3, -1.5, 1e12], 3),
    ("minimum", [1.0000004], 1), ("maximum", ["x"], "missing"),
    ("unique", [1, 1.0, True, "1", None, ..., [1], {"a": 1}], 3), ("unique", ["a", "A", "a "], 3),
    ("unique", [0, -0.0, 0.0, False, ""], 3),
    ("unique", list(range(256)), 256), ("unique", [2**53, 2.0**53, 2**53 + 1], 1),
    ("first", [None, ..., "a", "b"], "a"), ("last", ["a", [1], None, ...], [1]),
    ("last", [0, False], False), ("first", [None], "missing"),
    ("most_frequent", ["b", "a", "a", "b"], "a"), ("most_frequent", [2, "2", True, 2.0], 2),
    ("most_frequent", [10, 9], 10),
    ("most_frequent", [None, [1], "x"], "x"), ("most_frequent", [True, False], False),
    ("most_frequent", ["a", 1], "a"),
    ("time_since", [..., ...], 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("function", "values", "expected"), MEASURES)
def test_what_events_amount_to(function: str, values: list[Any], expected: Any) -> None:
    found = measured(function, *values)
    assert (found, type(found) is bool) == (expected, type(expected) is bool)


@pytest.mark.parametrize("windowed", [None, "90d"])
def test_beyond_256_values_a_unique_count_is_an_estimate(windowed: str | None) -> None:
    told = [did("A", T + place, x=f"value {place % 900}") for place in range(1_800)]
    trait = ComputedTrait(TraitId(1), "t", 1, TraitRule("unique", A, "x", windowed))
    found = trait_values(replace_definitions(traits=(trait,)), person(*told[::-1]), T + DAY)["t"]
    assert found != 900
    assert abs(found - 900) < 900 * 0.2
    assert trait_values(replace_definitions(traits=(trait,)), person(*told), T + DAY)["t"] == found


def test_a_value_counts_while_its_latest_event_does() -> None:
    told = person(
        did("A", T - 2 * MINUTE, x="a"),
        did("A", T - 30 * SECOND, x="a"),
        did("A", T - 2 * MINUTE, x="b"),
    )
    assert holds(Behaviour(A, "unique", "x", "1m", conditions.Equals(1)), told, T)
    assert holds(Behaviour(A, "unique", "x", "1m", conditions.Equals(0)), told, T + MINUTE)


def test_values_are_named_by_json_texts() -> None:
    values = ["a\n", "é", 1.0, -0.0, 2.5, True, 1e21, 2**53, None, []]
    assert [text_of(value) for value in values] == [
        '"a\\n"',
        '"é"',
        "1",
        "0",
        "2.5",
        "true",
        "1e+21",
        "9007199254740992.0",
        None,
        None,
    ]


ONE = Behaviour(A, window="1m")
BEHAVIOURS: list[tuple[str, Rule, list[Statement], int, bool]] = [
    ("nobody did it", ONE, [], T, False),
    ("nobody did it, negated", r.Not(ONE), [], T, True),
    ("none is 0", Behaviour(A, condition=conditions.Equals(0)), [], T, True),
    (
        "not at all in the window",
        Behaviour(A, window="1m", condition=conditions.AtMost(0)),
        [did("A", T - MINUTE)],
        T,
        True,
    ),
    (
        "a millisecond before that",
        Behaviour(A, window="1m", condition=conditions.AtMost(0)),
        [did("A", T - MINUTE)],
        T - 1,
        False,
    ),
    ("windows have no upper end", ONE, [did("A", T + 5)], T, True),
    (
        "two of three still count",
        Behaviour(A, window="1m", condition=conditions.Equals(2)),
        [did("A", T - n * 40_000) for n in range(3)],
        T,
        True,
    ),
    (
        "an average of none",
        Behaviour(A, "average", "x", condition=conditions.AtMost(9)),
        [did("A", T)],
        T,
        False,
    ),
    (
        "an average of none, negated",
        Behaviour(A, "average", "x", condition=conditions.NotEquals(9)),
        [did("A", T)],
        T,
        True,
    ),
    (
        "the sum of what counts",
        Behaviour(A, "sum", "x", "1m", conditions.Equals(2)),
        [did("A", T - MINUTE, x=1), did("A", T, x=2)],
        T,
        True,
    ),
    (
        "a sum is exact",
        Behaviour(A, "sum", "x", None, conditions.AtLeast(0.3)),
        [did("A", T, x=0.1), did("A", T, 1, x=0.2)],
        T,
        True,
    ),
    (
        "first_at of all time",
        Behaviour(A, "first_at", condition=conditions.Before("2023-11-14T22:13:20.001")),
        [did("A", T), did("A", T + 9)],
        T,
        True,
    ),
    (
        "last_at of all time",
        Behaviour(A, "last_at", condition=conditions.After("2023-11-14T22:13:20.001")),
        [did("A", T), did("A", T + 1)],
        T,
        True,
    ),
    (
        "last_at within",
        Behaviour(A, "last_at", condition=conditions.WithinLast("1m")),
        [did("A", T)],
        T + MINUTE - 1,
        True,
    ),
    (
        "last_at no longer within",
        Behaviour(A, "last_at", condition=conditions.WithinLast("1m")),
        [did("A", T)],
        T + MINUTE,
        False,
    ),
    (
        "last_at of the future",
        Behaviour(A, "last_at", condition=conditions.WithinLast("1m")),
        [did("A", T + 1)],
        T,
        False,
    ),
    (
        "first_at of a window",
        Behaviour(A, "first_at", None, "1m", conditions.After("2023-11-14T22:13:20")),
        [did("A", T - DAY), did("A", T)],
        T,
        True,
    ),
    (
        "last_at missing",
        Behaviour(A, "last_at", condition=conditions.Before("2026-01-01")),
        [],
        T,
        False,
    ),
    ("all of nothing", r.All(()), [], T, True),
    ("any of nothing", r.Any(()), [], T, False),
    (
        "huge",
        Behaviour(A, condition=conditions.Equals(3_000)),
        [did("A", T + n) for n in range(3_000)],
        T,
        True,
    ),
]


@pytest.mark.parametrize(
    ("name", "rule", "told", "now_ms", "expected"), BEHAVIOURS, ids=[row[0] for row in BEHAVIOURS]
)
def test_behaviour(
    name: str, rule: Rule, told: list[Statement], now_ms: int, expected: bool
) -> None:
    assert holds(rule, person(*told), now_ms) is expected, name


def then(*steps: Step, window: str | None = None) -> Sequence:
    return Sequence((Step(A), *steps), window)


QUICK = then(Step(B, "1m"))
ALONE = then(Step(B, None, (C,)))
SILENT = then(Step(B, "1m", absent=True))
THREE = then(Step(B, "1m"), Step(C, "1m"))
TWICE = then(Step(A))
SEQUENCES: list[tuple[str, Rule, list[Statement], int, bool]] = [
    ("in order", QUICK, [did("A", T), did("B", T + 1)], T + 1, True),
    ("not yet", QUICK, [did("A", T), did("B", T + 1)], T, False),
    ("the wrong order", QUICK, [did("B", T), did("A", T + 1)], T + HOUR, False),
    ("in one millisecond", QUICK, [did("A", T), did("B", T, 1)], T + HOUR, False),
    ("exactly within", QUICK, [did("A", T), did("B", T + MINUTE)], T + HOUR, True),
    ("a millisecond too late", QUICK, [did("A", T), did("B", T + MINUTE + 1)], T + HOUR, False),
    ("an earlier A does not spoil a later one", QUICK,
        [did("A", T - DAY), did("A", T), did("B", T + 1)], T + HOUR, True),
    ("an earlier A may serve", QUICK, [did("A", T), did("A", T + 9, 1), did("B", T + 9)], T + HOUR,
        True),
    ("a blocker in between", ALONE, [did("A", T), did("C", T + 1), did("B", T + 2)], T + HOUR,
        False),
    ("a blocker with the first", ALONE, [did("A", T), did("C", T, 1), did("B", T + 2)], T + HOUR,
        True),
    ("a blocker with the second", ALONE, [did("A", T), did("B", T + 2), did("C", T + 2, -1)],
        T + HOUR, True),
    ("a blocker before and after", ALONE,
        [did("C", T - 1), did("A", T), did("B", T + 2), did("C", T + 3)], T + HOUR, True),
    ("a new start after the blocker", ALONE,
        [did("A", T), did("C", T + 1), did("A", T + 2), did("B", T + 3)], T + HOUR, True),
    ("three steps", THREE, [did("A", T), did("B", T + 1), did("C", T + 2)], T + 2, True),
    ("within is from the step before", THREE,
        [did("A", T), did("B", T + MINUTE), did("C", T + 2 * MINUTE)], T + HOUR, True),
    ("a later B reaches C", THREE,
        [did("A", T), did("B", T + 1), did("B", T + MINUTE), did("C", T + 2 * MINUTE)],
        T + HOUR, True),
    ("one event is one step", TWICE, [did("A", T)], T + HOUR, False),
    ("two events are two steps", TWICE, [did("A", T), did("A", T + 1)], T + HOUR, True),
    ("two in one millisecond are not", TWICE, [did("A", T), did("A", T, 1)], T + HOUR, False),
    ("a step may block another gap", then(Step(B), Step(C, None, (B,))),
        [did("A", T), did("B", T + 1), did("C", T + 2)], T + 2, True),
    ("an absence is decided at its end", SILENT, [did("A", T)], T + MINUTE, True),
    ("and not before", SILENT, [did("A", T)], T + MINUTE - 1, False),
    ("what was absent came at the last instant", SILENT, [did("A", T), did("B", T + MINUTE)],
        T + HOUR, False),
    ("what was absent came too late", SILENT, [did("A", T), did("B", T + MINUTE + 1)], T + MINUTE,
        True),
    ("in the first one's millisecond it is no presence", SILENT, [did("A", T), did("B", T, 1)],
        T + MINUTE, True),
    ("a second A starts its own absence", SILENT, [did("A", T), did("B", T + 1), did("A", T + 2)],
        T + 2 + MINUTE, True),
    ("a window to the millisecond", then(Step(B), window="90s"), [did("A", T), did("B", T + 1)],
        T + 90 * SECOND, True),
    ("and no longer", then(Step(B), window="90s"), [did("A", T), did("B", T + 1)],
        T + 1 + 90 * SECOND, False),
    ("a window from the end of an absence", then(Step(B, "1m", absent=True), window="61d"),
     [did("A", T)], T + MINUTE + 61 * DAY - 1, True),
    ("which is over", then(Step(B, "1m", absent=True), window="61d"), [did("A", T)],
        T + MINUTE + 61 * DAY, False),
    ("256 events are looked at", QUICK, [did("A", T), *(did("B", T + 1 + n) for n in range(255))],
        T + HOUR, True),
    ("not the 257th latest", QUICK, [did("A", T), *(did("B", T + 1 + n) for n in range(256))],
        T + HOUR, False),
    ("only events of the sequence count", QUICK,
        [did("A", T), *(did("X", T + n) for n in range(300)), did("B", T + 400)], T + HOUR, True),
    ("blockers count among the 256", ALONE,
        [did("A", T), did("B", T + 1), *(did("C", T + 2 + n) for n in range(255))], T + HOUR,
    False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule", "told", "now_ms", "expected"), SEQUENCES, ids=[row[0] for row in SEQUENCES]
)
def test_sequences(
    name: str, rule: Rule, told: list[Statement], now_ms: int, expected: bool
) -> None:
    assert holds(rule, person(*told), now_ms) is expected, name
    assert holds(rule, person(*told[::-1]), now_ms) is expected, name
