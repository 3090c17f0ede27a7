"""What all events of one person add up to, and their stage at an instant.

Both are computed from the whole list at once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, TypeVar

from domain.policies import ProfileRules
from oracle.statements.consent import EVERYTHING
from oracle.statements.record import OPERATORS, Statement

ANY_USE: Final = "ANY_USE"
"""What a restriction refuses, and its release grants."""
V = TypeVar("V")
Register = tuple[Any, int, int]
"""(value, event time, tie)."""


@dataclass(frozen=True)
class View:
    """The same fields as `domain.profiles.leaf.Leaf`, as plain values."""

    first_ms: int = 0
    last_ms: int = 0
    types: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    traits: dict[str, Register] = field(default_factory=dict)
    groups: dict[str, Register] = field(default_factory=dict)
    sessions: list[int] = field(default_factory=list)
    revenue: dict[str, tuple[int, int]] = field(default_factory=dict)
    first_order_ms: int = 0
    last_order_ms: int = 0
    consent: dict[str, Register] = field(default_factory=dict)
    overflow: bool = False

    @property
    def is_restricted(self) -> bool:
        """Whether the latest word of an operator restricts the person; at one instant it does."""
        return ANY_USE in self.consent and self.consent[ANY_USE][0] is False

    def consents_to(self, purpose: str) -> bool:
        """Whether the latest word on a purpose, or on all of them, is a grant.

        At one instant a refusal wins. Whoever is restricted consents to nothing.
        """
        if self.is_restricted:
            return False
        words = [self.consent[name] for name in (purpose, EVERYTHING) if name in self.consent]
        latest = max((at_ms for _, at_ms, _ in words), default=0)
        return bool(words) and all(
            granted is True for granted, at_ms, _ in words if at_ms == latest
        )


def view_of(statements: Sequence[Statement], rules: ProfileRules) -> View:
    """Add up events, in any order.

    Args:
        statements: all events of one person (or of one leaf), each once.
        rules: session gap and caps.
    """
    if not statements:
        return View()
    said = sorted(statements, key=lambda event: (event.at_ms, event.tie))
    in_time = [event for event in said if event.type not in OPERATORS]
    if not in_time:
        return View(consent=_consent(said))
    names = Counter(f"{event.type}:{event.name}" for event in in_time if event.name)
    traits: dict[str, Register] = {}
    groups: dict[str, Register] = {}
    for event in in_time:  # the last one to speak wins
        for trait, value in event.traits.items():
            traits[trait] = (value, event.at_ms, event.tie)
        if event.group:
            groups[event.group] = (event.group_traits, event.at_ms, event.tie)
    orders = [event for event in in_time if event.order]
    return View(
        first_ms=in_time[0].at_ms,
        last_ms=in_time[-1].at_ms,
        types=dict(Counter(event.type for event in in_time)),
        names=_fewest(names, rules.name_limit),
        traits=_fewest(traits, rules.trait_limit),
        groups=_fewest(groups, rules.group_limit),
        sessions=_sessions([event.at_ms for event in in_time], rules.session_gap_ms),
        revenue=_revenue(orders),
        first_order_ms=orders[0].at_ms if orders else 0,
        last_order_ms=orders[-1].at_ms if orders else 0,
        consent=_consent(said),
        overflow=len(names) > rules.name_limit
        or len(traits) > rules.trait_limit
        or len(groups) > rules.group_limit,
    )


def _fewest(entries: dict[str, V], limit: int) -> dict[str, V]:
    def digest(name: str) -> bytes:
        return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()

    return {name: entries[name] for name in sorted(entries, key=digest)[:limit]}


def _sessions(instants: list[int], gap_ms: int) -> list[int]:
    sessions = [instants[0]]
    for before, after in pairwise(instants):
        if after - before > gap_ms:
            sessions += [before, after]
    return [*sessions, instants[-1]]


def _revenue(orders: Iterable[Statement]) -> dict[str, tuple[int, int]]:
    revenue: dict[str, tuple[int, int]] = {}
    for event in orders:
        currency, amount = event.order or ("", 0)
        count, total = revenue.get(currency, (0, 0))
        revenue[currency] = (count + 1, total + amount)
    return revenue


def _consent(in_time: Iterable[Statement]) -> dict[str, Register]:
    spoken: dict[str, list[Register]] = {}
    for event in in_time:
        for purpose, granted in event.consent:
            spoken.setdefault(purpose, []).append((granted, event.at_ms, event.tie))
    return {
        purpose: max(said, key=lambda register: (register[1], register[0] is False, register[2]))
        for purpose, said in spoken.items()
    }


def stage_at(view: View, kinds: Collection[str], rules: ProfileRules, now_ms: int) -> str:
    """The lifecycle stage of a person at an instant.

    Args:
        view: everything they did.
        kinds: kinds of their identifiers.
        rules: `churn_after`, `known_kinds`.
        now_ms: the instant.
    """
    if view.revenue:
        return "customer" if now_ms < churns_at(view, rules) else "churned"
    return "known" if set(rules.known_kinds) & set(kinds) else "anonymous"


def churns_at(view: View, rules: ProfileRules) -> int:
    """The instant at which a customer churns, ms; 0 for whoever never bought."""
    return view.last_order_ms + rules.churn_after_ms if view.revenue else 0
