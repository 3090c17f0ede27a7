"""Who was seen before, and which messages: what the store would know of a batch."""

from collections.abc import Iterable
from typing import Any, Final

from domain.event import Event
from domain.ids import IdentifierKey, MessageKey

_LIMIT: Final = 20_000
"""Identifiers that are remembered; whoever was not seen for longer counts as new."""
_MESSAGES: Final = 2_048
"""Messages that are remembered; clients send again what they sent lately."""


class People:
    """Tells new messages from known ones, and newcomers from people who were seen."""

    def __init__(self) -> None:
        self._known: dict[IdentifierKey, None] = {}
        self._messages: dict[MessageKey, None] = {}

    def fresh(self, events: Iterable[Event]) -> list[Event]:
        """Events whose message was not seen, the first of each."""
        messages, fresh = self._messages, []
        for event in events:
            if event.message_key not in messages:
                messages[event.message_key] = None
                fresh.append(event)
        _shrink(messages, _MESSAGES)
        return fresh

    def newcomers(self, events: Iterable[Event]) -> list[MessageKey]:
        """The first messages of people none of whose identifiers was seen."""
        known, found = self._known, []
        for event in events:
            keys = [identifier.key for identifier in event.identifiers]
            if not any(key in known for key in keys):
                found.append(event.message_key)
            known.update(dict.fromkeys(keys))
        _shrink(known, _LIMIT)
        return found


def _shrink(remembered: dict[Any, None], limit: int) -> None:
    while len(remembered) > limit:
        del remembered[next(iter(remembered))]
