"""``stratum workspaces``: which there are, and the deletion of one whole."""

import time
from typing import Annotated, Final

import psycopg
import typer

from cli.output import echo, print_table
from cli.texts import Reason
from cli.workspaces import actor, connected
from config.load import load_settings
from domain.ids import WorkspaceId
from store.audit.chain import chains
from store.workspaces import deletion
from store.workspaces.deletion import Deletion

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="List workspaces, and delete one whole."
)

_POLL_S: Final = 2.0
_LIVES: Final = "lives"
_Id = Annotated[int, typer.Argument(metavar="ID", help="Its id, as list shows it.", min=1)]
_Name = Annotated[str, typer.Argument(metavar="WORKSPACE", help="Name of the workspace.")]


@app.command("list")
def list_() -> None:
    """List workspaces with the entries of their audit logs, and those that are deleted."""
    with psycopg.connect(load_settings().postgres.dsn.get_secret_value()) as conn:
        states = {each.workspace: _state(each) for each in deletion.all_deletions(conn)}
        rows = [
            (
                each.workspace,
                each.name,
                states.get(WorkspaceId(each.workspace), _LIVES),
                each.length,
            )
            for each in chains(conn)
        ]
    print_table("id", "name", "state", "audit entries", rows=rows)


@app.command()
def delete(
    workspace: _Name,
    *,
    reason: Reason,
    confirm: Annotated[
        str, typer.Option(help="The name once more, in place of being asked for it.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until nothing is left.")] = False,
) -> None:
    """Delete a workspace whole: its people, definitions, keys, files, and audiences on platforms.

    It cannot be taken back. Its keys end at once. The audit log stays, and proves what was done.
    """
    settings = load_settings()
    with connected(settings, workspace, autocommit=True) as (conn, number):
        has, audiences = deletion.held(conn, number), deletion.on_platforms(conn, number)
        listed = ", ".join(f"{count} on {name}" for name, count in audiences.items())
        echo(
            f"workspace {workspace}: {has.people:,} people, {has.events:,} events,"
            f" {has.dead_letters:,} dead letters, audiences: {listed or 'none'}"
        )
        if (confirm or typer.prompt("Type its name to delete it for good")) != workspace:
            raise typer.BadParameter("that is not its name: nothing was deleted")
        try:
            with conn.transaction():
                deletion.request(conn, number, actor(), reason)
        except LookupError as error:
            raise typer.BadParameter(str(error), param_hint="WORKSPACE") from error
        except psycopg.errors.LockNotAvailable as error:
            raise typer.BadParameter("its keys are being changed: try again") from error
    echo(f"workspace {workspace} is closed, and is being deleted by `stratum engine upkeep`")
    if wait:
        _follow(settings.postgres.dsn.get_secret_value(), number)
    else:
        echo(f"follow it: stratum workspaces show {number}")


@app.command()
def show(number: _Id) -> None:
    """Show how far the deletion of a workspace is, and what was removed."""
    with psycopg.connect(load_settings().postgres.dsn.get_secret_value()) as conn:
        found = _found(conn, number)
        left = deletion.on_platforms(conn, found.workspace)
    echo(f"workspace {found.name}: {_state(found)}")
    echo(
        f"asked for by {found.requested_by} at {found.requested_at:%Y-%m-%d %H:%M}: {found.reason}"
    )
    for platform, count in (left or found.unconfirmed).items():
        told = "given up" if platform in found.given_up else "not confirmed yet"
        echo(f"audiences on {platform}: {count} {told}")
    if found.removed:
        print_table("table", "rows removed", rows=sorted(found.removed.items()))


@app.command("give-up")
def give_up(
    number: _Id,
    platform: Annotated[str, typer.Argument(help="One that does not confirm, as show lists it.")],
    *,
    reason: Reason,
) -> None:
    """Wait no longer for a platform to delete the audiences of a workspace: they may stay there."""
    with psycopg.connect(load_settings().postgres.dsn.get_secret_value()) as conn:
        found = _found(conn, number)
        if not deletion.give_up(conn, found.workspace, platform, actor(), reason):
            raise typer.BadParameter(f"nothing on {platform} is waited for")
    echo(f"{platform} is not waited for any longer")


def _found(conn: psycopg.Connection, number: int) -> Deletion:
    found = next((each for each in deletion.all_deletions(conn) if each.workspace == number), None)
    if found is None:
        raise typer.BadParameter(f"workspace {number} is not being deleted", param_hint="ID")
    return found


def _follow(dsn: str, number: int) -> None:
    """Say every change of state until nothing is left."""
    said = ""
    with psycopg.connect(dsn, autocommit=True) as conn:
        while True:
            found = _found(conn, number)
            state = f"{_state(found)}, {sum(found.removed.values()):,} rows removed"
            if state != said:
                echo(state)
                said = state
            if found.completed_at is not None:
                return
            time.sleep(_POLL_S)


def _state(each: Deletion) -> str:
    if each.completed_at is not None:
        return f"deleted {each.completed_at:%Y-%m-%d %H:%M}"
    return "is being removed" if each.platforms_at else "is leaving the platforms"
