"""``stratum keys``: API keys, and the sources and workspaces that have keys.

A key is shown once, when it is made.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

import psycopg
import typer

from cli.output import echo, print_table
from cli.texts import written
from cli.workspaces import actor, connected
from config.load import load_settings
from domain.texts import KEY_NAME, NAME
from store.workspaces.bootstrap import SCOPES, create_api_key, create_workspace
from store.workspaces.keys import ApiKeyError, Owner, add_api_key, list_api_keys, revoke_api_key
from store.workspaces.sources import SourceError, add_source

app = typer.Typer(
    no_args_is_help=True, help="Create, list and revoke API keys; add sources and workspaces."
)

_WorkspaceName = Annotated[str, typer.Option("--workspace", help="Name of the workspace.")]
Made = TypeVar("Made")
_KEPT = "Keep it: it is not shown again."


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call the key.", callback=written(KEY_NAME))],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(SCOPES)}; may be repeated.")
    ] = None,
    workspace: _WorkspaceName = "default",
) -> None:
    """Make an API key and print it."""
    scopes = scope or ["read"]
    if set(scopes) - set(SCOPES):
        raise typer.BadParameter(f"scopes are {', '.join(SCOPES)}", param_hint="--scope")
    with connected(load_settings(), workspace) as (conn, workspace_id):
        _, key = _allowed(lambda: add_api_key(conn, Owner(workspace_id, actor()), name, scopes))
    _print_key("API key", key)


@app.command("list")
def list_(workspace: _WorkspaceName = "default") -> None:
    """List the API keys of a workspace."""
    with connected(load_settings(), workspace) as (conn, workspace_id):
        keys = list_api_keys(conn, workspace_id)
    rows = (
        (
            key.id,
            key.name,
            ", ".join(key.scopes),
            f"{key.created_at:%Y-%m-%d %H:%M}",
            _minute(key.last_used_at),
            _minute(key.revoked_at),
        )
        for key in keys
    )
    print_table("id", "name", "scopes", "created", "last used", "revoked", rows=rows)


@app.command()
def revoke(
    key_id: Annotated[int, typer.Argument(help="Id of the key, from the list.")],
    workspace: _WorkspaceName = "default",
) -> None:
    """Stop an API key from working."""
    with connected(load_settings(), workspace) as (conn, workspace_id):
        owner = Owner(workspace_id, actor())
        if not _allowed(lambda: revoke_api_key(conn, owner, key_id)):
            raise typer.BadParameter(f"workspace {workspace} has no working key {key_id}")
    echo(f"key {key_id} is revoked")


@app.command()
def source(
    name: Annotated[
        str, typer.Argument(help="What to call the source.", callback=written(KEY_NAME))
    ],
    region: Annotated[
        str,
        typer.Option(
            help="ISO 3166 region of phone numbers without a country code, for example DE."
        ),
    ] = "",
    workspace: _WorkspaceName = "default",
) -> None:
    """Add a source of events and print its write key."""
    with connected(load_settings(), workspace) as (conn, workspace_id):
        owner = Owner(workspace_id, actor())
        _, key = _allowed(
            lambda: _unique(lambda: add_source(conn, owner, name, region.upper()), "source", name)
        )
    _print_key("write key", key)


@app.command()
def workspace(
    name: Annotated[
        str, typer.Argument(help="What to call the workspace.", callback=written(NAME))
    ],
    time_zone: Annotated[
        str, typer.Option(help="IANA name of the zone that calendar days are counted in.")
    ] = "UTC",
) -> None:
    """Add a workspace with an API key that may do everything in it, and print the key."""
    with psycopg.connect(load_settings().postgres.dsn.get_secret_value()) as conn:
        try:
            made = _unique(lambda: create_workspace(conn, name, time_zone), "workspace", name)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--time-zone") from error
        key = create_api_key(conn, made.id, "first", SCOPES)
    _print_key("API key", key)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"


def _unique(make: Callable[[], Made], what: str, name: str) -> Made:
    try:
        return make()
    except psycopg.errors.UniqueViolation as error:
        raise typer.BadParameter(f"there is a {what} {name} already") from error


def _allowed(act: Callable[[], Made]) -> Made:
    try:
        return act()
    except (ApiKeyError, SourceError) as error:
        raise typer.BadParameter(str(error)) from error


def _print_key(kind: str, key: str) -> None:
    echo(f"{kind}: {key}")
    echo(_KEPT, err=True)
