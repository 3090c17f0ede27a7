"""Rules of a workspace as values: which identifiers there are and how a profile is folded.

Validated at boot by `config`.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from domain.identifiers import KINDS
from domain.instants import MS


@dataclass(frozen=True)
class KindRule:
    """One identifier kind.

    Attributes:
        priority: 1 is strongest; the strongest identifier of an event names its leaf.
        limit: how many identifiers of this kind one person may have.
        blocked: further values that never identify anybody, lower case.
    """

    priority: int
    limit: int
    blocked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(
                "a person must be allowed one identifier of a kind; leave the kind out to ignore it"
            )


def _default_kinds() -> dict[str, KindRule]:
    return {kind.name: KindRule(kind.priority, kind.limit) for kind in KINDS}


@dataclass(frozen=True)
class IdentityRules:
    """What identifies a person, and what never does.

    Attributes:
        kinds: identifier kind → rule; a kind that is not named here is ignored.
        blocked: values that never identify anybody, whatever the kind; compared in lower case.
        blocked_patterns: regular expressions that match whole values that never identify anybody.
        total_limit: identifiers of all kinds that one person may have.
        length_limit: longest identifier, characters.
        alias_kind: kind of an alias call's ``previousId``.
    """

    kinds: dict[str, KindRule] = field(default_factory=_default_kinds)
    blocked: frozenset[str] = frozenset(
        {
            "", "-1", "0", "anonymous", "default", "distinct_id", "email", "false", "guest", "id",
            "nan", "nil", "none",
            "not_authenticated", "null", "n/a", "[object object]", "true", "undefined", "unknown",
            "user", "user_id",
        }
    )  # fmt: skip
    blocked_patterns: tuple[str, ...] = (r"[0-]+", r"['\"].{0,20}['\"]", r"\$?\{.*\}")
    total_limit: int = 1_000
    length_limit: int = 256
    alias_kind: str = "anonymous_id"

    @cached_property
    def blocked_pattern(self) -> re.Pattern[str]:
        """All blocked patterns as one expression, to be matched against whole values."""
        return re.compile(
            "|".join(f"(?:{pattern})" for pattern in self.blocked_patterns) or r"(?!)"
        )


@dataclass(frozen=True)
class ShapeRules:
    """Of which events the shape is counted: properties and their JSON types (observations only).

    Attributes:
        sample: one event of so many is looked at, 1–256. Source: its cost on the way in, against
            the delay with which a change of shape is found (`docs/fault-lab.md`).
        properties: properties of one event that are looked at, in their order. Source: a bound on
            the number of counters.
        length: longest event name or property that is told apart, characters. Source: a bound on
            the size of counters.
    """

    sample: int = 4
    properties: int = 40
    length: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.sample <= 256 or self.properties < 0 or self.length < 1:
            raise ValueError("sample lies from 1 to 256, properties and length are not negative")


@dataclass(frozen=True)
class ProfileRules:
    """How events become a profile.

    Attributes:
        session_gap: silence that ends a session.
        order_events: track names that are purchases.
        amount_keys: properties that hold the amount, first present wins.
        default_currency: ISO 4217 code where an order names none.
        name_limit: event names counted apart per person.
        trait_limit: traits per person.
        event_trait_limit: traits that one event may set.
        group_limit: groups per person.
        event_purpose_limit: consent purposes that one event may name; one that names more refuses
            everything.
        purpose_length_limit: longest consent purpose, characters; a longer one cannot be granted,
            and refusing it refuses everything.
        known_kinds: identifier kinds that make an anonymous visitor known.
        churn_after: silence after the last purchase that makes a customer churned.
        late_after: event time this long before arrival counts as late (observations only).
        match_weights: identifier kind → what it is worth for being matched by ad platforms; a kind
            that is not named is worth nothing.
        report_events: track names by which a platform's own count of conversions comes in
            (observations only).
        shapes: of which events the shape is counted.
    """

    session_gap: timedelta = timedelta(minutes=30)
    order_events: frozenset[str] = frozenset({"Order Completed"})
    amount_keys: tuple[str, ...] = ("revenue", "total", "value")
    default_currency: str = "USD"
    name_limit: int = 500
    trait_limit: int = 1_000
    event_trait_limit: int = 1_000
    group_limit: int = 100
    event_purpose_limit: int = 1_000
    purpose_length_limit: int = 1_000
    known_kinds: frozenset[str] = frozenset(kind.name for kind in KINDS if kind.known)
    churn_after: timedelta = timedelta(days=90)
    late_after: timedelta = timedelta(hours=1)
    match_weights: dict[str, float] = field(
        default_factory=lambda: {kind.name: kind.match_weight for kind in KINDS}
    )
    report_events: frozenset[str] = frozenset({"Platform Report"})
    shapes: ShapeRules = field(default_factory=ShapeRules)

    @cached_property
    def session_gap_ms(self) -> int:
        """`session_gap` in ms."""
        return self.session_gap // MS

    @cached_property
    def churn_after_ms(self) -> int:
        """`churn_after` in ms."""
        return self.churn_after // MS

    @cached_property
    def late_after_ms(self) -> int:
        """`late_after` in ms."""
        return self.late_after // MS
