"""Who somebody is, apart from single events: traits, stages, consent, scores, other segments.

Some of them also test when the answer changes by itself.
"""

from datetime import timedelta
from typing import Any

import pytest

from domain.ids import SegmentId, TraitId, WorkspaceId
from domain.policies import ProfileRules
from domain.profiles.profile import Stage
from domain.segments import conditions
from domain.segments import rule as r
from domain.segments.definition import (
    ComputedTrait,
    RfmBreaks,
    RfmDefinition,
    RfmRule,
    Segment,
    TraitRule,
    WorkspaceDefinitions,
)
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour, Rule, Step
from oracle.flips import next_flip
from oracle.rules import PersonHistory, Subject, holds, member_segments, trait_values
from oracle.statements.record import Statement
from oracle.windows import instant_of

T = 1_700_000_000_000
"""2023-11-14T22:13:20Z."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
RULES = ProfileRules(churn_after=timedelta(days=90))
A, B = EventFilter("A"), EventFilter("B")


def track(name: str, at_ms: int, **fields: Any) -> Statement:
    return Statement(b"", at_ms, fields.pop("tie", 0), "track", name, (), **fields)


def bought(at_ms: int, revenue: float = 10) -> Statement:
    return track("Order Completed", at_ms, order=("USD", 1_000), properties={"revenue": revenue})


def told(at_ms: int, tie: int = 0, **traits: Any) -> Statement:
    return Statement(b"", at_ms, tie, "identify", "", (), traits=traits)


def consents(at_ms: int, tie: int = 0, **purposes: bool) -> Statement:
    return Statement(b"", at_ms, tie, "identify", "", (), consent=tuple(purposes.items()))


PRO, CUSTOMER = r.Trait("plan", conditions.Equals("pro")), r.Lifecycle((Stage.CUSTOMER,))
ADS = r.Consent("advertising")
STANDINGS: list[tuple[str, Rule, list[Statement], int, bool]] = [
    ("the newest value of a trait", PRO, [told(T, plan="pro"), told(T - 1, plan="free")], T, True),
    (
        "at one instant the greater message",
        PRO,
        [told(T, 2, plan="pro"), told(T, 1, plan="free")],
        T,
        True,
    ),
    (
        "a null is a value that is missing",
        PRO,
        [told(T - 1, plan="pro"), told(T, plan=None)],
        T,
        False,
    ),
    ("no trait", r.Not(PRO), [], T, True),
    ("a trait of the future counts", PRO, [told(T + 5, plan="pro")], T, True),
    (
        "an instant within",
        r.Trait("renews", conditions.WithinNext("1d")),
        [told(T, renews="2023-11-15T22:13:20Z")],
        T,
        True,
    ),
    (
        "a millisecond beyond",
        r.Trait("renews", conditions.WithinNext("1d")),
        [told(T, renews="2023-11-15T22:13:20.001Z")],
        T,
        False,
    ),
    ("anonymous", r.Lifecycle((Stage.ANONYMOUS,)), [track("A", T)], T, True),
    ("customer at once", CUSTOMER, [bought(T)], T, True),
    ("customer to the last millisecond", CUSTOMER, [bought(T)], T + 90 * DAY - 1, True),
    (
        "churned at exactly that instant",
        r.Lifecycle((Stage.CHURNED,)),
        [bought(T)],
        T + 90 * DAY,
        True,
    ),
    (
        "back with the next purchase",
        CUSTOMER,
        [bought(T), bought(T + 91 * DAY)],
        T + 91 * DAY,
        True,
    ),
    (
        "a late purchase changes the past",
        CUSTOMER,
        [bought(T - 95 * DAY), bought(T - 89 * DAY)],
        T,
        True,
    ),
    ("one of two stages", r.Lifecycle((Stage.KNOWN, Stage.CUSTOMER)), [bought(T)], T, True),
    ("no statement is no consent", ADS, [], T, False),
    ("no statement is no grant", r.Consent("advertising", granted=False), [], T, True),
    ("granted", ADS, [consents(T, advertising=True)], T, True),
    (
        "withdrawn",
        r.Consent("advertising", granted=False),
        [consents(T, advertising=True), consents(T + 1, advertising=False)],
        T,
        True,
    ),
    (
        "at one instant a refusal wins",
        ADS,
        [consents(T, 9, advertising=True), consents(T, 1, advertising=False)],
        T,
        False,
    ),
    ("another purpose", ADS, [consents(T, analytics=True)], T, False),
    (
        "a computed trait that does not exist",
        r.Computed("ghost", conditions.NotExists()),
        [],
        T,
        True,
    ),
    ("a segment that does not exist", r.Member(SegmentId(99)), [], T, False),
]


@pytest.mark.parametrize(
    ("name", "rule", "statements", "now_ms", "expected"),
    STANDINGS,
    ids=[row[0] for row in STANDINGS],
)
def test_who_somebody_is(
    name: str, rule: Rule, statements: list[Statement], now_ms: int, expected: bool
) -> None:
    assert holds(rule, PersonHistory(statements), now_ms, rules=RULES) is expected, name


def test_identifiers_are_counted_by_kind() -> None:
    person = PersonHistory((), {"email": 2})
    asked = [
        r.HasIdentifier("email"),
        r.HasIdentifier("email", 2),
        r.HasIdentifier("email", 3),
        r.HasIdentifier("phone"),
    ]
    assert [holds(rule, person, T) for rule in asked] == [True, True, False, False]
    assert holds(r.Lifecycle((Stage.KNOWN,)), person, T)


def test_traits_beyond_the_limit_are_missing() -> None:
    person = PersonHistory([told(T, **{f"t{number}": 1 for number in range(5)})])
    kept = [
        holds(
            r.Trait(f"t{number}", conditions.Exists()), person, T, rules=ProfileRules(trait_limit=2)
        )
        for number in range(5)
    ]
    assert sum(kept) == 2


BREAKS = RfmBreaks(
    (HOUR, DAY, 7 * DAY, 30 * DAY),
    (1, 2, 3, 4),
    (10_000_000, 20_000_000, 20_000_000, 50_000_000),
    9,
    0,
)
RFM = RfmDefinition(1, RfmRule(look_back="90d"), BREAKS)
SCORES: list[tuple[str, list[Statement], int, tuple[int, int, int, str] | None]] = [
    ("nobody without a purchase", [], T, None),
    (
        "an age that equals a bound is not above it",
        [bought(T)],
        T + HOUR,
        (5, 1, 1, "recent_customers"),
    ),
    ("a millisecond later it is", [bought(T)], T + HOUR + 1, (4, 1, 1, "promising")),
    ("the oldest", [bought(T)], T + 30 * DAY + 1, (1, 1, 1, "lost")),
    ("a sum that equals a bound", [bought(T, 20)], T, (5, 1, 2, "potential_loyalists")),
    ("two bounds at once", [bought(T, 20.000001)], T, (5, 1, 4, "potential_loyalists")),
    ("the best", [bought(T - number, 11) for number in range(5)], T, (5, 5, 5, "champions")),
    (
        "a purchase without an amount is one",
        [bought(T), track("Order Completed", T)],
        T,
        (5, 2, 1, "potential_loyalists"),
    ),
    ("a purchase of the future", [bought(T + 1)], T, (5, 1, 1, "recent_customers")),
    (
        "the last instant of the look-back",
        [bought(T)],
        T + 90 * DAY + 106 * MINUTE + 39_999,
        (1, 1, 1, "lost"),
    ),
    ("and its end, a midnight", [bought(T)], T + 90 * DAY + 106 * MINUTE + 40_000, None),
    (
        "only one of two is left",
        [bought(T), bought(T + DAY)],
        T + 90 * DAY + 107 * MINUTE,
        (1, 1, 1, "lost"),
    ),
]


@pytest.mark.parametrize(
    ("name", "statements", "now_ms", "expected"), SCORES, ids=[row[0] for row in SCORES]
)
def test_scores(
    name: str, statements: list[Statement], now_ms: int, expected: tuple[int, int, int, str] | None
) -> None:
    definitions = WorkspaceDefinitions(WorkspaceId(1), rfm=RFM)
    found = Subject(definitions, PersonHistory(statements), RULES).scores(now_ms)
    assert (
        found and (found.recency, found.frequency, found.monetary, found.segment)
    ) == expected, name
    assert holds(r.Rfm(), PersonHistory(statements), now_ms, definitions) is (expected is not None)
    if expected is not None:
        recency, frequency, monetary, segment = expected
        exact = r.Rfm(
            (recency, recency), (frequency, frequency), (monetary, monetary), ("lost", segment)
        )
        assert holds(exact, PersonHistory(statements), now_ms, definitions)


def test_without_bounds_nobody_has_scores() -> None:
    definitions = WorkspaceDefinitions(WorkspaceId(1), rfm=RfmDefinition(1, RfmRule(), None))
    assert not holds(r.Rfm(), PersonHistory([bought(T)]), T, definitions)
    assert not holds(r.Rfm(), PersonHistory([bought(T)]), T)


def segments(*rules: Rule | None) -> WorkspaceDefinitions:
    made = tuple(
        Segment(SegmentId(number), WorkspaceId(1), 1, rule) for number, rule in enumerate(rules, 1)
    )
    trait = ComputedTrait(TraitId(1), "age", 1, TraitRule("time_since", A, window="1h"))
    last = ComputedTrait(TraitId(2), "when", 1, TraitRule("last", A, "at"))
    return WorkspaceDefinitions(WorkspaceId(1), 1, "Europe/Berlin", made, (trait, last), RFM)


def test_segments_may_refer_to_each_other_and_paused_ones_keep_their_members() -> None:
    definitions = segments(
        Behaviour(A),
        r.Not(r.Member(SegmentId(1))),
        r.Not(r.Member(SegmentId(2))),
        None,
        r.Member(SegmentId(4)),
    )
    did = PersonHistory([track("A", T)], members=frozenset({SegmentId(1), SegmentId(4)}))
    did_not = PersonHistory((), members=frozenset({SegmentId(1)}))
    assert list(member_segments(definitions, did, T).values()) == [True, False, True, True, True]
    assert list(member_segments(definitions, did_not, T).values()) == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_an_age_is_in_seconds_to_the_millisecond_and_goes_with_its_window() -> None:
    person = PersonHistory([track("A", T), track("A", T - 5)])
    assert trait_values(segments(), person, T + 1_500) == {"age": 1.5}
    assert trait_values(segments(), person, T + HOUR) == {}


ONCE = Behaviour(A, window="1m", condition=conditions.Equals(1))
SOON = instant_of("2023-11-18T23:00Z", "UTC")
AT = {"at": "2023-11-14T23:13:20"}
FLIPS: list[tuple[str, Rule, list[Statement], int, int | None]] = [
    ("nothing is to come", Behaviour(A), [], T, None),
    ("of all time", Behaviour(A), [track("A", T)], T, None),
    ("out of a window", Behaviour(A, window="1m"), [track("A", T)], T, T + MINUTE),
    ("into a negation", r.Not(Behaviour(A, window="1m")), [track("A", T - 1)], T, T + MINUTE),
    ("past the first of two", Behaviour(A, window="1m"),
        [track("A", T - 30 * SECOND), track("A", T)], T, T + MINUTE),
    ("down to one", ONCE, [track("A", T - 30 * SECOND), track("A", T)], T, T + 30 * SECOND),
    ("out again", ONCE, [track("A", T - 30 * SECOND), track("A", T)], T + 30 * SECOND, T + MINUTE),
    ("a day in Berlin", Behaviour(A, window="61d"), [track("A", T)], T,
        instant_of("2024-01-15", "Europe/Berlin")),
    ("an absence", r.Sequence((Step(A), Step(B, "1m", absent=True))), [track("A", T)], T,
        T + MINUTE),
    ("a sequence's window", r.Sequence((Step(A), Step(B)), "90s"),
        [track("A", T - 1), track("B", T)], T, T + 90 * SECOND),
    ("an event of the future", r.Sequence((Step(A), Step(B))), [track("A", T), track("B", T + 7)],
        T, T + 7),
    ("a trait's instant comes", r.Trait("renews", conditions.WithinNext("1d")),
        [told(T, renews="2023-11-20")], T, SOON),
    ("a trait's instant has come", r.Trait("renews", conditions.WithinLast("1d")),
        [told(T, renews="2023-11-14T22:13:21Z")], T, T + SECOND),
    ("a trait's instant was long ago", r.Trait("renews", conditions.WithinLast("1d")),
        [told(T, renews="2023-11-13T22:13:21Z")], T, T + SECOND),
    ("churn", CUSTOMER, [bought(T)], T, T + 90 * DAY),
    ("an age", r.Computed("age", conditions.AtLeast(1.5)), [track("A", T)], T, T + 1_500),
    ("above an age", r.Computed("age", conditions.GreaterThan(60)), [track("A", T)],
        T, T + MINUTE + 1),
    ("an age that is missing", r.Computed("age", conditions.NotExists()), [track("A", T)],
        T, T + HOUR),
    ("the last of a property", r.Computed("when", conditions.WithinLast("1m")),
        [track("A", T, properties=AT)], T, T + MINUTE),
    ("a score's age", r.Rfm(recency=(5, 5)), [bought(T)], T, T + HOUR + 1),
    ("through another segment", r.Member(SegmentId(1)), [track("A", T)], T, T + MINUTE),
    ("the earlier of two", r.All((Behaviour(A, window="2m"), Behaviour(A, window="1m"))),
        [track("A", T)], T, T + MINUTE),
    ("the later of two", r.Any((Behaviour(A, window="2m"), Behaviour(A, window="1m"))),
        [track("A", T)], T, T + 2 * MINUTE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule", "statements", "now_ms", "expected"), FLIPS, ids=[row[0] for row in FLIPS]
)
def test_the_next_flip(
    name: str, rule: Rule, statements: list[Statement], now_ms: int, expected: int | None
) -> None:
    subject = Subject(segments(Behaviour(A, window="1m")), PersonHistory(statements), RULES)
    assert next_flip(subject, rule, now_ms) == expected, name
