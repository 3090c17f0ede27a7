"""``stratum rfm``: takes the RFM bounds of a workspace's buyers anew, at once instead of when it is time."""

import time
from typing import Annotated

import psycopg
import typer

from config.load import load_settings
from store.segments.rfm_refresh import RfmRefresh
from store.workspaces.keys import workspace_named

app = typer.Typer(no_args_is_help=True, help="Take RFM bounds anew.")


@app.callback()
def rfm() -> None:
    """Take RFM bounds anew."""


@app.command()
def refresh(
    workspace: Annotated[
        str, typer.Option("--workspace", help="Name of the workspace.")
    ] = "default",
) -> None:
    """Take the quintile bounds of all buyers now, and score everybody by them."""
    settings = load_settings()
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        workspace_id = workspace_named(conn, workspace)
        if workspace_id is None:
            raise typer.BadParameter(f"there is no workspace {workspace}", param_hint="--workspace")
        found = RfmRefresh(settings.rfm).refresh(conn, workspace_id, time.time_ns() // 1_000_000)
    if found is None:
        typer.echo(
            "nothing was taken: no RFM is published, or the sweep that reads the past for it is not through",
            err=True,
        )
        raise typer.Exit(1)
    bounds = "exact" if found.exact else "estimated"
    told = (
        f"new bounds are live; sweep {found.sweep} scores everybody"
        if found.sweep
        else "new bounds are live"
    )
    typer.echo(
        f"{found.population:,} buyers, bounds {bounds}; {told if found.changed else 'nobody is scored otherwise than before'}"
    )
