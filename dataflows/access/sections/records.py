"""Sections: requests of the person, what is suppressed of them, pauses, and the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from dataflows.access.gathering import Gathering
from dataflows.access.section import SOMEBODY_ELSE, WITHHELD, Column, Row, Section
from domain.instants import clamped_utc
from domain.privacy.erasure import FOREVER_MS, NEVER_MS, RequestKind
from store.privacy.held import people, records

_HEX_DIGITS: Final = 32


def _requests(gathering: Gathering) -> Iterator[Row]:
    for number, kind, at, due_at, completed_at, reason, afterwards, *more in gathering.rows(
        records.REQUESTS
    ):
        archive, law = more[:4], more[4:]
        status = _status(kind, completed_at, archive)
        asked = (number, kind, at, due_at, completed_at, status, reason, afterwards)
        yield *asked, archive[-1], *law


def _status(kind: str, completed_at: datetime | None, archive: list[Any]) -> str:
    processed_at, status, _, _ = archive
    if kind == RequestKind.ACCESS:
        return str(status or "completed")
    return "completed" if completed_at else "processing" if processed_at else "requested"


REQUESTS: Final = Section(
    "requests",
    "Requests",
    "What you, or somebody with an identifier of yours, asked for under data protection law. This"
    " archive is among them.",
    (
        Column("request", "Its number in the register.", "privacy_requests.keys"),
        Column(
            "kind",
            "`access`, `erasure`, `restriction`, `release` of one, or `objection`; `retention`:"
            " inactive for longer than people are kept.",
            "privacy_requests.command privacy_requests.command_id",
        ),
        Column("requested_at", "When it was entered.", "privacy_requests.profile"),
        Column("due_at", "When it is due."),
        Column("completed_at", "When it was answered."),
        Column("status", "How far it is.", "access_archives.keys"),
        Column("reason", "In the words of whoever entered it, where it is about you alone."),
        Column("afterwards", "Of an erasure: what becomes of later activity."),
        Column("archive_until", "Until when an archive is kept."),
        Column("regulation", "The law that it is under."),
        Column("first_due_at", "When it was due before the time was extended."),
        Column("extension_reason", "Why it was extended, where it is about you alone."),
    ),
    _requests,
)


def _suppressed(gathering: Gathering) -> Iterator[Row]:
    for key, until_ms in gathering.rows(records.SUPPRESSED, never=NEVER_MS):
        forever = until_ms >= FOREVER_MS
        known = gathering.identifiers[key]
        yield known.kind, known.value, None if forever else clamped_utc(until_ms), forever


SUPPRESSED: Final = Section(
    "suppressed",
    "Suppressed identifiers",
    "Identifiers of yours that were erased before: events until then that name them are not kept.",
    (
        Column("kind", "What kind of identifier it is."),
        Column("value", "The identifier.", "erased_identifiers.key"),
        Column("until", "Events until then are not kept."),
        Column("for_ever", "Whether no event is ever kept."),
    ),
    _suppressed,
)


def _pauses(gathering: Gathering) -> Iterator[Row]:
    yield from gathering.rows(people.PAUSES)


PAUSES: Final = Section(
    "pauses",
    "Pauses",
    "Where computing your segments by the clock failed, it pauses for a while.",
    (
        Column("failure", "What failed.", "resting_people.profile_id"),
        Column("failed_at", "When."),
        Column("until", "Until when it pauses."),
    ),
    _pauses,
)


def _audit(gathering: Gathering) -> Iterator[Row]:
    own = {key.hex for key in gathering.identifiers}
    for number, at, actor, action, subject, detail in gathering.rows(records.AUDIT):
        told = own_detail(detail, own)
        about = own_subject(subject, own)
        is_shared = (about, told) != (subject, detail)
        if is_shared and isinstance(told, dict) and "reason" in told:
            told["reason"] = WITHHELD
        yield number, at, actor, action, about, told


def own_detail(detail: Any, own: set[str]) -> Any:  # noqa: ANN401 - JSON
    """Particulars of an entry, without the digests of other people.

    Args:
        detail: JSON.
        own: digests of the person's identifiers, 32 hex digits each.

    >>> own_detail({"links": [["a" * 32, "b" * 32]]}, {"a" * 32})
    {'links': [['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'somebody else']]}
    """
    if isinstance(detail, dict):
        return {name: own_detail(value, own) for name, value in detail.items()}
    if isinstance(detail, list):
        return [own_detail(value, own) for value in detail]
    if isinstance(detail, str) and (key := _digest(detail)) and key not in own:
        return SOMEBODY_ELSE
    return detail


def own_subject(subject: str, own: set[str]) -> str:
    """What an entry is about; another person is not told.

    >>> own_subject("profile:" + "b" * 32, set()), own_subject("filter", set())
    ('profile:somebody else', 'filter')
    """
    kind, _, name = subject.partition(":")
    told = kind == "profile" and _digest(name) not in {None, *own}
    return f"{kind}:{SOMEBODY_ELSE}" if told else subject


def _digest(text: str) -> str | None:
    """The digest that a text is, as 32 hex digits; None where it is none."""
    plain = text.replace("-", "")
    if len(plain) != _HEX_DIGITS:
        return None
    try:
        return UUID(plain).hex
    except ValueError:
        return None


AUDIT: Final = Section(
    "audit",
    "Audit log",
    "What staff and the software did about you, and why; the reason of what was done about others,"
    " too, is withheld. Staff are named by the numbers of their"
    " keys, other people are not named.",
    (
        Column("entry", "Its number."),
        Column("at", "When it was recorded."),
        Column("actor", "Who did it: `engine`, or `key` and a number."),
        Column("action", "What was done."),
        Column("subject", "What it was done to.", "audit.subject"),
        Column("detail", "Its particulars; digests stand for identifiers.", "audit.detail"),
    ),
    _audit,
)
