"""What the answer of a rule depends on: aggregates, and tokens for everything else."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from domain.ids import SegmentId
from domain.profiles.consent import EVERY_PURPOSE
from domain.segments import rule
from domain.segments.definition import Aggregate, AggregateSpec, WorkspaceDefinitions
from domain.segments.rule import Rule
from operators.aggregates import plan

Token = int | str
"""What a segment depends on.

An aggregate's id, or ``stage``, ``identifier``, ``trait:<name>``, ``consent:<purpose>``.
"""

CONSENT: Final = "consent:"
EVERY_CONSENT: Final = f"{CONSENT}{EVERY_PURPOSE}"


def inputs_of(
    nodes: Iterable[Rule],
    definitions: WorkspaceDefinitions,
    aggregate_of: Callable[[AggregateSpec], Aggregate],
) -> Iterator[Token]:
    """What the nodes of one rule depend on, other segments apart."""
    traits = {trait.name: trait.rule for trait in definitions.traits}
    zone = definitions.time_zone
    for node in nodes:
        match node:
            case rule.Trait(name=name):
                yield f"trait:{name}"
            case rule.Consent(purpose=purpose):
                yield f"{CONSENT}{purpose}"
                yield EVERY_CONSENT
            case rule.HasIdentifier():
                yield "identifier"
            case rule.Lifecycle():
                yield "stage"
            case rule.Computed(name=name) if name in traits:
                yield aggregate_of(plan.trait_spec(traits[name], zone)).id
            case rule.Rfm() if definitions.rfm is not None:
                yield aggregate_of(plan.rfm_spec(definitions.rfm.rule, zone)).id
            case rule.Behaviour():
                yield aggregate_of(plan.behaviour_spec(node, zone)).id
            case rule.Sequence():
                yield aggregate_of(plan.sequence_spec(node, zone)).id


def references(nodes: Iterable[Rule]) -> Iterator[SegmentId]:
    """Other segments that the nodes of a rule refer to."""
    return (node.segment for node in nodes if isinstance(node, rule.Member))
