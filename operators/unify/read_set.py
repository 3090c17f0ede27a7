"""Names what must be loaded before a batch can be unified."""

from collections.abc import Iterable

import msgspec

from domain.changes import Suppressed
from domain.event import Command, DeadLetter, Event, Ruling
from domain.ids import IdentifierKey, MessageKey
from domain.link import Pair, pair_of

Item = Event | Command | DeadLetter | Suppressed


class ReadSet(msgspec.Struct):
    """What a batch names.

    Identifiers, pairs that its events link or its commands rule on, and messages.
    """

    identifiers: set[IdentifierKey] = set()
    pairs: set[Pair] = set()
    messages: set[MessageKey] = set()


def collect_read_set(items: Iterable[Item]) -> ReadSet:
    """Name what must be loaded before a batch can be unified."""
    read_set = ReadSet()
    for item in items:
        if isinstance(item, Event):
            first = item.identifiers[0].key
            read_set.identifiers.add(first)
            read_set.messages.add(item.message_key)
            for weak in item.identifiers[1:]:
                read_set.identifiers.add(weak.key)
                read_set.pairs.add(pair_of(first, weak.key))
        elif isinstance(item, Command):
            read_set.messages.add(item.message_key)
            read_set.identifiers.update(item.identifiers_named)
            if isinstance(item, Ruling):
                read_set.pairs.update(pair_of(one, other) for one, other in item.links)
    return read_set
