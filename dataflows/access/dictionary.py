"""The data dictionary of an archive: every column of every section, explained."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dataflows.access.section import Section

JSON_NAME: Final = "data-dictionary.json"
CSV_NAME: Final = "data-dictionary.csv"
CSV_COLUMNS: Final = ("section", "column", "meaning", "taken_from")
CONVENTIONS: Final = (
    "Instants are ISO 8601 in UTC; money is in the currency's minor unit.",
    "Identifiers are in their normal form.",
    "JSON files are lists of objects; files that end in .ndjson have an object per line.",
    "CSV files are RFC 4180, UTF-8, with a header; what is no text is JSON in them.",
    (
        "In CSV a text that a spreadsheet would run as a formula (it begins with = + - @, a tab or"
        " a break of lines) has an apostrophe before it; the JSON files have it as it is."
    ),
    "“somebody else” stands where another person is concerned: what is theirs is told to them.",
    (
        "A key or an event id is a digest: it stands for an identifier or an event in all tables,"
        " and tells nothing by itself."
    ),
)
"""What holds in all files."""


def document(sections: Sequence[Section], counts: Mapping[str, int]) -> dict[str, Any]:
    """The dictionary as JSON.

    Args:
        sections: of the archive.
        counts: section → rows.
    """
    return {
        "conventions": list(CONVENTIONS),
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "what": section.what,
                "rows": counts[section.name],
                "files": [section.json_name, section.csv_name],
                "columns": [
                    {"name": one.name, "meaning": one.what, "taken_from": one.origin.split()}
                    for one in section.columns
                ],
            }
            for section in sections
        ],
    }


def rows(sections: Sequence[Section]) -> list[tuple[str, str, str, str]]:
    """The dictionary as a table of `CSV_COLUMNS`."""
    return [
        (section.name, column.name, column.what, column.origin)
        for section in sections
        for column in section.columns
    ]
