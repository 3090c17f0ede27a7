"""``stratum dead-letters``: what could not be processed, of all workspaces and of none.

Look at it and drive it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from cli.output import Screen, add_row, echo, echo_bytes, echo_lines
from cli.workspaces import actor
from config.event_log import open_log
from config.load import load_settings
from config.settings import Settings
from domain.failure import REASONS
from domain.intake.dead_letter import DeadLetterStatus
from operators.intake import HOPELESS
from sinks.intake.log import keyed
from sinks.intake.redrive import Append, Redriven, Selection, redrive_dead_letters
from store.fetch import Pool
from store.intake import dead_letters
from store.intake.dead_letters import DeadLetterFilter, DeadLetterRow

T = TypeVar("T")

_CHUNK: Final = 500
"""Letters that one transaction claims."""
_POOL_TIMEOUT_S: Final = 10.0
_COUNTED: Final = 1_000_000
"""Letters that are counted for the progress bar."""
_NAMED: Final = 10
"""Hopeless letters that are named."""

_COLUMNS: Final = (
    "id",
    "workspace",
    "source",
    "reason",
    "where",
    "status",
    "bytes",
    "recorded",
    "log position",
)

app = typer.Typer(
    help="List, show and retry what could not be processed.",
    no_args_is_help=True,
    add_completion=False,
)

Workspace = Annotated[int | None, typer.Option(help="Only of this workspace id.")]
Reason = Annotated[str | None, typer.Option(help="Only with this reason code.")]
Source = Annotated[int | None, typer.Option(help="Only of this source id.")]


def _run(work: Callable[[Settings, Pool], Awaitable[T]]) -> T:
    settings = load_settings()

    async def run() -> T:
        dsn = settings.postgres.dsn.get_secret_value()
        async with Pool(dsn, min_size=1, max_size=2, timeout=_POOL_TIMEOUT_S, open=False) as pool:
            return await work(settings, pool)

    return asyncio.run(run())


def _checked(reason: str | None, status: str | None) -> None:
    if reason is not None and reason not in REASONS:
        raise typer.BadParameter(f"reasons are {', '.join(sorted(REASONS))}", param_hint="--reason")
    if status is not None and status not in list(DeadLetterStatus):
        raise typer.BadParameter(
            f"statuses are {', '.join(DeadLetterStatus)}", param_hint="--status"
        )


@app.command("list")
def list_letters(
    *,
    workspace: Workspace = None,
    reason: Reason = None,
    source: Source = None,
    status: Annotated[str, typer.Option(help="open, retrying, resolved, or all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Newest letters shown.")] = 50,
) -> None:
    """Show a table of dead letters, newest first."""
    wanted_status = None if status == "all" else status
    _checked(reason, wanted_status)
    wanted = DeadLetterFilter(workspace, reason, wanted_status, source)

    async def read(_: Settings, pool: Pool) -> tuple[list[DeadLetterRow], int, bool]:
        rows = await dead_letters.page(pool, wanted, None, limit)
        return rows, *await dead_letters.total(pool, wanted, _COUNTED)

    rows, total, exact = _run(read)
    Screen().print(_table(rows, f"{'' if exact else '≈ '}{total:,}"))


def _table(rows: Sequence[DeadLetterRow], total: str) -> Table:
    table = Table(title=f"Dead letters: {len(rows):,} of {total}")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in {"id", "bytes"} else "left")
    for row in rows:
        owner, sender = (
            "–" if number is None else str(number) for number in (row.workspace_id, row.source_id)
        )
        add_row(
            table,
            str(row.id),
            owner,
            sender,
            row.reason,
            row.detail,
            row.status,
            f"{row.payload_bytes:,}",
            row.recorded_at.strftime("%Y-%m-%d %H:%M:%S"),
            f"{row.log}:{row.partition}@{row.position}",
        )
    return table


@app.command("show")
def show_letter(
    letter: Annotated[int, typer.Argument(help="Id of the dead letter.")],
    *,
    raw: Annotated[bool, typer.Option("--raw", help="Only the record's bytes.")] = False,
) -> None:
    """Show one dead letter with its record, which may hold personal data."""

    async def read(_: Settings, pool: Pool) -> DeadLetterRow | None:
        return await dead_letters.by_id(pool, None, letter)

    row = _run(read)
    if row is None:
        raise typer.BadParameter("there is no such dead letter", param_hint="letter")
    if raw:
        echo_bytes(row.payload)
        return
    console = Screen()
    table = Table(show_header=False, title=f"Dead letter {row.id}")
    for name, value in (
        ("reason", f"{row.reason}: {REASONS.get(row.reason, '')}"),
        ("where", row.detail or "–"),
        ("status", row.status),
        ("command", row.command or "–"),
        ("workspace", row.workspace_id),
        ("source", row.source_id),
        ("received", row.received_at),
        ("recorded", row.recorded_at),
        (
            "log",
            f"{row.log}, partition {row.partition}, position {row.position}, index {row.index}",
        ),
    ):
        add_row(table, name, "–" if value is None else str(value))
    console.print(table)
    echo_lines(row.payload.decode("utf-8", "backslashreplace"))


@app.command("retry")
def retry_letters(
    letters: Annotated[
        list[int] | None,
        typer.Argument(help="Ids of dead letters; none: all that match the options."),
    ] = None,
    *,
    workspace: Workspace = None,
    reason: Reason = None,
    source: Source = None,
    status: Annotated[
        str, typer.Option(help="open, or retrying for retries that never came back.")
    ] = "open",
    everything: Annotated[
        bool, typer.Option("--all", help="Without ids: yes, all that match.")
    ] = False,
) -> None:
    """Append records to the event log again; what is understood now is resolved."""
    _checked(reason, status)
    if status == DeadLetterStatus.RESOLVED:
        raise typer.BadParameter("what is resolved needs no retry", param_hint="--status")
    if not letters and not everything:
        raise typer.BadParameter("give ids, or --all", param_hint="letters")
    wanted = DeadLetterFilter(workspace, reason, status, source)

    outcome = _run(partial(_retry, wanted=wanted, ids=letters))
    echo(f"{len(outcome.retried):,} in the log again.")
    if outcome.hopeless:
        named = ", ".join(map(str, outcome.hopeless[:_NAMED])) + (
            " …" if len(outcome.hopeless) > _NAMED else ""
        )
        echo(f"{len(outcome.hopeless):,} left open ({named}). {HOPELESS}")


async def _retry(
    settings: Settings, pool: Pool, wanted: DeadLetterFilter, ids: list[int] | None
) -> Redriven:
    """Retry letters while a bar shows how many of them are done."""
    count = (await dead_letters.total(pool, wanted, _COUNTED)).value if ids is None else len(ids)
    log = open_log(settings)
    columns = TextColumn("retrying"), BarColumn(), MofNCompleteColumn()
    try:
        with Progress(*columns, console=Screen(stderr=True), transient=True) as progress:
            task = progress.add_task("retrying", total=count)
            return await _in_chunks(
                pool,
                lambda records: log.append(keyed(records)),
                Selection(wanted, ids, 0, _CHUNK),
                lambda done: progress.update(task, completed=done),
            )
    finally:
        await log.close()


async def _in_chunks(
    pool: Pool, append: Append, wanted: Selection, advance: Callable[[int], None]
) -> Redriven:
    """Retry in chunks in the order of ids, so that nothing is retried twice."""
    outcome = Redriven()
    while True:
        chunk = replace(wanted, after=outcome.last)
        part = await redrive_dead_letters(pool, append, chunk, actor())
        outcome.retried += part.retried
        outcome.hopeless += part.hopeless
        advance(len(outcome))
        if len(part) < chunk.limit:
            return outcome
        outcome.last = part.last
