"""Identity as a function of facts.

It decides which identifiers are one person, given all link facts, the bans and the limits.

Kruskal's algorithm with a constraint (J. B. Kruskal, 1956, Proc. AMS 7): facts are taken in
canonical order – event time, then message – and a fact whose union would exceed a limit is refused.
Components only grow, so a refusal is final and the answer depends on the *set* of facts alone: any
order of arrival, any duplication and any replay give the same people, and removing a fact gives
what would have been without it.

Oracle: `oracle` computes the same naively. Incremental form: `operators.identity.resolve`.
"""

from collections.abc import Iterable, Mapping

from domain.ids import IdentifierKey
from domain.link import LINKED, REFUSED, Link, Pair
from domain.policies import IdentityRules


def breach(left: Mapping[str, int], right: Mapping[str, int], rules: IdentityRules) -> str:
    """Which limit the union of two people would exceed.

    Args:
        left: identifiers per kind.
        right: the same of the other person; no identifier is in both.
        rules: limits per kind and in total.

    Returns:
        ``limit:<kind>``, ``limit:total``, or the empty string where they fit.
    """
    small, large = (left, right) if len(left) <= len(right) else (right, left)
    for kind in sorted(small):
        rule = rules.kinds.get(kind)
        if kind in large and rule is not None and small[kind] + large[kind] > rule.limit:
            return f"limit:{kind}"
    if sum(left.values()) + sum(right.values()) > rules.total_limit:
        return "limit:total"
    return ""


def constrained_components(
    kinds: Mapping[IdentifierKey, str], facts: Iterable[Link], rules: IdentityRules
) -> tuple[list[list[IdentifierKey]], dict[Pair, tuple[str, str]]]:
    """Group identifiers into people: the components of those facts that no limit refuses.

    Args:
        kinds: every identifier with its kind; those without facts become people of their own.
        facts: link facts among them, in any order; only those that hold count.
        rules: limits.

    Returns:
        The components, and the verdict on each fact: (status, reason).
    """
    parent: dict[IdentifierKey, IdentifierKey] = {key: key for key in kinds}
    members: dict[IdentifierKey, list[IdentifierKey]] = {key: [key] for key in kinds}
    counts: dict[IdentifierKey, dict[str, int]] = {key: {kind: 1} for key, kind in kinds.items()}
    verdicts: dict[Pair, tuple[str, str]] = {}
    for fact in sorted(
        (fact for fact in facts if fact.holds),
        key=lambda fact: (fact.key, fact.rank, fact.pair),
    ):
        one, other = parent[fact.a], parent[fact.b]
        if one == other:
            verdicts[fact.pair] = (LINKED, "")
            continue
        reason = breach(counts[one], counts[other], rules)
        if reason:
            verdicts[fact.pair] = (REFUSED, reason)
            continue
        verdicts[fact.pair] = (LINKED, "")
        if len(members[one]) < len(members[other]):
            one, other = other, one
        for key in members[other]:
            parent[key] = one
        members[one] += members.pop(other)
        for kind, count in counts.pop(other).items():
            counts[one][kind] = counts[one].get(kind, 0) + count
    return list(members.values()), verdicts
