"""``stratum platforms``: show which ad platforms are connected, and check that they work."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from cli.definitions import WorkspaceName, workspace
from cli.output import Screen, add_row, echo
from config.load import load_settings
from config.platform_check import OK, check
from store.activation import connections

app = typer.Typer(
    add_completion=False, help="Show ad platforms and check that they would take what is sent."
)


@app.callback(invoke_without_command=True)
def platforms(context: typer.Context, workspace_name: WorkspaceName = "default") -> None:
    """Show every platform, whether it is connected, and what came of the last check."""
    if context.invoked_subcommand is not None:
        return
    table = Table("platform", "account", "status", "last check", "what to do")
    with workspace(workspace_name) as (conn, author):
        known = connections.listed(conn, author.workspace)
    for name, section in load_settings().platforms.items():
        found = known.get(name)
        rests = found is not None and found.disconnected_at is not None
        status = (
            "not configured" if not section.connected else "disconnected" if rests else "connected"
        )
        add_row(
            table,
            name,
            section.account,
            status,
            found.result if found else "",
            found.advice if found else "",
        )
    Screen().print(table)


@app.command("check")
def check_platforms(
    platform: Annotated[str, typer.Argument(help="Its name; none: all that are connected.")] = "",
    workspace_name: WorkspaceName = "default",
) -> None:
    """Ask platforms, by a call that changes nothing, whether account and access are in order.

    Exit code 1 where one is not.
    """
    settings = load_settings()
    known = settings.platforms
    if platform and platform not in known:
        raise typer.BadParameter(
            f"there is no platform {platform}; there are {', '.join(known)}", param_hint="platform"
        )
    asked = (
        [platform] if platform else [name for name, section in known.items() if section.connected]
    )
    results = {name: check(settings, name) for name in asked}
    with workspace(workspace_name) as (conn, author):
        for name, found in results.items():
            connections.note_check(
                conn, author.workspace, name, found.result, found.advice, datetime.now(UTC)
            )
            echo(f"{name}: {found.result}{f' – {found.advice}' if found.advice else ''}")
    if not asked:
        echo("no platform is connected: docs/platforms says how")
    if any(found.result != OK for found in results.values()):
        raise typer.Exit(1)
