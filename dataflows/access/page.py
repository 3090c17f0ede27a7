"""The page of an archive: self-contained HTML without scripts, every text escaped. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Final, NamedTuple

from dataflows.access.dictionary import CONVENTIONS, CSV_NAME, JSON_NAME
from dataflows.access.section import Row, Section
from dataflows.access.spelling import cell

NAME: Final = "index.html"
SHOWN_ROWS: Final = 25
"""Rows of a section that the page itself shows."""
_SHOWN_CHARACTERS: Final = 300
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color:#1b1b1f;background:#fff}"
    "h2{margin-top:2.5rem}table{border-collapse:collapse;width:100%;font-size:.85rem}"
    "th,td{border:1px solid #c9c9d1;padding:.3rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{background:#f1f1f5}.wide{overflow-x:auto}small{color:#55555f}"
    "@media(prefers-color-scheme:dark){body{color:#ececf1;background:#17171b}"
    "th{background:#26262c}th,td{border-color:#45454f}small{color:#a9a9b4}a{color:#9db7ff}}"
)


class Shown(NamedTuple):
    """What the page shows of a section: how many rows there are, and the first of them."""

    rows: int
    first: Sequence[Row]


def page(request: int, at: datetime, sections: Mapping[Section, Shown]) -> bytes:
    """Draw the page.

    Args:
        request: number in the register.
        at: instant that the archive is of.
        sections: of the archive, in order.
    """
    contents = "".join(
        f'<li><a href="#{section.name}">{escape(section.title)}</a>'
        f" <small>{shown.rows:,}</small></li>"
        for section, shown in sections.items()
    )
    parts = "".join(_section(section, shown) for section, shown in sections.items())
    conventions = "".join(f"<li>{escape(each)}</li>" for each in CONVENTIONS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>Your data, request {request}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Your data</h1><p>Everything that is held of you, as of"
        f" {at:%Y-%m-%d %H:%M:%S} UTC; request {request}. Each part comes as JSON and as CSV beside"
        " this page. What every column means is said below, and in"
        f' <a href="{JSON_NAME}">{JSON_NAME}</a> and <a href="{CSV_NAME}">{CSV_NAME}</a>.</p>'
        f"<nav><ol>{contents}</ol></nav>{parts}"
        f"<h2>How to read the files</h2><ul>{conventions}</ul></body></html>\n"
    ).encode(errors="replace")


def _section(section: Section, shown: Shown) -> str:
    files = " · ".join(
        f'<a href="{name}">{name}</a>' for name in (section.json_name, section.csv_name)
    )
    meanings = "".join(
        f"<tr><th>{escape(one.name)}</th><td>{escape(one.what)}</td></tr>"
        for one in section.columns
    )
    return (
        f'<h2 id="{section.name}">{escape(section.title)}</h2><p>{escape(section.what)}</p>'
        f"<p>{shown.rows:,} rows: {files}</p>{_table(section, shown)}"
        f"<details><summary>What the columns mean</summary><table>{meanings}</table></details>"
    )


def _table(section: Section, shown: Shown) -> str:
    if not shown.first:
        return ""
    head = "".join(f"<th>{escape(one.name)}</th>" for one in section.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_short(cell(value)))}</td>" for value in row) + "</tr>"
        for row in shown.first
    )
    left = shown.rows - len(shown.first)
    more = f"<p><small>{left:,} more rows are in the files.</small></p>" if left else ""
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>{more}'


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + " …"
