"""Random definitions and histories over a vocabulary so small that they meet, with instants on
every edge that time has.

Everything is drawn from a `random.Random`: seeded it reproduces, and hypothesis shrinks it
(`cases`).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from domain.ids import AggregateId, SegmentId, TraitId, WorkspaceId
from domain.instants import DAY_MS
from domain.policies import ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.profile import Stage
from domain.segments import conditions as ops
from domain.segments import rule
from domain.segments.conditions import Condition
from domain.segments.definition import (
    Aggregate,
    ComputedTrait,
    Function,
    RfmBreaks,
    RfmDefinition,
    RfmRule,
    Segment,
    TraitRule,
    WorkspaceDefinitions,
)
from domain.segments.event_filter import EventFilter, Where
from domain.segments.part import Scalar
from domain.segments.rfm import RFM_SEGMENTS
from domain.segments.rule import Measure, Rule, Step
from domain.segments.span import span_ms
from operators.aggregates.plan import aggregate_specs
from oracle.flips import candidates
from oracle.rules import PersonHistory, Subject
from oracle.statements.record import Statement
from oracle.windows import begins, local

ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
WINDOWS: Final = (
    "60s", "90s", "10m", "1h", "61m", "2h", "1d", "48h", "49h", "3d", "1w", "60d", "61d", "90d",
    "365d", "366d", "731d",
)  # fmt: skip
SPANS: Final = ("1s", "2s", "1m", "1h", "1d", "7d", "90d")
RULES: Final = ProfileRules(
    order_events=frozenset({"Order Completed"}), churn_after=timedelta(days=90)
)
_DATES: Final = (
    date(2018, 11, 4), date(2018, 2, 18), date(2023, 3, 26), date(2023, 10, 29), date(2024, 2, 29),
    date(2024, 3, 10), date(2024, 11, 3),
    date(2023, 12, 31), date(2024, 1, 31), date(2024, 4, 30), date(2011, 12, 30), date(2024, 4, 7),
    date(2026, 7, 15),
)  # fmt: skip
"""Days on which clocks change, calendars skip, months and years end."""
_TRACKS: Final = ("Viewed", "Clicked", "Order Completed")
_SCALARS: Final[tuple[Scalar, ...]] = (
    "pro",
    "pr",
    "o",
    "",
    "1",
    "true",
    1,
    1.0,
    0,
    2,
    2.5,
    -1,
    True,
    False,
)
_NUMBERS: Final = (0, 1, 2, 3, 1.5, 2.5, -1, 10)
_INSTANTS: Final = (
    "2024-02-29",
    "2024-01-31T12:00:00",
    "2023-03-26T02:30:00",
    "2018-11-04",
    "2024-03-10T00:00:00Z",
    "2023-10-29T02:30:00+02:00",
)
_PROPERTIES: Final = ("amount", "sku", "flag", "product.category", "product", "when", "nothing")
_TRAITS: Final = ("plan", "age", "tags", "renews", "nothing")
_COMPUTED: Final = ("sums", "last sku", "when last", "favourite", "since", "number", "of no trait")
_PURPOSES: Final = ("advertising", "analytics")
_KINDS: Final = ("user_id", "email", "anonymous_id")


@dataclass(frozen=True)
class Case:
    """One person under some definitions, and an instant to ask about."""

    definitions: WorkspaceDefinitions
    history: PersonHistory
    rules: ProfileRules
    now_ms: int


def conditions(rng: random.Random, *, relative: bool = True) -> Condition:
    """A condition on a JSON value."""
    value, text = rng.choice(_SCALARS), str(rng.choice(("p", "pro", "o", "", "x")))
    kinds: list[Callable[[], Condition]] = [
        lambda: ops.Equals(value), lambda: ops.NotEquals(value),
        lambda: ops.In(tuple(rng.sample(_SCALARS, 3))),
        lambda: ops.NotIn(tuple(rng.sample(_SCALARS, 3))),
        lambda: ops.Contains(value), lambda: ops.NotContains(value),
        lambda: ops.StartsWith(text), lambda: ops.EndsWith(text),
        ops.Exists, ops.NotExists, lambda: numeric(rng), lambda: numeric(rng),
        lambda: ops.Before(rng.choice(_INSTANTS)), lambda: ops.After(rng.choice(_INSTANTS)),
    ]  # fmt: skip
    if relative:
        kinds += [
            lambda: ops.WithinLast(rng.choice(SPANS)),
            lambda: ops.WithinNext(rng.choice(SPANS)),
        ]
    return rng.choice(kinds)()


def numeric(rng: random.Random) -> Condition:
    """A comparison of numbers."""
    low, high = sorted(rng.sample(_NUMBERS, 2))
    made: list[Condition] = [
        ops.LessThan(low), ops.AtMost(low), ops.GreaterThan(low), ops.AtLeast(low),
        ops.Between(low, high), ops.Equals(low),
    ]  # fmt: skip
    return rng.choice(made)


def filters(rng: random.Random) -> EventFilter:
    """An event filter."""
    where = tuple(
        Where(rng.choice(_PROPERTIES), conditions(rng, relative=False))
        for _ in range(rng.choice((0, 0, 0, 0, 1, 2)))
    )
    kind = rng.random()
    if kind < 0.8:
        return EventFilter(rng.choice((*_TRACKS, None)), "track", where)
    return (
        EventFilter(rng.choice(("Home", None)), "page", where)
        if kind < 0.95
        else EventFilter(None, "identify", where)
    )


def behaviours(rng: random.Random) -> Rule:
    """A measure over events."""
    measure: Measure = rng.choice(
        ("count", "count", "sum", "average", "minimum", "maximum", "unique", "first_at", "last_at")
    )
    window = rng.choice((None, *WINDOWS, *WINDOWS))
    plain = measure in ("count", "first_at", "last_at")
    condition = rng.choice((numeric(rng), numeric(rng), ops.AtLeast(1), ops.Equals(0)))
    if measure.endswith("_at"):
        bound = rng.choice(_INSTANTS)
        condition = rng.choice(
            (
                ops.Exists(),
                ops.NotExists(),
                ops.Before(bound),
                ops.After(bound),
                ops.WithinLast(rng.choice(SPANS)),
            )
        )
    elif rng.random() < 0.2:
        condition = conditions(rng, relative=False)
    return rule.Behaviour(
        filters(rng), measure, None if plain else rng.choice(_PROPERTIES), window, condition
    )


def sequences(rng: random.Random) -> Rule:
    """Two to four steps, with blockers, sometimes ending in an absence."""
    steps = [Step(filters(rng))]
    for _ in range(rng.choice((1, 1, 2, 3))):
        blockers = tuple(filters(rng) for _ in range(rng.choice((0, 0, 1, 2))))
        steps.append(Step(filters(rng), rng.choice((None, *SPANS)), blockers))
    if rng.random() < 0.35:
        steps[-1] = Step(steps[-1].event, rng.choice(SPANS), absent=True)
    return rule.Sequence(tuple(steps), rng.choice((None, *SPANS, *WINDOWS)))


def rules(rng: random.Random, depth: int = 2, segments: tuple[SegmentId, ...] = ()) -> Rule:
    """A rule.

    Args:
        rng: where it is drawn from.
        depth: of nesting, at most.
        segments: that it may refer to.
    """
    leaves: list[Callable[[], Rule]] = [
        lambda: behaviours(rng), lambda: behaviours(rng), lambda: behaviours(rng),
        lambda: sequences(rng), lambda: sequences(rng),
        lambda: rule.Trait(rng.choice(_TRAITS), conditions(rng)), lambda: computed(rng),
        lambda: rule.Lifecycle(tuple(rng.sample(list(Stage), rng.choice((1, 2))))),
        lambda: scores(rng),
        lambda: rule.Consent(rng.choice(_PURPOSES), rng.random() < 0.7),
        lambda: rule.HasIdentifier(rng.choice(_KINDS), rng.choice((1, 2))),
    ]  # fmt: skip
    if segments:
        leaves += [lambda: rule.Member(rng.choice(segments))] * 2
    if depth and rng.random() < 0.5:
        of = tuple(rules(rng, depth - 1, segments) for _ in range(rng.choice((0, 1, 2, 2, 3))))
        made: list[Rule] = [rule.All(of), rule.Any(of), rule.Not(rules(rng, depth - 1, segments))]
        return rng.choice(made)
    return rng.choice(leaves)()


def computed(rng: random.Random) -> Rule:
    """A condition on a computed trait.

    An age is a number, so that only conditions that do not ask for an instant make sense on it.
    """
    name = rng.choice(_COMPUTED)
    return rule.Computed(
        name, numeric(rng) if rng.random() < 0.4 else conditions(rng, relative=name != "since")
    )


def scores(rng: random.Random) -> Rule:
    """A demand on RFM scores."""
    recency, frequency, monetary = (
        rng.choice((None, (1, 2), (3, 5), (5, 5), (1, 5))) for _ in range(3)
    )
    return rule.Rfm(
        recency,
        frequency,
        monetary,
        tuple(rng.sample(RFM_SEGMENTS, 5)) if rng.random() < 0.4 else (),
    )


def traits(rng: random.Random) -> tuple[ComputedTrait, ...]:
    """Some of the traits that rules mention."""
    functions: dict[str, tuple[Function, ...]] = {
        "sums": ("sum", "average", "minimum", "maximum"), "last sku": ("first", "last"),
        "when last": ("last",),
        "favourite": ("most_frequent",), "since": ("time_since",),
        "number": ("count", "unique", "exists"),
    }  # fmt: skip
    made = []
    for number, name in enumerate(rng.sample(sorted(functions), rng.choice((2, 4, 6))), 1):
        function = rng.choice(functions[name])
        prop = (
            None
            if function in ("count", "exists", "time_since")
            else "when"
            if name == "when last"
            else rng.choice(_PROPERTIES)
        )
        made.append(
            ComputedTrait(
                TraitId(number),
                name,
                1,
                TraitRule(function, filters(rng), prop, rng.choice((None, *WINDOWS))),
            )
        )
    return tuple(made)


def rfm(rng: random.Random) -> RfmDefinition | None:
    """RFM of a workspace, sometimes without bounds, sometimes none."""
    if rng.random() < 0.2:
        return None
    ages = tuple(
        sorted(rng.choice((0, 1_000, 3_600_000, DAY_MS, 7 * DAY_MS, 60 * DAY_MS)) for _ in range(4))
    )
    counts = tuple(sorted(rng.randrange(5) for _ in range(4)))
    sums = tuple(sorted(rng.choice((0, 1_000_000, 1_500_000, 4_000_000)) for _ in range(4)))
    breaks = RfmBreaks(ages, counts, sums, 9, 0) if rng.random() < 0.9 else None  # type: ignore[arg-type]  # four each
    return RfmDefinition(
        1,
        RfmRule(EventFilter("Order Completed"), "amount", rng.choice(("1d", "7d", "90d", "365d"))),
        breaks,
    )


def definitions(
    rng: random.Random, *, workspace: int = 1, first_id: int = 1, size: int = 4
) -> WorkspaceDefinitions:
    """Definitions of a workspace; segments refer to those before them, and some are paused.

    Args:
        rng: where they are drawn from.
        workspace: id.
        first_id: of its segments.
        size: how many segments.
    """
    made: list[Segment] = []
    for number in range(first_id, first_id + size):
        live = rules(rng, 2, tuple(segment.id for segment in made))
        paused, purpose = rng.random() < 0.1, rng.choice(_PURPOSES)
        made.append(
            Segment(
                SegmentId(number),
                WorkspaceId(workspace),
                rng.choice((1, 2, 7)),
                None if paused else live,
                purpose,
            )
        )
    zone = rng.choice(ZONES)
    return WorkspaceDefinitions(WorkspaceId(workspace), 1, zone, tuple(made), traits(rng), rfm(rng))


def with_aggregates(defined: WorkspaceDefinitions) -> WorkspaceDefinitions:
    """The definitions with an aggregate for everything that they ask for, as after their first
    publishing."""
    numbered = tuple(
        Aggregate(AggregateId(number), spec)
        for number, spec in enumerate(aggregate_specs(defined), 1)
    )
    return msgspec.structs.replace(defined, aggregates=numbered, newest_aggregate=len(numbered))


def properties(rng: random.Random, at_ms: int) -> dict[str, Any]:
    """Properties of an event, often mistyped."""
    values: dict[str, Any] = {}
    if rng.random() < 0.8:
        values["amount"] = rng.choice(
            (1, 2, 2.5, 1.0, 0.1, 0.0000005, -3, 1e12, 10**12, 2.0**70, "2", True, None, [1])
        )
    if rng.random() < 0.7:
        values["sku"] = rng.choice(("pro", "pr", "", "x", 1, 1.0, True, None, 'é\n"😀'))
    if rng.random() < 0.4:
        values["flag"] = rng.choice((True, False, 1, 0, "true"))
    if rng.random() < 0.5:
        values["product"] = rng.choice(
            (
                {"category": "pro"},
                {"category": 1, "tags": ["pro"]},
                "pro",
                ["pro", 1, True],
                None,
                {},
            )
        )
    if rng.random() < 0.4:
        values["when"] = texts(rng, at_ms)
    return values


def texts(rng: random.Random, at_ms: int) -> Any:
    """Mostly a text that says an instant at or near another one."""
    near = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=at_ms + rng.choice((0, 1, -1, 1_000, 3_600_000, DAY_MS, -DAY_MS))
    )
    precise, naive = near.isoformat(timespec="microseconds"), near.replace(tzinfo=None).isoformat()
    return rng.choice(
        (
            near.isoformat(),
            near.date().isoformat(),
            naive,
            precise,
            "2024-02-30",
            "soon",
            "20240229",
            at_ms,
            None,
            "",
        )
    )


def instants(rng: random.Random, zone: str, now_ms: int) -> int:
    """An event time: on an edge of a second, minute, hour or local day, or a window's length before
    `now_ms`; or one millisecond beside."""
    at_ms = now_ms - rng.choice(
        (0, 1_000, 61_000, 3_600_000, DAY_MS, *(span_ms(span) for span in (*WINDOWS, *SPANS)))
    )
    at_ms += rng.choice(
        (
            0,
            0,
            rng.randrange(-60_000, 60_000),
            rng.randrange(DAY_MS),
            -rng.randrange(DAY_MS),
            -rng.randrange(100 * DAY_MS),
        )
    )
    edge = rng.randrange(6)
    if edge < 4:
        at_ms -= at_ms % (1, 1_000, 60_000, 3_600_000)[edge]
    elif edge == 4:
        at_ms = begins(local(at_ms, zone).date(), zone)
    at_ms += rng.choice((0, 0, 0, 1, -1))
    return (
        min(at_ms, now_ms)
        if rng.random() < 0.95
        else min(at_ms, now_ms) + rng.choice((1, 500, 30_000))
    )


def statements(rng: random.Random, zone: str, now_ms: int, size: int) -> list[Statement]:
    """Events of one person, in no order; several often share a millisecond."""
    made: list[Statement] = []
    for number in range(size):
        at_ms = (
            rng.choice(made).at_ms + rng.choice((0, 0, 1, 1_000, 60_000))
            if made and rng.random() < 0.4
            else instants(rng, zone, now_ms)
        )
        made.append(statement(rng, number, min(at_ms, now_ms + 30_000)))
    return made


def statement(rng: random.Random, number: int, at_ms: int) -> Statement:
    """One event."""
    message = blake2b(b"%d" % number, digest_size=16).digest()
    kind = rng.random()
    made = Statement(
        message,
        at_ms,
        int.from_bytes(message[:8], "big", signed=True),
        "track",
        rng.choice(_TRACKS),
        (),
    )
    if kind < 0.8:
        made = replace(made, properties=properties(rng, at_ms))
        return replace(made, order=("USD", 100)) if made.name in RULES.order_events else made
    if kind < 0.9:
        return replace(
            made, type="page", name=rng.choice(("Home", "")), properties=properties(rng, at_ms)
        )
    told = {"plan": rng.choice(("pro", "pr", 1, True, None)), "age": rng.choice((1, 2.5, "2")),
        "tags": rng.choice((["pro", 1], "pro", [])),
            "renews": texts(rng, at_ms)}  # fmt: skip
    consent = tuple((purpose, rng.random() < 0.6) for purpose in _PURPOSES if rng.random() < 0.6)
    consent = ((EVERY_PURPOSE, False),) if consent and rng.random() < 0.15 else consent
    return replace(
        made,
        type="identify",
        name="",
        traits={name: told[name] for name in told if rng.random() < 0.6},
        consent=consent,
    )


def case(rng: random.Random, *, size: int | None = None) -> Case:
    """Definitions, a person and an instant.

    Args:
        rng: where they are drawn from.
        size: number of events; None: none to a few dozen.
    """
    defined = definitions(rng)
    zone = defined.time_zone
    day = rng.choice(_DATES)
    noon_ms = begins(day, zone) + rng.choice(
        (0, 0, 1, -1, 3_600_000, 2 * 3_600_000, 12 * 3_600_000, rng.randrange(DAY_MS))
    )
    now_ms = noon_ms + rng.choice((0, 0, DAY_MS, 60 * DAY_MS))
    count = rng.choice((0, 1, 2, 3, 5, 8, 13, 30)) if size is None else size
    kinds = {kind: rng.choice((1, 2)) for kind in _KINDS if rng.random() < 0.5}
    members = frozenset(segment.id for segment in defined.segments if rng.random() < 0.5)
    history = PersonHistory(statements(rng, zone, now_ms, count), kinds, members)
    return Case(defined, history, RULES, edge(rng, defined, history, now_ms))


def edge(
    rng: random.Random, defined: WorkspaceDefinitions, history: PersonHistory, now_ms: int
) -> int:
    """Mostly an instant from `now_ms` on at which some rule's answer may change, or one millisecond
    beside."""
    subject = Subject(defined, history, RULES)
    turns = sorted(
        {
            at_ms
            for segment in defined.segments
            if segment.rule
            for at_ms in candidates(subject, segment.rule)
            if at_ms > now_ms
        }
    )
    return rng.choice(turns) + rng.choice((-1, 0, 0, 1)) if turns and rng.random() < 0.6 else now_ms


def cases() -> st.SearchStrategy[Case]:
    """`case` as a hypothesis strategy."""
    return st.randoms(use_true_random=False).map(case)
