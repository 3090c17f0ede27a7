"""How exported values are spelled: cells, instants, types."""

import csv
import io
from typing import Any, get_args

import pytest

from domain.export import ExportFormat, ExportSpec
from domain.ids import IdentifierKey, ProfileId, TraitId, WorkspaceId
from domain.profiles.leaf import Leaf, Register
from domain.profiles.profile import Person
from domain.segments.definition import ComputedTrait, Function, TraitRule
from domain.segments.event_filter import EventFilter
from operators.export import Exported, Record, cast, columns, record
from sinks.export.formats import MEDIA_TYPES, encoder, guarded, instant

BOUGHT = EventFilter("Order Completed")


def exported(
    spec: ExportSpec, identifiers: dict[str, list[str]] | None = None, **traits: Any
) -> Record:
    leaf = Leaf(traits={name: Register(value, 1, 1) for name, value in traits.items()})
    person = Person(
        ProfileId(b"\1" * 16), WorkspaceId(1), 1, leaf, {}, sole=IdentifierKey(b"\1" * 16)
    )
    return record(spec, Exported(person, identifiers, {}, {}))


def cells(spec: ExportSpec, told: Record) -> dict[str, str]:
    spelled = encoder(spec, columns(spec, ()), 10)
    (row,) = csv.DictReader(
        io.StringIO((spelled.head() + spelled.page([told]) + spelled.tail()).decode())
    )
    return row


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text


def test_numbers_and_lists_are_told_from_texts() -> None:
    spec = ExportSpec("csv", "ads", traits=("number", "text", "list", "none", "quoted"))

    row = cells(
        spec, exported(spec, number=-5, text="-5", list=["a", 1], quoted='say "hi",\nthen go')
    )

    assert [row[f"trait.{name}"] for name in spec.traits or ()] == [
        "-5",
        "'-5",
        '["a",1]',
        "",
        'say "hi",\nthen go',
    ]


def test_one_identifier_is_plain_and_several_are_a_list() -> None:
    spec = ExportSpec(
        "csv", "ads", kinds=("email", "phone", "user_id", "device_id"), guard_formulas=False
    )

    row = cells(
        spec, exported(spec, {"email": ["a@b.c"], "phone": ["+1", "+2"], "user_id": ["[x]"]})
    )

    told = {
        name.removeprefix("identifier."): value
        for name, value in row.items()
        if name.startswith("identifier.")
    }
    assert told == {"email": "a@b.c", "phone": '["+1","+2"]', "user_id": '["[x]"]', "device_id": ""}


@pytest.mark.parametrize(
    ("at_ms", "spelled"),
    [
        (1_790_000_000_123, "2026-09-21T14:13:20.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (10**17, "9999-12-31T00:00:00.000Z"),
        (None, None),
    ],
)
def test_instants_are_iso_8601_in_utc(at_ms: int | None, spelled: str | None) -> None:
    assert instant(at_ms) == spelled


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        (7, "integer", 7),
        ("7", "integer", 7),
        (2**62 + 1, "integer", 2**62 + 1),
        (2**63, "integer", None),
        (7.5, "integer", None),
        ("many", "number", None),
        ("nan", "number", None),
        ("1e999", "number", None),
        (10**400, "number", None),
        (True, "integer", None),
        (True, "boolean", True),
        ("true", "boolean", None),
        ([1], "text", "[1]"),
        (None, "text", None),
    ],
)
def test_value_that_does_not_fit_its_column_is_left_empty(
    value: Any, wanted: Any, found: Any
) -> None:
    assert cast(value, wanted) == found


def test_computed_traits_have_the_type_that_their_function_gives() -> None:
    functions: tuple[Function, ...] = (
        "count",
        "unique",
        "exists",
        "sum",
        "time_since",
        "last",
        "most_frequent",
    )
    traits = [
        ComputedTrait(TraitId(1), name, 1, TraitRule(name, BOUGHT, None)) for name in functions
    ]
    spec = ExportSpec("parquet", "ads", traits=(), computed=functions, identifiers="none")

    found = {column.name: column.cells for column in columns(spec, traits)}

    assert [found[f"computed.{name}"] for name in functions] == [
        "integer",
        "integer",
        "boolean",
        "number",
        "number",
        "any",
        "any",
    ]


@pytest.mark.parametrize("form", get_args(ExportFormat))
def test_export_of_nobody_is_whole(form: ExportFormat) -> None:
    spec = ExportSpec(form, "ads")
    spelled = encoder(spec, columns(spec, ()), 10)

    whole = spelled.head() + spelled.page([]) + spelled.tail()

    assert MEDIA_TYPES[form]
    assert whole.startswith(
        {"csv": b"id,stage", "json": b"[]", "ndjson": b"", "parquet": b"PAR1"}[form]
    )
