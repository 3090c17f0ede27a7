"""Which links must go so that some identifiers become a person of their own. Pure; state: none."""

from collections.abc import Collection, Iterable

from domain.ids import IdentifierKey
from domain.link import Pair


def cut(facts: Iterable[Pair], apart: Collection[IdentifierKey]) -> list[Pair]:
    """The facts between the identifiers that are split off and the rest.

    Args:
        facts: pairs of keys within one person.
        apart: keys to be split off.

    Returns:
        Those pairs with exactly one end in `apart`, in order.

    >>> a, b, c = (IdentifierKey(bytes([n]) * 16) for n in (1, 2, 3))
    >>> cut([(a, b), (b, c)], {a}) == [(a, b)]
    True
    """
    inside = set(apart)
    return sorted(pair for pair in facts if (pair[0] in inside) != (pair[1] in inside))
