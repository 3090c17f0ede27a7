"""Section: the person's identifiers."""

from collections.abc import Iterator
from typing import Final

from dataflows.access.gathering import Gathering, Known
from dataflows.access.section import Column, Row, Section
from domain.instants import clamped_utc
from domain.profiles.leaf import Leaf


def _rows(gathering: Gathering) -> Iterator[Row]:
    for key, known in gathering.identifiers.items():
        leaf = _leaf(gathering, key.bytes, known)
        seen = leaf is not None and leaf.events > 0
        yield (
            known.kind,
            known.value,
            key,
            key == gathering.profile,
            known.since,
            leaf.events if leaf else 0,
            clamped_utc(leaf.first_ms) if leaf and seen else None,
            clamped_utc(leaf.last_ms) if leaf and seen else None,
        )


def _leaf(gathering: Gathering, key: bytes, known: Known) -> Leaf | None:
    return gathering.person.view if key == gathering.person.sole else known.leaf


SECTION: Final = Section(
    "identifiers",
    "Identifiers",
    "What you are recognised by: addresses, numbers, ids of logins, browsers and devices. Each has"
    " a key, a digest that stands for it in the other tables. People who turned out to be you were"
    " merged into one; their ids are keys of this table, too.",
    (
        Column("kind", "What kind of identifier it is.", "identifiers.kind"),
        Column("value", "The identifier, in its normal form.", "identifiers.value"),
        Column("key", "Its digest, with a key that is secret.", "identifiers.key"),
        Column(
            "is_profile_id",
            "Whether the key is also the id of your profile.",
            "identifiers.profile_id profiles.id",
        ),
        Column("known_since", "When it was stored first.", "identifiers.created_at"),
        Column("events", "How many events it received.", "identifiers.leaf"),
        Column("first_event_at", "When the first of them happened.", "identifiers.leaf"),
        Column("last_event_at", "When the last of them happened.", "identifiers.leaf"),
    ),
    _rows,
)
