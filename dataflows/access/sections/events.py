"""Section: the person's events, as they were received."""

from collections.abc import Iterator
from typing import Final

import msgspec

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.values import Json
from store.privacy.held import people
from store.unify.copy_format import FLAG_FUTURE


def _rows(gathering: Gathering) -> Iterator[Row]:
    for message, kind, name, at, received_at, source, leaf, flags, payload in gathering.rows(
        people.EVENTS
    ):
        yield (
            message,
            at,
            received_at,
            kind,
            name,
            gathering.source(source),
            str(gathering.identifier(leaf)),
            bool(flags & FLAG_FUTURE),
            one_line(payload),
        )


def one_line(payload: bytes) -> Json:
    r"""A record as JSON without breaks of lines; as text where it is none.

    >>> bytes(one_line(b'{"a":\n 1}')), one_line(b"{")
    (b'{"a":1}', '{')
    """
    try:
        return msgspec.Raw(msgspec.json.format(payload, indent=-1))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload.decode(errors="replace")


SECTION: Final = Section(
    "events",
    "Events",
    "Everything that you did, as it was sent, oldest first. Where a device was shared, an event of"
    " yours also names that device.",
    (
        Column("event", "A digest that names the event in the other tables.", "events.message_key"),
        Column("occurred_at", "When it happened.", "events.occurred_at"),
        Column("received_at", "When it arrived.", "events.received_at"),
        Column("type", "What kind of event it is.", "events.type"),
        Column("name", "What it is called.", "events.name"),
        Column("source", "Where it came from.", "events.source_id"),
        Column("identifier", "By which of your identifiers it is yours.", "events.leaf"),
        Column("clock_ahead", "Whether its time lay in the future and was corrected."),
        Column("payload", "The record, as it was received.", "events.payload"),
    ),
    _rows,
    lines=True,
)
