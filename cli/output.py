"""What commands share to draw on a terminal: tables and progress."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


def print_table(*columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Print rows below the names of their columns; None is an empty cell."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


def progress(*, shown: bool) -> Progress:
    """Counted steps on standard error, with the time they take."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), disable=not shown)
