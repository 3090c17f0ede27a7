"""Section: exports that may have held the person."""

from collections.abc import Iterator
from typing import Final

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from domain.instants import EPOCH, clamped_utc
from store.privacy.held import outgoing

_ALL_TRAITS: Final = "all traits"


def _rows(gathering: Gathering) -> Iterator[Row]:
    view = gathering.person.view
    since = clamped_utc(view.first_ms) if view.types else EPOCH
    for (
        number,
        kind,
        began,
        ended,
        status,
        form,
        purpose,
        segment,
        name,
        traits,
        ids,
    ) in gathering.rows(outgoing.EXPORTS, since=since):
        certain = segment is not None
        fields = _ALL_TRAITS if traits is None else ", ".join(traits)
        yield (
            number, kind, form, purpose, name if certain else "those for whom a rule held",
            "you were in the group" if certain else "not known: whom a rule chose is not kept",
            fields, ids or "raw", began, ended, status,
        )  # fmt: skip


SECTION: Final = Section(
    "exports",
    "Exports",
    "Files of people that were written while you were known. Whom a file held is not kept: this"
    " lists those of groups that you were in then, and those that chose people by a rule. Whoever"
    " did not consent to an export's purpose was left out of it.",
    (
        Column("export", "Its number."),
        Column("kind", "`file`: kept for a while; `stream`: sent at once."),
        Column("format", "Of the file."),
        Column("purpose", "What consent it took; `none`: it took none."),
        Column("people", "Whom it was to hold."),
        Column("certainty", "Whether you were among them."),
        Column("traits", "Which traits it held."),
        Column("identifiers", "Whether identifiers were as they are (`raw`), hashed, or left out."),
        Column("started_at", "When it was begun."),
        Column("finished_at", "When it ended."),
        Column("status", "What became of the file."),
    ),
    _rows,
)
