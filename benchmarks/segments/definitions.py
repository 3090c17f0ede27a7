"""Two hundred live segments and fifty traits of all kinds over the benchmark's traffic.

Whoever is meant by what they did *not* do is known or a customer: nobody addresses all strangers.
"""

import random
from collections.abc import Callable
from typing import Final

import msgspec

from domain.ids import AggregateId, SegmentId, TraitId, WorkspaceId
from domain.profiles.profile import Stage
from domain.segments import conditions, rule
from domain.segments.definition import (  # fmt: skip
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
from domain.segments.rule import Rule, Step
from operators.aggregates.plan import aggregate_specs

WORKSPACE: Final = WorkspaceId(1)
NAMES: Final = (
    "Product Viewed",
    "Product Added",
    "Cart Viewed",
    "Products Searched",
    "Order Completed",
)
WINDOWS: Final = ("30m", "24h", "7d", "30d", "90d", "365d", None)
_FUNCTIONS: Final[tuple[tuple[Function, str | None], ...]] = (
    ("count", None), ("exists", None), ("time_since", None), ("sum", "price"),
    ("average", "price"), ("maximum", "price"),
    ("unique", "product_id"), ("most_frequent", "category"), ("first", "category"),
    ("last", "product_id"),
)  # fmt: skip


def _event(rng: random.Random) -> EventFilter:
    where = (Where("category", conditions.Equals("Books")),) if rng.random() < 0.2 else ()
    return EventFilter(rng.choice(NAMES), where=where)


def _silent(rng: random.Random, _traits: int) -> Rule:
    customers = rule.Lifecycle((Stage.CUSTOMER, Stage.CHURNED))
    return rule.All(
        (
            customers,
            rule.Behaviour(_event(rng), window=rng.choice(WINDOWS), condition=conditions.Equals(0)),
        )
    )


def _sequence(rng: random.Random, _traits: int) -> Rule:
    steps = (
        Step(EventFilter("Product Added")),
        Step(EventFilter("Order Completed"), "30m", absent=rng.random() < 0.5),
    )
    return rule.Sequence(steps, rng.choice(("24h", "7d")))


def _did(rng: random.Random, _traits: int) -> Rule:
    return rule.Behaviour(
        _event(rng),
        window=rng.choice(WINDOWS),
        condition=conditions.AtLeast(rng.choice((1, 1, 2, 3, 5))),
    )


def _spent(rng: random.Random, _traits: int) -> Rule:
    return rule.Behaviour(
        EventFilter("Order Completed"),
        "sum",
        "revenue",
        rng.choice(WINDOWS),
        conditions.AtLeast(rng.choice((20, 50, 100))),
    )


_MIX: Final[tuple[tuple[int, Callable[[random.Random, int], Rule]], ...]] = (
    (45, _did),
    (8, _silent),
    (8, _spent),
    (5, _sequence),
    (10, lambda rng, traits: rule.Computed(f"trait {rng.randrange(traits)}", conditions.Exists())),
    (
        10,
        lambda rng, _traits: rule.Trait(
            rng.choice(("plan", "name", "email")), conditions.Equals("gold")
        ),
    ),
    (5, lambda rng, _traits: rule.Lifecycle((rng.choice((Stage.CUSTOMER, Stage.CHURNED)),))),
    (4, lambda _rng, _traits: rule.Rfm(segments=("champions", "loyal_customers"))),
    (5, lambda _rng, _traits: rule.Consent("advertising")),
)
"""Kinds of conditions, each with its share in percent."""


def _leaf(rng: random.Random, traits: int) -> Rule:
    (make,) = rng.choices([kind for _, kind in _MIX], [share for share, _ in _MIX])
    return make(rng, traits)


def segment_rules(count: int = 200, traits: int = 50, seed: int = 7) -> list[Rule]:
    """Rules of one to four conditions; every tenth is negated at its root."""
    rng = random.Random(seed)
    made: list[Rule] = []
    for number in range(count):
        of = tuple(_leaf(rng, traits) for _ in range(rng.choice((1, 2, 2, 3, 4))))
        whole: Rule = of[0] if len(of) == 1 else rng.choice((rule.All, rule.All, rule.Any))(of)
        if number % 10 == 0:
            made.append(rule.Not(rule.Any((whole, rule.Lifecycle((Stage.ANONYMOUS, Stage.KNOWN))))))
        else:
            made.append(whole)
    return made


def trait_rules(count: int = 50, seed: int = 8) -> list[TraitRule]:
    """Computed traits of every function."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        function, prop = _FUNCTIONS[number % len(_FUNCTIONS)]
        made.append(TraitRule(function, _event(rng), prop, rng.choice(WINDOWS)))
    return made


def live_definitions(workspace: WorkspaceId = WORKSPACE) -> WorkspaceDefinitions:
    """Return all definitions with their aggregates, as after a first publishing."""
    live = WorkspaceDefinitions(
        workspace, 1, segments=live_segments(workspace), traits=live_traits(), rfm=live_rfm()
    )
    aggregates = tuple(
        Aggregate(AggregateId(number), spec) for number, spec in enumerate(aggregate_specs(live), 1)
    )
    return msgspec.structs.replace(live, aggregates=aggregates, newest_aggregate=len(aggregates))


def live_segments(
    workspace: WorkspaceId, count: int = 200, revision: int = 1
) -> tuple[Segment, ...]:
    """The rules as live segments."""
    return tuple(
        Segment(SegmentId(number), workspace, 1, made, revision=revision)
        for number, made in enumerate(segment_rules(count), 1_000)
    )


def live_traits(count: int = 50, revision: int = 1) -> tuple[ComputedTrait, ...]:
    """The traits as live ones."""
    return tuple(
        ComputedTrait(TraitId(number), f"trait {number}", 1, made, revision)
        for number, made in enumerate(trait_rules(count))
    )


def live_rfm() -> RfmDefinition:
    """RFM with plausible bounds."""
    day = 86_400_000
    breaks = RfmBreaks(
        (3 * day, 10 * day, 30 * day, 90 * day),
        (1, 1, 2, 4),
        (20_000_000, 40_000_000, 80_000_000, 200_000_000),
        1_000,
        0,
    )
    return RfmDefinition(1, RfmRule(), breaks)
