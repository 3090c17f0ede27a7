"""Writes people as CSV or as a JSON array, one at a time: what an export streams."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from api.schemas.audience_sync import ExportedProfile, ExportRequest
from api.schemas.values import instant_or_none
from store.export import ExportedPerson

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_FIXED: Final = ("id", "stage", "first_seen_at", "last_seen_at", "orders")


async def stream_json(people: AsyncIterator[ExportedPerson], wanted: ExportRequest) -> AsyncIterator[str]:
    """Write a JSON array of `ExportedProfile`, cut into pieces anywhere."""
    lead = "["
    async for person in people:
        yield lead + _profile(person, wanted).model_dump_json()
        lead = ",\n"
    yield "[]" if lead == "[" else "]"


async def stream_csv(people: AsyncIterator[ExportedPerson], wanted: ExportRequest) -> AsyncIterator[str]:
    """Write CSV (RFC 4180) with a header: traits that were asked for by name have a column each, else all are in one as JSON."""
    yield _line(_columns(wanted))
    async for person in people:
        yield _line(_cells(_profile(person, wanted), wanted))


def _profile(exported: ExportedPerson, wanted: ExportRequest) -> ExportedProfile:
    person, view = exported.person, exported.person.view
    names = view.traits if wanted.traits is None else [name for name in wanted.traits if name in view.traits]
    return ExportedProfile(
        id=exported.id,
        stage=person.stage.value,
        first_seen_at=instant_or_none(view.first_ms),
        last_seen_at=instant_or_none(view.last_ms),
        orders=view.orders,
        identifiers=exported.identifiers if wanted.identifiers else None,
        traits={name: view.traits[name].value for name in names},
        events={**view.types, **view.names} if wanted.events else None,
    )


def _columns(wanted: ExportRequest) -> list[str]:
    traits = ["traits"] if wanted.traits is None else [f"trait.{name}" for name in wanted.traits]
    return [*_FIXED, *(["identifiers"] if wanted.identifiers else []), *traits, *(["events"] if wanted.events else [])]


def _cells(profile: ExportedProfile, wanted: ExportRequest) -> list[Any]:
    fixed = profile.model_dump(mode="json", include=set(_FIXED))
    cells = [fixed[name] for name in _FIXED]
    if profile.identifiers is not None:
        cells.append(_json(profile.identifiers))
    if wanted.traits is None:
        cells.append(_json(profile.traits))
    else:
        cells += [_cell(profile.traits.get(name)) for name in wanted.traits]
    if profile.events is not None:
        cells.append(_json(profile.events))
    return cells


def _cell(value: object) -> Any:  # noqa: ANN401 - what csv takes
    """Spell one trait; text that a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV Injection)."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
