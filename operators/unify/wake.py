"""Evaluates people again at an instant, without an event.

Pure: the caller loads what `NeedMore` names, and commits the `Changes`.
"""

from collections.abc import Iterable

from domain.changes import Changes, LoadedState, NeedMore
from domain.profiles.leaf import encode_leaf
from domain.profiles.profile import Person
from operators.segments.membership import Trigger, apply, evaluate
from operators.unify.backfill import backfill, lacks_history, stored_leaves
from operators.unify.definitions import Definitions


def wake(
    people: Iterable[Person],
    loaded: LoadedState,
    definitions: Definitions,
    now_ms: int,
    *,
    sweep: bool = False,
) -> Changes | NeedMore:
    """Evaluate people again at an instant, without an event.

    Something about them changes then, or definitions changed.

    Args:
        people: as stored; changed in place.
        loaded: histories and leaves of those who lack aggregates, once asked for.
        definitions: rules and compiled definitions.
        now_ms: the processing instant.
        sweep: look at everybody whom a newer definition may concern, and write those whom it
            changes; else people who are not due yet keep everything.

    Returns:
        `Changes`, or `NeedMore` when histories must be known.
    """
    changes = Changes(now_ms, revision=definitions.revision)
    concerned = [person for person in people if sweep or 0 < person.wake_ms <= now_ms]
    unread = frozenset(
        person.id
        for person in concerned
        if lacks_history(person, definitions.program(person.workspace))
    )
    if not unread <= loaded.histories.keys():
        return NeedMore(histories=unread - loaded.histories.keys())
    for person in concerned:
        program = definitions.program(person.workspace)
        told = loaded.histories.get(person.id, ())
        if told:
            leaves = stored_leaves(person, loaded)
            for key in backfill(person, leaves, told, program):
                changes.leaves[key] = encode_leaf(leaves[key])
        trigger = Trigger("wake", {*program.aggregates} if told else set())
        evaluation = evaluate(person, program, definitions.profile, now_ms, trigger)
        changes.memberships += evaluation.changes
        changes.confirmed += evaluation.confirmed
        differs = evaluation.differs_from(person)
        apply(evaluation, person)
        if differs or told or not sweep:
            person.built = program.newest
            changes.replaced[person.id] = person.version
            person.version += 1
            changes.people.append(person)
    return changes
