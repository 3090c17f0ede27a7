"""Definitions that change while events flow: random edits, published on the in-memory tables."""

import random

from msgspec.structs import replace

from domain.ids import AggregateId, SegmentId
from domain.segments.definition import Aggregate, Segment, WorkspaceDefinitions, spec_key
from domain.segments.rule import Computed, Member, Rfm
from operators.aggregates import plan
from tests.simulation.memory import MemoryTables, Sweep
from tests.support import rules_generators as draw


def changed_definitions(
    rng: random.Random, now: WorkspaceDefinitions, *, pausing: bool = True
) -> WorkspaceDefinitions:
    """The same definitions with one thing changed: a segment added, edited, paused, resumed or
    deleted, or a trait edited.

    Who is in a paused segment depends on the instant at which it was paused; without `pausing`
    nothing depends on such instants.
    """
    segments, traits = list(now.segments), list(now.traits)
    choice = rng.random()
    if choice < 0.35 or not segments:
        fresh = max(
            [*(segment.id for segment in segments), SegmentId(1000 * now.workspace)]
        ) + rng.randint(1, 3)
        rule = draw.rules(rng, 2, tuple(segment.id for segment in segments))
        segments.append(
            Segment(
                SegmentId(fresh), now.workspace, 1, rule, rng.choice(("advertising", "analytics"))
            )
        )
    elif choice < 0.6:
        place = rng.randrange(len(segments))
        earlier = tuple(segment.id for segment in segments[:place])
        segments[place] = replace(
            segments[place], version=segments[place].version + 1, rule=draw.rules(rng, 2, earlier)
        )
    elif pausing and choice < 0.7:
        place = rng.randrange(len(segments))
        segments[place] = replace(segments[place], rule=None)
    elif choice < 0.85:
        gone = rng.choice(segments)
        if not any(gone.id in references(segment) for segment in segments):
            segments.remove(gone)
    else:
        traits = list(draw.traits(rng))
        traits = [replace(trait, version=now.revision + 1) for trait in traits]
    return replace(now, segments=tuple(segments), traits=tuple(traits))


def references(segment: Segment) -> set[SegmentId]:
    """Segments that a segment refers to."""
    return (
        {node.segment for node in plan.nodes(segment.rule) if isinstance(node, Member)}
        if segment.rule is not None
        else set()
    )


def publish(tables: MemoryTables, wanted: WorkspaceDefinitions) -> None:
    """Make definitions live: a new revision, aggregates for what they ask, and a sweep."""
    before = tables.registry.definitions[wanted.workspace]
    revision = tables.registry.revision + 1
    wanted = replace(wanted, segments=_revised(before, wanted, revision))
    known = {spec_key(aggregate.spec): aggregate for aggregate in before.aggregates}
    newest, aggregates = before.newest_aggregate, []
    for spec in plan.aggregate_specs(wanted):
        found = known.get(spec_key(spec))
        if found is None:
            newest += 1
            found = Aggregate(AggregateId(newest), spec)
        aggregates.append(found)
    aggregates.sort(key=lambda aggregate: aggregate.id)
    after = replace(
        wanted, revision=revision, aggregates=tuple(aggregates), newest_aggregate=newest
    )
    others = {
        number: replace(other, revision=revision)
        for number, other in tables.registry.definitions.items()
    }
    tables.registry = replace(
        tables.registry, definitions=others | {wanted.workspace: after}, revision=revision
    )
    tables.sweeps.append(Sweep(wanted.workspace, revision, newest))


def _revised(
    before: WorkspaceDefinitions, wanted: WorkspaceDefinitions, revision: int
) -> tuple[Segment, ...]:
    """Segments with the revision at which their answers may have changed: their own rule, a trait
    or another segment that they refer to."""
    old = {segment.id: segment for segment in before.segments}
    traits = {trait.name: trait for trait in before.traits} != {
        trait.name: trait for trait in wanted.traits
    }
    changed = {segment.id for segment in wanted.segments if _differs(old.get(segment.id), segment)}
    changed |= old.keys() - {segment.id for segment in wanted.segments}
    if traits:
        changed |= {segment.id for segment in wanted.segments if _names(segment, Computed)}
    while True:
        more = {
            segment.id for segment in wanted.segments if references(segment) & changed
        } - changed
        if not more:
            break
        changed |= more
    return tuple(
        replace(segment, revision=revision) if segment.id in changed else segment
        for segment in wanted.segments
    )


def _differs(old: Segment | None, new: Segment) -> bool:
    return old is None or (old.version, old.rule is None) != (new.version, new.rule is None)


def _names(segment: Segment, kind: type[Computed | Rfm]) -> bool:
    return segment.rule is not None and any(
        isinstance(node, kind) for node in plan.nodes(segment.rule)
    )


def finish(tables: MemoryTables, sweep: Sweep) -> None:
    """End a sweep whose walk is over.

    Aggregates that it covered are complete for everybody, once no older sweep is under way.
    """
    sweep.done = True
    done = []
    for one in tables.sweeps:
        if one.workspace == sweep.workspace:
            if not one.done:
                break
            done.append(one)
    definitions = tables.registry.definitions
    aggregate = max((one.aggregate for one in done), default=0)
    revision = max((one.revision for one in done), default=0)
    covered = replace(
        definitions[sweep.workspace], swept_aggregate=aggregate, swept_revision=revision
    )
    tables.registry = replace(tables.registry, definitions=definitions | {sweep.workspace: covered})
