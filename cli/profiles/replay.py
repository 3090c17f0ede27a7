"""``stratum replay``: files of events through the collector, as any client would send them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from cli.output import Screen, echo
from local.traffic.sender import (
    CollectorUnavailableError,
    Item,
    Refused,
    Sender,
    SendParams,
    WriteKeyRefusedError,
)
from sources.intake.files import BadRow, ColumnMap, MapError, count_lines, read_map, read_records


class ReplayCounts:
    """Counts the outcomes of a file's rows, and writes those that are no events to a second file.

    Args:
        path: the file that is read; rejects go to ``<path>.rejects.jsonl``, which exists only where
            there are any.
    """

    def __init__(self, path: Path) -> None:
        self.accepted = 0
        self.rejected = 0
        self.rejects = path.with_name(path.name + ".rejects.jsonl")
        self._file: BinaryIO | None = None

    def reject(self, line: int, reason: str, row: bytes) -> None:
        """Keep one row with its line number and the reason."""
        if self._file is None:
            self._file = self.rejects.open("wb")
        entry = {"line": line, "reason": reason, "row": row.decode(errors="backslashreplace")}
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self.rejected += 1

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Keep the rows that the collector refuses."""
        for each in refused:
            self.reject(each.item.number, each.reason, each.item.value)

    def close(self) -> None:
        """Close the file of rejects."""
        if self._file is not None:
            self._file.close()


def replay_file(
    path: Path,
    columns: ColumnMap | None,
    sender: Sender,
    rate: float,
    skip: int,
    show: Callable[[int], None],
) -> ReplayCounts:
    """Send one file.

    Args:
        path: JSONL, or CSV with `columns`.
        columns: the column map.
        sender: where to.
        rate: most events per second; 0 for as fast as the collector takes them.
        skip: lines at the beginning that are left out.
        show: told the number of events that are through, after each batch.

    Raises:
        OSError: the file cannot be read.
        MapError: the map does not fit its header.
        CollectorUnavailableError: the collector stayed away.
        WriteKeyRefusedError: the write key is unknown.
    """
    with closing(ReplayCounts(path)) as tally:

        def items() -> Iterator[Item]:
            for row in read_records(path, columns):
                if isinstance(row, BadRow):
                    tally.reject(row.line, row.reason, row.text)
                elif row.line > skip:
                    yield Item(row.line, row.value)

        for delivered in sender.deliver(paced(sender.batches(items()), rate)):
            tally.accepted += delivered.accepted
            tally.refuse(delivered.refused)
            show(tally.accepted + tally.rejected)
    return tally


def paced(
    batches: Iterable[Sequence[Item]],
    rate: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Sequence[Item]]:
    """Let batches through no faster than `rate` events per second; 0 for no limit."""
    began, sent = clock(), 0
    for batch in batches:
        if rate:
            sleep(max(0.0, began + sent / rate - clock()))
        yield batch
        sent += len(batch)


Files = Annotated[
    list[Path],
    typer.Argument(
        help="JSONL files, or CSV files with --map; .gz is unpacked.",
        exists=True,
        dir_okay=False,
    ),
]
WriteKey = Annotated[str, typer.Option(help="Write key of the source.", envvar="STRATUM_WRITE_KEY")]
Url = Annotated[str, typer.Option(help="Address of the collector.")]
MapFile = Annotated[
    Path | None, typer.Option("--map", help="Column map for CSV files, YAML or JSON.", exists=True)
]
Rate = Annotated[float, typer.Option(help="Most events per second; 0 for no limit.", min=0)]
BatchEvents = Annotated[int, typer.Option(help="Events per request.", min=1, max=1000)]
Skip = Annotated[
    int,
    typer.Option(
        help="Lines at the beginning of each file to skip, to continue after a stop.", min=0
    ),
]


def replay(
    files: Files,
    *,
    write_key: WriteKey,
    url: Url = "http://127.0.0.1:8080",
    map_file: MapFile = None,
    rate: Rate = 0,
    batch: BatchEvents = 100,
    skip: Skip = 0,
) -> None:
    """Send files of events to the collector. Sending a file again, whole or in part, adds nothing.

    Rows that are no events are kept, with line number and reason, in FILE.rejects.jsonl; the exit
    code is 1 when there are any.
    """
    try:
        column_map = read_map(map_file) if map_file else None
        with closing(Sender(url, write_key, SendParams(batch_events=batch))) as sender:
            rejected = _replay_files(
                files, column_map, partial(replay_file, sender=sender, rate=rate, skip=skip)
            )
    except (MapError, WriteKeyRefusedError) as error:
        raise typer.BadParameter(str(error)) from error
    except CollectorUnavailableError as error:
        echo(
            f"the collector at {url} does not take events ({error}); start again when it"
            " does, nothing is counted twice",
            err=True,
        )
        raise typer.Exit(2) from error
    if rejected:
        raise typer.Exit(1)


def _replay_files(
    files: Sequence[Path], columns: ColumnMap | None, send: Callable[..., ReplayCounts]
) -> int:
    """Send files one after another, each with a bar of its own; how many rows were rejected."""
    rejected = 0
    with Progress(*_bar(), console=Screen(stderr=True)) as progress:
        for path in files:
            lines = max(0, count_lines(path) - (columns is not None))
            task = progress.add_task(path.name, total=lines)
            tally = send(path, columns, show=partial(_advance, progress, task))
            rejected += tally.rejected
            note = (
                f", {tally.rejected:,} rejected, kept in {tally.rejects}" if tally.rejected else ""
            )
            progress.console.print(f"{path}: {tally.accepted:,} events accepted{note}")
    return rejected


def _bar() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )


def _advance(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)
