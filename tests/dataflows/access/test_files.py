"""How an archive's files are spelled: JSON, CSV, the dictionary, the page."""

import csv
import io
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from uuid import UUID

import msgspec

from dataflows.access import dictionary
from dataflows.access.page import SHOWN_ROWS, Shown, page
from dataflows.access.section import Column, Section
from dataflows.access.sections import SECTIONS
from dataflows.access.sections.segments import own_only
from dataflows.access.spelling import csv_lines, json_object, plain

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
EVIL = '<script>alert("&")</script>'
SECTION = Section(
    "things", "Things <b>", "What & what.", (Column("a", "A <i>."), Column("b", "B.")),
    lambda _: iter(()),
)  # fmt: skip


def test_a_row_is_one_line_of_json_whatever_it_holds() -> None:
    row = (AT, UUID(int=1), msgspec.Raw(b'{"a":"\\u2028"}'), "a\nb", None, 1.5, True)
    line = json_object(tuple("abcdefg"), plain(row))
    assert b"\n" not in line
    assert json.loads(line) == {
        "a": "2026-03-01T09:30:00.000Z", "b": str(UUID(int=1)), "c": {"a": "\u2028"}, "d": "a\nb",
        "e": None, "f": 1.5, "g": True,
    }  # fmt: skip


def test_csv_defuses_what_a_spreadsheet_would_run_and_leaves_numbers() -> None:
    content = csv_lines([("=1+1", "@SUM(A1)", -5, -1.5, "a,b\r\n=c", ["=d"])])
    (row,) = csv.reader(io.StringIO(content.decode(), newline=""))
    assert row == ["'=1+1", "'@SUM(A1)", "-5", "-1.5", "a,b\r\n=c", '["=d"]']


def test_half_a_surrogate_pair_breaks_no_file() -> None:
    assert b"?" in csv_lines([("\ud800",)])
    assert b"?" in page(1, AT, {SECTION: Shown(1, [("\ud800", None)])})


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert all(not name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_escapes_everything_and_has_no_script() -> None:
    drawn = page(7, AT, {SECTION: Shown(1, [(EVIL, {"x": EVIL})])}).decode()
    read = _Tags()
    read.feed(drawn)
    assert {"script", "b", "i", "img"}.isdisjoint(read.tags)
    assert EVIL in read.text
    assert "Things <b>" in read.text
    assert 'href="things.json"' in drawn
    assert 'href="things.csv"' in drawn


def test_the_page_shows_the_first_rows_and_says_how_many_are_left() -> None:
    first = [(str(number), "x" * 1_000) for number in range(SHOWN_ROWS)]
    drawn = page(7, AT, {SECTION: Shown(1_000_000, first)}).decode()
    assert f"{1_000_000 - SHOWN_ROWS:,} more rows are in the files." in drawn
    assert len(drawn) < 40_000


def test_the_dictionary_explains_every_column_and_says_how_csv_is_safe() -> None:
    counts = {section.name: 1 for section in SECTIONS}
    document = dictionary.document(SECTIONS, counts)
    assert [one["name"] for one in document["sections"]] == [one.name for one in SECTIONS]
    assert len(dictionary.rows(SECTIONS)) == sum(len(one.columns) for one in SECTIONS)
    assert any("apostrophe" in each for each in document["conventions"])


def test_a_rule_tells_addresses_and_numbers_of_nobody_else() -> None:
    own = frozenset({"mary@example.com", "+4915112345678"})
    said = "email is one of “Mary@Example.com”, “john@example.com”, phone is “+4915112345678”"
    assert own_only(said, own) == (
        "email is one of “Mary@Example.com”, “[withheld]”, phone is “+4915112345678”"
    )
    assert own_only("the person is in segment 12, sum is at least 500", own) == (
        "the person is in segment 12, sum is at least 500"
    )
