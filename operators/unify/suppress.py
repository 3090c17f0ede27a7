"""Keeps what was said of erased identifiers from coming in: late, replayed and re-sent events.

An event that happened until an identifier's erasure, and was to be received by it, is not kept.
Where it merely names one beside a stronger identifier of somebody else, it is kept without it, or
not at all where its JSON cannot be freed of it.

Clock: event time against the erasure's. Duplicates: a copy of what is not kept is a duplicate.
"""

from collections.abc import Callable, Mapping, Sequence

from domain.changes import LoadedState, Suppressed
from domain.event import Erase, Event, Identifier
from domain.ids import IdentifierKey
from domain.privacy.erasure import NEVER_MS
from operators.unify.read_set import Item

Reread = Callable[[Event, Sequence[Identifier]], Event | None]
"""Reads an event again without some of the identifiers that it names; None where it cannot."""


def untils(items: Sequence[Item], loaded: LoadedState) -> dict[IdentifierKey, int]:
    """Until when events of erased identifiers are not kept, by what is stored and by the batch.

    Args:
        items: the batch.
        loaded: what is stored of its identifiers.

    Returns:
        Identifier → ms since 1970; without those that were never erased.
    """
    found = {key: erased.until_ms for key, erased in loaded.erased.items()}
    for item in items:
        if isinstance(item, Erase):
            for key in item.identifiers:
                found[key] = max(found.get(key, item.until_ms), item.until_ms)
    return found


def suppress(items: Sequence[Item], loaded: LoadedState, reread: Reread) -> list[Item]:
    """Mark the events of a batch that are not kept, and take erased identifiers out of others.

    Args:
        items: the batch, as decoded.
        loaded: what is stored of its identifiers.
        reread: reads an event again without some identifiers.

    Returns:
        The batch, an item for each.
    """
    until = untils(items, loaded)
    if not until:
        return list(items)
    return [_judged(item, until, reread) if isinstance(item, Event) else item for item in items]


def is_erased(identifier: Identifier, occurred_ms: int, until: Mapping[IdentifierKey, int]) -> bool:
    """Whether an event of an instant must not be known of an identifier."""
    return occurred_ms <= until.get(identifier.key, NEVER_MS)


def _judged(event: Event, until: Mapping[IdentifierKey, int], reread: Reread) -> Item:
    strong, *others = event.identifiers
    if is_erased(strong, event.occurred_ms, until):
        return Suppressed(event)
    erased = [one for one in others if is_erased(one, event.occurred_ms, until)]
    return (reread(event, erased) or Suppressed(event)) if erased else event
