"""Computed traits of one person at an instant. State: none."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from domain.segments.definition import ComputedTrait
from operators.segments.compile_rules import Compiler
from operators.segments.nodes import Subject


class Computed(NamedTuple):
    """One computed trait of a person.

    `value` is None where it is missing, and while it is `building`.
    """

    trait: ComputedTrait
    value: Any
    building: bool


def computed(
    compiler: Compiler, traits: Iterable[ComputedTrait], subject: Subject, built: int
) -> Iterator[Computed]:
    """Compute traits.

    Args:
        compiler: of the workspace's definitions.
        traits: live ones.
        subject: the person, at the instant.
        built: aggregates up to this id are complete for the person; traits that need later ones are
            being built.
    """
    for trait in traits:
        building = compiler.trait_series(trait)[0].id > built
        yield Computed(trait, None if building else compiler.trait_value(trait, subject), building)
