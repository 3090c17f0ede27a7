"""``stratum rfm``: recompute the RFM bounds of a workspace's buyers now, not when they are due."""

import time
from typing import Annotated

import typer

from cli.output import echo
from cli.workspaces import connected
from config.load import load_settings
from store.segments.rfm_refresh import RfmRefresh

app = typer.Typer(no_args_is_help=True, help="Recompute RFM bounds.")


@app.callback()
def rfm() -> None:
    """Recompute RFM bounds."""


@app.command()
def refresh(
    workspace: Annotated[
        str, typer.Option("--workspace", help="Name of the workspace.")
    ] = "default",
) -> None:
    """Recompute the quintile bounds of all buyers now, and score everybody by them."""
    settings = load_settings()
    with connected(settings, workspace, autocommit=True) as (conn, workspace_id):
        found = RfmRefresh(settings.rfm).refresh(conn, workspace_id, time.time_ns() // 1_000_000)
    if found is None:
        echo(
            "nothing was taken: no RFM is published, or the sweep that reads the past for it"
            " is not through",
            err=True,
        )
        raise typer.Exit(1)
    bounds = "exact" if found.exact else "estimated"
    told = (
        f"new bounds are live; sweep {found.sweep} scores everybody"
        if found.sweep
        else "new bounds are live"
    )
    if not found.changed:
        told = "nobody is scored otherwise than before"
    echo(f"{found.population:,} buyers, bounds {bounds}; {told}")
