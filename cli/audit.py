"""``stratum audit``: prove that the log is whole, and take it along."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import psycopg
import typer
from rich.progress import Progress

from cli.output import echo, progress
from config.load import load_settings
from operators.audit import Anchor, Linked, exported, parse_anchor
from operators.audit import verify as check
from store.audit.chain import Chain, chains, linked
from store.profiles.verify import snapshot

app = typer.Typer(
    help="Prove that the audit log is whole, and export it.",
    no_args_is_help=True,
    add_completion=False,
)

Workspace = Annotated[
    str, typer.Option("--workspace", "-w", help="Name of one workspace; all when not given.")
]


def _chosen(conn: psycopg.Connection[Any], name: str) -> list[Chain]:
    chosen = [row for row in chains(conn) if name in ("", row.name)]
    if name and not chosen:
        raise typer.BadParameter(f"no workspace is called {name}", param_hint="--workspace")
    return chosen


def _anchor(text: str) -> Anchor:
    try:
        return parse_anchor(text)
    except ValueError:
        raise typer.BadParameter(
            "an anchor is a link's number and hash, as verify prints them: 12:9f86d0…",
            param_hint="--anchor",
        ) from None


@contextmanager
def _opened() -> Iterator[tuple[psycopg.Connection[Any], Progress]]:
    dsn = load_settings().postgres.dsn.get_secret_value()
    with snapshot(dsn) as conn, progress(shown=sys.stderr.isatty()) as drawn:
        yield conn, drawn


def _watched(conn: psycopg.Connection[Any], workspace: Chain, drawn: Progress) -> Iterator[Linked]:
    task = drawn.add_task(f"{workspace.name}: reading the audit log", total=workspace.length)
    for row in linked(conn, workspace.workspace):
        drawn.advance(task)
        yield row


@app.command()
def verify(
    *,
    workspace: Workspace = "",
    anchor: Annotated[
        str,
        typer.Option(
            help="A link written down earlier, NUMBER:HASH; the chain must still hold it."
            " Needs --workspace."
        ),
    ] = "",
) -> None:
    """Recompute every link of the chain and list every row that was edited, removed or inserted.

    Prints each workspace's newest link: written down elsewhere, it is the anchor that shows later
    whether the whole chain was rewritten. Exit code 0 when everything fits, 1 when anything does
    not.
    """
    wanted = _anchor(anchor) if anchor else None
    if wanted is not None and not workspace:
        raise typer.BadParameter("say whose chain it is", param_hint="--workspace")
    broken = False
    with _opened() as (conn, drawn):
        for each in _chosen(conn, workspace):
            found = check(_watched(conn, each, drawn), each.workspace, wanted)
            broken = broken or bool(found.problems)
            for problem in found.shown:
                echo(f"{each.name}: {problem}")
            if found.problems > len(found.shown):
                echo(f"{each.name}: and {found.problems - len(found.shown):,} more")
            count, told = (
                (found.newest.seq, f"{found.newest.seq}:{found.newest.hash.hex()}")
                if found.newest is not None
                else (0, "none")
            )
            echo(f"{each.name}: {count:,} entries, {found.problems:,} problems, newest link {told}")
    if broken:
        raise typer.Exit(1)


@app.command()
def export(
    *,
    workspace: Workspace = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write; standard output when not given."),
    ] = None,
) -> None:
    """Write every entry with its link as one line of JSON, in the chain's order."""
    with _opened() as (conn, drawn):
        chosen = _chosen(conn, workspace)
        if out is None:
            _write(sys.stdout, conn, chosen, drawn)
        else:
            with out.open("w", encoding="utf-8") as file:
                _write(file, conn, chosen, drawn)


def _write(
    file: TextIO, conn: psycopg.Connection[Any], chosen: list[Chain], drawn: Progress
) -> None:
    for workspace in chosen:
        file.writelines(
            json.dumps(exported(row, workspace.name)) + "\n"
            for row in _watched(conn, workspace, drawn)
        )
