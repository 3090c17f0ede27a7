"""UNIFY: a batch of events, the loaded state, and the instant → everything the batch changes.

Pure and deterministic: no clock, no I/O, no randomness; the same arguments give the same changes.
The caller loads what `collect_read_set` names, and loads more when the answer is `NeedMore`; it
commits the `Changes` in one transaction.

Late events change the past exactly (event time decides); duplicates change only a counter.
"""

from collections.abc import Iterable, Sequence

from domain.changes import Changes, LoadedState, NeedMore, Suppressed
from domain.event import Command, DeadLetter, Erase, Event, Ruling
from domain.ids import MessageKey
from domain.profiles.leaf import tie_of
from domain.profiles.profile import FactKey
from operators.identity.resolve import Resolver
from operators.signals.observe import count_observations
from operators.unify.assembly import Assembly
from operators.unify.definitions import Definitions
from operators.unify.erase import Erasing, missing, own
from operators.unify.read_set import Item


def unify(
    items: Sequence[Item], loaded: LoadedState, definitions: Definitions, now_ms: int
) -> Changes | NeedMore:
    """Decide what one batch does.

    Args:
        items: decoded records in log order.
        loaded: what `collect_read_set` asked for, as far as it is stored; not changed.
        definitions: rules and compiled definitions.
        now_ms: the processing instant; decides stages, memberships and wakes, and nothing else.

    Returns:
        `Changes`, or `NeedMore` when a component or a history must be known whole; then load it and
        call again.
    """
    changes = Changes(now_ms, revision=definitions.revision)
    fresh = _fresh(items, loaded, changes)
    commands = own([item for item in fresh if isinstance(item, Erase)], loaded)
    unknown = missing(commands, loaded) if commands else None
    if unknown is not None:
        return unknown
    erasing = Erasing(commands, loaded) if commands else None
    rest = loaded if erasing is None else erasing.rest
    resolver = _resolved(fresh, rest, definitions, erasing)
    people = resolver.missing()
    if people:
        return NeedMore(people)
    changes.events = fresh
    assembly = Assembly(rest, definitions, now_ms, changes)
    groups = [group for group in resolver.resolved_groups() if group.touched]
    unread = assembly.backfill(groups)
    if unread:
        return NeedMore(histories=unread)
    folded = [item for item in fresh if isinstance(item, Event)]
    created = assembly.run(groups, folded if erasing is None else erasing.received() + folded)
    _enter_links(resolver, rest, changes)
    if erasing is not None:
        erasing.record(changes)
    _enter_judged(rest, changes)
    count_observations(items, fresh, created, definitions.profile, changes)
    return changes


def _enter_links(resolver: Resolver, loaded: LoadedState, changes: Changes) -> None:
    for pair, fact in sorted(resolver.facts.items()):
        before = loaded.links.get(pair)
        if before is None:
            changes.links.append(fact)
        elif before != fact:
            changes.revised.append((before, fact))


def _enter_judged(loaded: LoadedState, changes: Changes) -> None:
    """Note by which erasures the identifiers of the changes were judged."""
    if loaded.erased:
        named = changes.judged_keys() & loaded.erased.keys()
        changes.judged = {key: loaded.erased[key].until_ms for key in named}


def _fresh(items: Sequence[Item], loaded: LoadedState, changes: Changes) -> list[Event | Command]:
    """Events and commands that are not stored yet; enters everything else into the changes."""
    fresh: list[Event | Command] = []
    seen = set(loaded.stored)
    for item in items:
        if isinstance(item, DeadLetter):
            changes.dead_letters.append(item)
            continue
        if isinstance(item, Suppressed):
            _suppress(item.event, seen, changes)
            continue
        if item.retry_of:
            changes.redriven.append(item.retry_of)
        if item.message_key in seen:
            changes.duplicates += 1
            continue
        seen.add(item.message_key)
        fresh.append(item)
    return fresh


def _suppress(event: Event, seen: set[MessageKey], changes: Changes) -> None:
    """Remember the message of an event that is not kept."""
    if event.retry_of:
        changes.redriven.append(event.retry_of)
    if event.message_key in seen:
        changes.duplicates += 1
        return
    seen.add(event.message_key)
    changes.suppressed.append((event.workspace, event.message_key))


def _resolved(
    fresh: Iterable[Event | Command],
    loaded: LoadedState,
    definitions: Definitions,
    erasing: Erasing | None,
) -> Resolver:
    """Decide the link facts of a batch."""
    resolver = Resolver(loaded, definitions.identity)
    if erasing is not None:
        erasing.apply(resolver)
    for item in fresh:
        if isinstance(item, Ruling):
            resolver.rule(item)
        elif isinstance(item, Event):
            _link(resolver, item)
    return resolver


def _link(resolver: Resolver, event: Event) -> None:
    strong = event.identifiers[0]
    resolver.find(strong, event.workspace).touched = True
    if len(event.identifiers) == 1:
        return
    key = FactKey(event.occurred_ms, tie_of(event.message_key))
    for rank, weak in enumerate(event.identifiers[1:], 1):
        resolver.link(strong, weak, key, rank, event.message_key, event.workspace)
