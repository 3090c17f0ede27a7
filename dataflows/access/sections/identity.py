"""Sections: links that make one person of identifiers, conflicts, merges and unmerges."""

from collections.abc import Iterator
from functools import partial
from typing import Final
from uuid import UUID

from dataflows.access.gathering import Gathering
from dataflows.access.section import SOMEBODY_ELSE, Column, Row, Section
from domain.instants import clamped_utc
from store.privacy.held import people


def _links(gathering: Gathering, *, linked: bool) -> Iterator[Row]:
    for a, b, first_ms, status, reason, ruled_ms, cause, kind, name in gathering.rows(
        people.LINKS, linked=linked
    ):
        yield (
            _end(gathering, a),
            _end(gathering, b),
            status,
            reason,
            clamped_utc(first_ms),
            clamped_utc(ruled_ms) if ruled_ms else None,
            cause if kind else None,
            kind,
            name,
        )


def _end(gathering: Gathering, key: UUID) -> str:
    return str(gathering.identifier(key) or SOMEBODY_ELSE)


_COLUMNS: Final = (
    Column("one", "An identifier; “somebody else” where it is not yours.", "links.a"),
    Column("other", "The identifier that was named with it, likewise.", "links.b"),
    Column("status", "`linked`; or `refused` by a limit, `banned` or `lifted` by somebody."),
    Column("reason", "Which limit, or the words of whoever banned it."),
    Column("first_stated_at", "When an event stated it first."),
    Column("ruled_at", "When somebody last ruled about it."),
    Column("event", "That event, where it is yours; see `events`.", "links.cause"),
    Column("event_type", "What kind of event it was."),
    Column("event_name", "What it was called."),
)
LINKS: Final = Section(
    "links",
    "Links",
    "Which identifiers were named together, by which they are taken for one person.",
    _COLUMNS,
    partial(_links, linked=True),
)
CONFLICTS: Final = Section(
    "conflicts",
    "Conflicts",
    "Links that do not hold: those that a limit refuses, as of a device that too many people use,"
    " and those that somebody banned. What the other person's identifier is, is not told.",
    _COLUMNS,
    partial(_links, linked=False),
)


def _merges(gathering: Gathering) -> Iterator[Row]:
    for kind, survivor, other, at, recorded_at, cause, cause_type, a, b in gathering.rows(
        people.MERGES
    ):
        yield (
            kind,
            _person(gathering, survivor),
            _person(gathering, other),
            at,
            recorded_at,
            _end(gathering, a) if a else None,
            _end(gathering, b) if b else None,
            cause if cause_type else None,
            cause_type,
        )


def _person(gathering: Gathering, key: UUID) -> UUID | str:
    return key if key in gathering.identifiers else SOMEBODY_ELSE


MERGES: Final = Section(
    "merges",
    "Merges and unmerges",
    "When people turned out to be one, and when they were parted again.",
    (
        Column("kind", "`merge`, `split` or `unmerge`."),
        Column("into", "Whose id was kept, or who was split; an id of yours.", "merges.survivor"),
        Column("other", "Who was merged, or who came out, likewise.", "merges.other"),
        Column("occurred_at", "When the event behind it happened."),
        Column("recorded_at", "When it was done."),
        Column("link_one", "The link that united them: one end.", "merges.link_a"),
        Column("link_other", "The other end.", "merges.link_b"),
        Column("cause", "The event or command behind it, where it is yours.", "merges.cause"),
        Column("cause_type", "What it was."),
    ),
    _merges,
)
