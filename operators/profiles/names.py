"""What people's traits and purposes are called, counted over some people; never a value of theirs.

State: none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.profiles.consent import ANY_USE, EVERY_PURPOSE
from domain.profiles.leaf import Leaf
from operators.detection.shapes import TYPES
from operators.profiles.consent import grants, restriction_among


class Answers(NamedTuple):
    """How many granted and how many refused a purpose."""

    granted: int
    refused: int


class Names(NamedTuple):
    """What some people's profiles speak of.

    Attributes:
        people: how many were looked at.
        traits: trait → JSON type → people whose newest value has it.
        purposes: purpose → what was said of it.
        refuse_every: people who refused every purpose.
    """

    people: int
    traits: Mapping[str, Mapping[str, int]]
    purposes: Mapping[str, Answers]
    refuse_every: int = 0


def count_names(views: Iterable[Leaf]) -> Names:
    """Count the traits and purposes of some people.

    A trait that is null counts as none. Whoever is restricted says nothing. Whoever refused every
    purpose refused each of them, but for those that were granted later.
    """
    people = every = 0
    traits: defaultdict[str, Counter[str]] = defaultdict(Counter)
    granted, refused, apart = Counter[str](), Counter[str](), Counter[str]()
    for view in views:
        people += 1
        if restriction_among(view.consent) is not None:
            continue
        for name, register in view.traits.items():
            if type(register.value) in TYPES:
                traits[name][TYPES[type(register.value)]] += 1
        refused_every = EVERY_PURPOSE in view.consent
        every += refused_every
        for purpose in view.consent.keys() - {EVERY_PURPOSE, ANY_USE}:
            granted[purpose] += grants(view.consent, purpose)
            refused[purpose] += not grants(view.consent, purpose)
            apart[purpose] += refused_every
    return Names(
        people,
        traits,
        {
            purpose: Answers(granted[purpose], count + every - apart[purpose])
            for purpose, count in refused.items()
        },
        every,
    )
