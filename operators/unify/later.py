"""What happened after an erasure and is stored already is taken in again, as of new identifiers.

Pure. Clock: event time. Duplicates: an event that several leaves lead to counts once.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from domain.changes import LoadedState
from domain.event import Event
from domain.ids import IdentifierKey, MessageKey
from domain.link import pair_of
from domain.profiles.leaf import tie_of
from domain.profiles.profile import FactKey
from operators.identity.resolve import Resolver
from operators.unify.suppress import is_erased


class LaterEvents:
    """Stored events from after an erasure that name what is erased.

    Args:
        loaded: everything stored that the erasure concerns; `later` has the events.
        erased: identifiers that are erased.
        until: identifier → until when events say nothing of it, ms since 1970.
    """

    def __init__(
        self,
        loaded: LoadedState,
        erased: AbstractSet[IdentifierKey],
        until: Mapping[IdentifierKey, int],
    ) -> None:
        self._links = loaded.links
        self._erased = erased
        self._until = until
        self._ranks: dict[MessageKey, dict[IdentifierKey, int]] = {}
        stored = {event.message_key: event for one in loaded.later.values() for event in one}
        self._events = [
            self._counted(event)
            for event in sorted(stored.values(), key=lambda one: (one.occurred_ms, one.message_key))
            if not is_erased(event.identifiers[0], event.occurred_ms, until)
            and not erased.isdisjoint([one.key for one in event.identifiers])
        ]

    def _counted(self, event: Event) -> Event:
        """An event without identifiers that are erased, or that were taken out of it before."""
        strong, *others = event.identifiers
        self._ranks[event.message_key] = {one.key: rank for rank, one in enumerate(others, 1)}
        kept = [
            other
            for other in others
            if pair_of(strong.key, other.key) in self._links
            and not is_erased(other, event.occurred_ms, self._until)
        ]
        return replace(event, identifiers=(strong, *kept))

    def received(self) -> list[Event]:
        """Those that an erased identifier received, in the order of event time."""
        return [event for event in self._events if event.identifiers[0].key in self._erased]

    def restate(self, resolver: Resolver) -> None:
        """Take in the link facts that they state about erased identifiers."""
        for event in self._events:
            strong, *others = event.identifiers
            resolver.find(strong, event.workspace).touched = True
            key = FactKey(event.occurred_ms, tie_of(event.message_key))
            for other in others:
                if not self._erased.isdisjoint((strong.key, other.key)):
                    rank = self._ranks[event.message_key][other.key]
                    resolver.link(strong, other, key, rank, event.message_key, event.workspace)
