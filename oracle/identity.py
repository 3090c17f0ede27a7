"""Who is one person: every link fact in canonical order, united unless a limit forbids it.

The rule (Kruskal's algorithm with a constraint): a fact is a pair of identifiers that some event
names together, the event's strongest one and one of the others. Its place in time is the earliest
such event. Facts are taken in that order; one whose union would give a person more identifiers of a
kind, or in all, than the rules allow is refused. Pairs that an operator banned are no facts, unless
the ban was lifted later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from domain.ids import IdentifierKey, MessageKey
from domain.policies import IdentityRules
from domain.privacy.erasure import NEVER_MS
from oracle.statements.record import Statement

Pair = tuple[IdentifierKey, IdentifierKey]
NOBODY: Final[Mapping[IdentifierKey, int]] = MappingProxyType({})
"""Nobody was erased."""


@dataclass(frozen=True, order=True)
class Place:
    """Return a fact's place in the canonical order.

    Event time, tie of the message, rank of the weaker identifier within the event.
    """

    at_ms: int
    tie: int
    rank: int
    message: MessageKey = field(compare=False)


@dataclass(frozen=True, order=True)
class Ruling:
    """What an operator's command says of a pair: the later one is greater, of one instant a ban.

    Attributes:
        at_ms: arrival of the command.
        bans: whether the pair is banned, rather than a ban lifted.
        reason: of a ban.
    """

    at_ms: int
    bans: bool
    reason: str


@dataclass
class Facts:
    """Everything the events say about identity; grows event by event, in any order.

    Attributes:
        kinds: identifier → kind.
        places: pair → the place of its earliest event; banned pairs included.
        rulings: pair → what an operator said of it last.
    """

    kinds: dict[IdentifierKey, str] = field(default_factory=dict)
    places: dict[Pair, Place] = field(default_factory=dict)
    rulings: dict[Pair, Ruling] = field(default_factory=dict)

    @property
    def banned(self) -> set[Pair]:
        """Pairs that never held."""
        return {pair for pair, ruling in self.rulings.items() if ruling.bans}

    def rule(self, pair: Pair, ruling: Ruling) -> None:
        """Take in what a command says of a pair; the greatest ruling counts."""
        self.rulings[pair] = max(self.rulings.get(pair, ruling), ruling)

    def add(self, statement: Statement, erased: Mapping[IdentifierKey, int] = NOBODY) -> None:
        """Take in what one event says.

        Args:
            statement: of the event.
            erased: identifier → until when no event says anything of it; who received this one is
                none of them.
        """
        strong, *others = statement.named
        self.kinds[strong.key] = strong.kind
        for rank, weak in enumerate(others, 1):
            if erased.get(weak.key, NEVER_MS) >= statement.at_ms:
                continue
            self.kinds[weak.key] = weak.kind
            place = Place(statement.at_ms, statement.tie, rank, MessageKey(statement.message))
            small, large = sorted((strong.key, weak.key))
            self.places[small, large] = min(self.places.get((small, large), place), place)


@dataclass(frozen=True)
class Verdict:
    """Status of a fact: ``linked``, or ``refused`` with the limit as the reason."""

    status: str
    reason: str = ""


def people_of(
    facts: Facts, rules: IdentityRules
) -> tuple[list[frozenset[IdentifierKey]], dict[Pair, Verdict]]:
    """Group all identifiers into people.

    Returns:
        The people as sets of identifiers, and the verdict on every fact that is not banned.
    """
    home: dict[IdentifierKey, set[IdentifierKey]] = {key: {key} for key in facts.kinds}
    verdicts: dict[Pair, Verdict] = {}
    for pair in sorted(
        facts.places.keys() - facts.banned, key=lambda pair: (facts.places[pair], pair)
    ):
        one, other = home[pair[0]], home[pair[1]]
        if one is other:
            verdicts[pair] = Verdict("linked")
            continue
        reason = _breach(one, other, facts, rules)
        if reason:
            verdicts[pair] = Verdict("refused", reason)
            continue
        verdicts[pair] = Verdict("linked")
        small, large = sorted((one, other), key=len)
        large |= small
        for key in small:
            home[key] = large
    distinct = {id(members): members for members in home.values()}
    return [frozenset(members) for members in distinct.values()], verdicts


def kinds_of(
    members: frozenset[IdentifierKey] | set[IdentifierKey], facts: Facts
) -> dict[str, int]:
    """Count identifiers per kind."""
    counts: dict[str, int] = {}
    for key in members:
        counts[facts.kinds[key]] = counts.get(facts.kinds[key], 0) + 1
    return counts


def _breach(
    left: set[IdentifierKey], right: set[IdentifierKey], facts: Facts, rules: IdentityRules
) -> str:
    both = kinds_of(left | right, facts)
    for kind in sorted(both):
        if both[kind] > rules.kinds[kind].limit:
            return f"limit:{kind}"
    return "limit:total" if len(left | right) > rules.total_limit else ""
