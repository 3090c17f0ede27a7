"""Which columns an export has, and what a person says in each. State: none.

A record is one person as JSON tells them: nested, null where something was not asked for. CSV and
Parquet are made of its columns. Instants are ms since 1970, None for never; money is in the
currency's minor unit.
"""

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final, Literal, NamedTuple

import msgspec

from domain.export import ColumnType, ExportSpec, event_key, for_platform
from domain.ids import canonical
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person
from domain.segments.definition import ComputedTrait, Function

Record = dict[str, Any]
Cells = Literal[
    "text", "integer", "number", "boolean", "instant", "any", "texts", "lists", "counts", "money"
]
"""``any``: a JSON value.

``texts``: some; ``lists``: name → texts; ``counts``: name → number; ``money``: currency → orders
and sum.
"""

_COMPUTED: Final[Mapping[Function, Cells]] = {
    "count": "integer",
    "unique": "integer",
    "exists": "boolean",
    "sum": "number",
    "average": "number",
    "time_since": "number",
}
"""What functions give; the others give values of a property, of whatever type."""

_INT64: Final = 2**63


class Exported(NamedTuple):
    """One person who is exported.

    Attributes:
        person: as stored.
        identifiers: kind → values in the form asked for; None where none is.
        computed: computed trait → value.
        last_ms: event key → newest instant.
    """

    person: Person
    identifiers: Mapping[str, Iterable[str]] | None
    computed: Mapping[str, Any]
    last_ms: Mapping[str, int]


class Column(NamedTuple):
    """One column.

    Attributes:
        name: unique in an export.
        cells: what it holds.
        pick: a record's value; None where there is none.
    """

    name: str
    cells: Cells
    pick: Callable[[Record], Any]


def record(spec: ExportSpec, exported: Exported) -> Record:
    """Tell one person as a nested record of what was asked for.

    In a platform's form nothing but identifiers.
    """
    if for_platform(spec):
        return {"identifiers": _lists(exported.identifiers or {})}
    person, view = exported.person, exported.person.view
    traits = (
        view.traits
        if spec.traits is None
        else [name for name in spec.traits if name in view.traits]
    )
    counts: dict[str, int] | None = {**view.types, **view.names} if spec.events is None else None
    if spec.events:
        counts = {name: view.names.get(event_key(name), 0) for name in spec.events}
    known = exported.identifiers
    return {
        "id": canonical(person.id),
        "stage": person.stage.value,
        "first_seen_at": view.first_ms or None,
        "last_seen_at": view.last_ms or None,
        "orders": view.orders,
        "identifiers": None if known is None else _lists(known),
        "traits": {name: view.traits[name].value for name in traits},
        "computed": None if spec.computed == () else dict(exported.computed),
        "events": counts,
        "last_events": {name: exported.last_ms.get(event_key(name)) for name in spec.last_events}
        if spec.last_events
        else None,
        "revenue": _revenue(view) if spec.revenue else None,
    }


def columns(spec: ExportSpec, computed: Iterable[ComputedTrait]) -> list[Column]:
    """List an export's columns; a platform's form has those of identifiers alone.

    Args:
        spec: what was asked for.
        computed: the computed traits among it.
    """
    told = (
        [_whole("identifiers", "lists")]
        if spec.kinds is None
        else _parts("identifiers", "identifier", spec.kinds, "texts")
    )
    if for_platform(spec):
        return told
    fixed: list[tuple[str, Cells]] = [
        ("id", "text"),
        ("stage", "text"),
        ("first_seen_at", "instant"),
        ("last_seen_at", "instant"),
        ("orders", "integer"),
    ]
    found = [_whole(name, cells) for name, cells in fixed]
    if spec.identifiers != "none":
        found += told
    if spec.traits is None:
        found.append(_whole("traits", "any"))
    else:
        found += [_typed(name, spec.types.get(name)) for name in spec.traits]
    for trait in computed:
        found += _parts(
            "computed", "computed", (trait.name,), _COMPUTED.get(trait.rule.function, "any")
        )
    found += (
        [_whole("events", "counts")]
        if spec.events is None
        else _parts("events", "event", spec.events, "integer")
    )
    found += _parts("last_events", "last", spec.last_events, "instant")
    return [*found, *([_whole("revenue", "money")] if spec.revenue else [])]


def json_text(value: object) -> str:
    """Spell a value as JSON in one line."""
    return msgspec.json.encode(value).decode()


def cast(value: object, column_type: ColumnType) -> object:
    """A trait's value as a typed column takes it; None where it does not fit.

    >>> cast("7", "integer"), cast(7.5, "integer"), cast(True, "number"), cast([1], "text")
    (7, None, None, '[1]')
    """
    if column_type == "boolean":
        return value if isinstance(value, bool) else None
    if column_type in {"integer", "number"}:
        return _number(value, whole=column_type == "integer")
    return value if isinstance(value, str) or value is None else json_text(value)


def _number(value: object, *, whole: bool) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
        if not isfinite(number) or not whole:
            return number if isfinite(number) else None
        exact = value if isinstance(value, int) else int(number)
        return exact if number.is_integer() and -_INT64 <= exact < _INT64 else None
    except (ValueError, OverflowError):
        return None


def _revenue(view: Leaf) -> dict[str, dict[str, int]]:
    return {
        currency: {"orders": of.orders, "amount_minor": of.amount_minor}
        for currency, of in sorted(view.revenue.items())
    }


def _lists(identifiers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {kind: list(values) for kind, values in identifiers.items()}


def _whole(name: str, cells: Cells) -> Column:
    return Column(name, cells, lambda record: record[name])


def _parts(field: str, prefix: str, names: Iterable[str], cells: Cells) -> list[Column]:
    def part(name: str) -> Column:
        return Column(f"{prefix}.{name}", cells, lambda record: record[field].get(name))

    return [part(name) for name in names]


def _typed(name: str, column_type: ColumnType | None) -> Column:
    if column_type is None:
        return _parts("traits", "trait", (name,), "any")[0]
    return Column(
        f"trait.{name}", column_type, lambda record: cast(record["traits"].get(name), column_type)
    )
