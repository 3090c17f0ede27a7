"""Sections: audiences that list the person, and every push that carried them."""

from collections.abc import Iterator, Sequence
from typing import Final

from dataflows.access.gathering import Gathering
from dataflows.access.section import Column, Row, Section
from sinks.ads.platform import Platform
from store.privacy.held import outgoing

_HASHED: Final = "SHA-256 of its normal form at the platform"
_PLAIN: Final = "as it is"
_UNNAMED: Final = "column"
"""What columns of a platform are called that this version does not know."""


def _audiences(gathering: Gathering) -> Iterator[Row]:
    for number, platform, name, segment, segment_name, state, pushed_at, row in gathering.rows(
        outgoing.AUDIENCES
    ):
        fields, forms = _fields(gathering, platform, row)
        yield number, platform, name, segment, segment_name, state, pushed_at, fields, forms


def _pushes(gathering: Gathering) -> Iterator[Row]:
    for push, seq, platform, name, kind, operation, status, at, ended_at, row in gathering.rows(
        outgoing.PUSHES
    ):
        fields, forms = _fields(gathering, platform, row)
        yield push, seq, platform, name, kind, operation, status, at, ended_at, fields, forms


def _fields(
    gathering: Gathering, platform: str, row: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """A row's values by field, and the form of each."""
    section = gathering.settings.platforms.get(platform)
    if section is None:
        return {f"{_UNNAMED} {place}": value for place, value in enumerate(row, 1) if value}, {}
    forms = _forms(section.codec)
    named = {name: value for name, value in zip(forms, row, strict=False) if value}
    return named, {name: forms[name] for name in named}


def _forms(codec: Platform) -> dict[str, str]:
    hashed = {column.kind for column in codec.columns if column.hashed}
    return {name: _HASHED if name in hashed else _PLAIN for name in codec.names}


_FIELDS: Final = (
    Column("fields", "What was sent, by field.", "audience_members.row push_requests.rows"),
    Column("forms", "The form of each field: hashed, and how, or as it is."),
)
AUDIENCES: Final = Section(
    "audiences",
    "Audiences",
    "Lists on ad platforms that have you, or are about to have or lose you.",
    (
        Column("audience", "Its number."),
        Column("platform", "Whose list it is."),
        Column("name", "Of the list."),
        Column("segment", "The group that it is kept equal to."),
        Column("segment_name", "Its name."),
        Column(
            "state",
            "`present`: the platform confirmed that you are on it; `adding`, `accepted`: on the"
            " way; `removing`, `leaving`: being taken off; `refused`: the platform did not take"
            " you.",
            "audience_members.profile_id",
        ),
        Column("pushed_at", "When the platform last confirmed it."),
        *_FIELDS,
    ),
    _audiences,
)
PUSHES: Final = Section(
    "pushes",
    "Sent to ad platforms",
    "Every request that carried you to a platform, or took you off one: when, where, and in which"
    " form. Nobody else's part of a request is told.",
    (
        Column("push", "Its number."),
        Column("request", "Which request of the push."),
        Column("platform", "Where it went."),
        Column("audience", "Name of the list."),
        Column("kind", "`scheduled`, `manual`, `urgent` (a withdrawal) or `delete`."),
        Column("operation", "`add` or `remove`."),
        Column("status", "How it ended; `delivered`: the platform took it."),
        Column("recorded_at", "When it was planned."),
        Column("ended_at", "When it ended."),
        *_FIELDS,
    ),
    _pushes,
)
