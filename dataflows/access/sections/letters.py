"""Section: records that could not be processed, and name the person.

Nothing finds a letter by person: all letters of the workspace are read, as an erasure reads them. A
letter that also names other people is told without its content, and so is one of which nobody knows
whose workspace it is.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from dataflows.letters import keys_in, message_in, names_strangers
from domain.ids import IdentifierKey
from store.erasure import letters
from store.erasure.letters import Letter, Limits
from store.privacy.held import records

_OTHERS: Final = "withheld: it names other people, too, or may"
_NOBODYS: Final = "withheld: it belongs to no workspace"


def _rows(gathering: Gathering) -> Iterator[Row]:
    for page in _pages(gathering):
        named = {letter.id: _keys(gathering, letter) for letter in page}
        theirs = _theirs(gathering, page, named)
        if not theirs:
            continue
        others = _others(gathering, {key for each in theirs for key in named[each]})
        for number, nobodys, source, log, partition, position, index, *rest in gathering.all(
            records.LETTERS, ids=sorted(theirs)
        ):
            reason, detail, received_at, recorded_at, status, payload = rest
            is_shared = bool(named[number] & others) or _names_strangers(gathering, payload)
            note = (_OTHERS if is_shared else "") or (_NOBODYS if nobodys else "")
            content = None if note else payload.decode(errors="replace")
            yield (
                number, gathering.source(source), reason, detail, status, received_at, recorded_at,
                f"{log} {partition}:{position}:{index}", content, note,
            )  # fmt: skip


def _pages(gathering: Gathering) -> Iterator[list[Letter]]:
    conn, workspace = gathering.snapshot.conn, gathering.workspace
    params = gathering.settings.erasure
    limits = Limits(params.letter_page, params.letter_bytes)
    after, upto = 0, letters.newest(conn, workspace).id
    while after < upto and (page := letters.page(conn, workspace, after, upto, limits)):
        gathering.pulse()
        yield page
        after = page[-1].id


def _keys(gathering: Gathering, letter: Letter) -> set[IdentifierKey]:
    regions = {source.region for source in gathering.sources.values()}
    return keys_in(letter.payload, gathering.settings.identity, regions, gathering.salt)


def _names_strangers(gathering: Gathering, payload: bytes) -> bool:
    regions = {source.region for source in gathering.sources.values()}
    rules = gathering.settings.identity
    own = {IdentifierKey(key.bytes) for key in gathering.identifiers}
    return names_strangers(payload, own, rules, regions, gathering.salt)


def _theirs(
    gathering: Gathering, page: Sequence[Letter], named: dict[int, set[IdentifierKey]]
) -> set[int]:
    """Letters that name one of the person's identifiers, or are a copy of their event."""
    own = {key.bytes for key in gathering.identifiers}
    messages = {letter.id: message_in(gathering.salt, letter.payload) for letter in page}
    keys = [UUID(bytes=key) for key in messages.values() if key]
    known = {key.bytes for (key,) in gathering.all(records.MESSAGES, named=keys)}
    return {
        letter.id
        for letter in page
        if not own.isdisjoint(named[letter.id]) or messages[letter.id] in known
    }


def _others(gathering: Gathering, keys: set[IdentifierKey]) -> set[IdentifierKey]:
    """Those of some identifiers that are other people's."""
    named = [UUID(bytes=key) for key in keys]
    return {IdentifierKey(key.bytes) for (key,) in gathering.all(records.OTHERS, named=named)}


SECTION: Final = Section(
    "dead_letters",
    "Dead letters",
    "Records that name you and could not be processed: nothing was computed from them.",
    (
        Column("letter", "Its number."),
        Column("source", "Where it came from."),
        Column("reason", "Why it could not be processed."),
        Column("detail", "More about that."),
        Column("status", "`open`, `retrying` or `resolved`."),
        Column("received_at", "When it arrived, where that is known."),
        Column("recorded_at", "When it was set aside."),
        Column("position", "Where it lay in the event log."),
        Column(
            "content",
            "The record, as it was received, if it names nobody else.",
            "dead_letters.payload",
        ),
        Column("note", "Why the content is withheld."),
    ),
    _rows,
)
