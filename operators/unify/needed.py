"""Names what must be loaded before a batch can be unified."""

from collections.abc import Iterable

import msgspec

from domain.event import DeadLetter, Event, Unmerge
from domain.ids import IdentifierKey, MessageKey
from domain.link import Pair, pair_of

Item = Event | Unmerge | DeadLetter


class Needed(msgspec.Struct):
    """What a batch names.

    Identifiers, pairs that its events link or its commands ban, and messages.
    """

    identifiers: set[IdentifierKey] = set()
    pairs: set[Pair] = set()
    messages: set[MessageKey] = set()


def needed(items: Iterable[Item]) -> Needed:
    """Name what must be loaded before a batch can be unified."""
    wanted = Needed()
    for item in items:
        if isinstance(item, Event):
            first = item.identifiers[0].key
            wanted.identifiers.add(first)
            wanted.messages.add(item.message_key)
            for weak in item.identifiers[1:]:
                wanted.identifiers.add(weak.key)
                wanted.pairs.add(pair_of(first, weak.key))
        elif isinstance(item, Unmerge):
            wanted.messages.add(item.message_key)
            for one, other in item.links:
                wanted.identifiers |= {one, other}
                wanted.pairs.add(pair_of(one, other))
    return wanted
