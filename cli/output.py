"""How commands write to a terminal: lines, tables, progress.

Nothing else writes there. Names, reasons and events may hold what a terminal would obey – colours,
titles, the direction of writing; it is spelled out here (`domain.texts.escaped`). Nor is any markup
read in them.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from domain.texts import escaped


class Screen(Console):
    """A console of rich, which obeys nothing that a text holds.

    Args:
        stderr: write to standard error.
        width: columns; None: as many as the terminal has.
        highlight: colour figures and the like.
        soft_wrap: leave the wrapping to the terminal.
        markup: read markup; only for texts of ours.
    """

    def __init__(
        self,
        *,
        stderr: bool = False,
        width: int | None = None,
        highlight: bool = True,
        soft_wrap: bool = False,
        markup: bool = False,
    ) -> None:
        super().__init__(
            stderr=stderr,
            width=width,
            highlight=highlight,
            soft_wrap=soft_wrap,
            markup=markup,
            emoji=False,
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Spell out what is to be obeyed, in texts that nobody has spelled out before."""
        for segment in super().render(renderable, options):
            yield (
                segment
                if segment.control
                else segment._replace(text=escaped(segment.text, lines=True))
            )


def echo(text: str, *, err: bool = False) -> None:
    """Write one line, whatever the text holds."""
    typer.echo(escaped(text), err=err)


def echo_lines(text: str, *, err: bool = False) -> None:
    """Write a text of several lines."""
    typer.echo(escaped(text, lines=True), err=err)


def echo_bytes(content: bytes) -> None:
    """Write bytes as they are to a file or a pipe, and as a text to a terminal."""
    if sys.stdout.isatty():
        echo_lines(content.decode("utf-8", "backslashreplace"))
    else:
        typer.echo(content)


def add_row(table: Table, *cells: object) -> None:
    """Add a row to a table; None is an empty cell."""
    table.add_row(*("" if cell is None else Text(escaped(str(cell))) for cell in cells))


def print_table(*columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Print rows below the names of their columns; None is an empty cell."""
    table = Table(*columns)
    for row in rows:
        add_row(table, *row)
    Screen().print(table)


def progress(*, shown: bool) -> Progress:
    """Counted steps on standard error, with the time they take."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Screen(stderr=True), disable=not shown)
