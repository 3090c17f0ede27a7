"""What ``stratum segments`` and ``stratum traits`` share: applying files, watching a sweep."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from psycopg import Connection
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.web.definitions import author_of
from cli.output import Screen, echo
from cli.segments.definition_files import FileDefinition, FileError, apply_definition, read_file
from cli.workspaces import actor, connected
from config.load import load_settings
from domain.values import Json
from store.definitions.drafts import Author, Kind
from store.definitions.effects import Published
from store.definitions.errors import DefinitionError, InvalidDefinitionError
from store.definitions.lists import named
from store.definitions.sweep_progress import SweepProgress, newest_sweep, percent, sweep_progress

_LOOK_S: Final = 0.2

WorkspaceName = Annotated[str, typer.Option("--workspace", "-w", help="Name of the workspace.")]
Wait = Annotated[bool, typer.Option("--wait", help="Watch until everybody is up to date.")]
Files = Annotated[
    list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON or YAML files.")
]
Publish = Annotated[bool, typer.Option("--publish", help="Make it live at once.")]


@contextmanager
def workspace(name: str) -> Iterator[tuple[Connection[Any], Author]]:
    """Open a workspace for changes: commit at the end, roll back and print an error.

    Raises:
        typer.Exit: a definition was refused.
    """
    settings = load_settings()
    with connected(settings, name) as (conn, workspace_id):
        conn.commit()
        try:
            with conn.transaction():
                yield conn, author_of(settings, workspace_id, actor())
        except InvalidDefinitionError as error:
            raise refused(
                f"{problem.path}: {problem.message}" for problem in error.problems
            ) from error
        except DefinitionError as error:
            raise refused([str(error)]) from error


def refused(lines: Json) -> typer.Exit:
    """Tell why something was refused; raise what it returns."""
    for line in lines:
        echo(f"Error: {line}", err=True)
    return typer.Exit(2)


def find(conn: Connection[Any], author: Author, kind: Kind, name_or_id: str) -> int:
    """The id of a definition, given by its name or its id.

    Raises:
        typer.BadParameter: there is none.
    """
    number = named(conn, author.workspace, kind, name_or_id)
    if number is None and name_or_id.isascii() and name_or_id.isdigit():
        return int(name_or_id)
    if number is None:
        raise typer.BadParameter(f"there is no {kind} {name_or_id}", param_hint=kind)
    return number


def apply_files(
    kind: Kind, files: list[Path], workspace_name: str, *, publish: bool, wait: bool
) -> None:
    """Save every definition of the files, all or none, in the order in which they are given."""
    sweep: int | None = None
    with workspace(workspace_name) as (conn, author):
        try:
            definitions = [
                found for file in files for found in read_file(file, author.params, kind)
            ]
        except FileError as error:
            raise refused(str(error).splitlines()) from error
        for definition in definitions:
            sweep = _apply(conn, author, definition, publish=publish) or sweep
    if wait and sweep is not None:
        watch(workspace_name, sweep)


def _apply(
    conn: Connection[Any], author: Author, definition: FileDefinition, *, publish: bool
) -> int | None:
    try:
        applied = apply_definition(conn, author, definition, publish=publish)
    except InvalidDefinitionError as error:
        raise refused(
            f"{definition.place}: {problem.path}: {problem.message}" for problem in error.problems
        ) from error
    except DefinitionError as error:
        raise refused([f"{definition.place}: {error}"]) from error
    state = "is saved" if applied.published is None else "is live"
    echo(
        f"{definition.kind} {definition.draft.name} ({applied.id})"
        f" version {applied.version} {state}"
    )
    return None if applied.published is None else applied.published.sweep


def change(
    kind: Kind,
    name_or_id: str,
    workspace_name: str,
    work: Callable[[Connection[Any], Author, int], Published],
    message: str,
    *,
    wait: bool = False,
) -> None:
    """Do one thing to a definition, tell it, and watch its sweep where asked for."""
    with workspace(workspace_name) as (conn, author):
        published = work(conn, author, find(conn, author, kind, name_or_id))
    echo(f"{kind} {name_or_id} {message}")
    if wait and published.sweep is not None:
        watch(workspace_name, published.sweep)


def watch(workspace_name: str, sweep: int | None) -> None:
    """Draw a sweep's progress until it is done; None: the newest one."""
    columns = (
        TextColumn("bringing people up to date"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with connected(load_settings(), workspace_name, autocommit=True) as (conn, workspace_id):
        number = newest_sweep(conn, workspace_id) if sweep is None else sweep
        with Progress(*columns, console=Screen(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=100)
            while True:
                found = sweep_progress(conn, workspace_id, number or 0)
                if found is None:
                    raise typer.BadParameter("there is no such sweep")
                progress.update(
                    task, completed=percent(found.visited, found.people, done=found.done)
                )
                if found.done:
                    break
                time.sleep(_LOOK_S)
    echo(_progress_text(found))


def _progress_text(progress: SweepProgress) -> str:
    return (
        f"sweep {progress.id} is done: {progress.visited:,} people visited,"
        f" {progress.changed:,} changed, {progress.stale or 0:,} memberships stale"
    )
