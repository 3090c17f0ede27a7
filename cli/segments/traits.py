"""``stratum traits``: computed traits from files, published, deleted."""

import json
from typing import Annotated

import typer

from cli.definitions import (
    Files,
    Publish,
    Wait,
    WorkspaceName,
    apply_files,
    change,
    find,
    workspace,
)
from cli.output import echo_lines, print_table
from store.definitions import publish as publishing
from store.definitions.lists import listed, shown

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, apply, publish and delete computed traits.",
)

_Trait = Annotated[str, typer.Argument(metavar="TRAIT", help="Name or id of the computed trait.")]


@app.command("list")
def list_traits(workspace_name: WorkspaceName = "default") -> None:
    """List the computed traits of a workspace."""
    with workspace(workspace_name) as (conn, author):
        found = listed(conn, author.workspace, "trait")
    rows = ((row.id, row.name, row.status, row.version, row.newest) for row in found)
    print_table("id", "name", "status", "version", "newest", rows=rows)


@app.command()
def show(trait: _Trait, workspace_name: WorkspaceName = "default") -> None:
    """Print a computed trait's newest version as a file that `apply` takes."""
    with workspace(workspace_name) as (conn, author):
        found = shown(conn, author.workspace, "trait", find(conn, author, "trait", trait))
    echo_lines(json.dumps({"kind": "trait", **found}, indent=2, ensure_ascii=False))


@app.command()
def apply(
    files: Files,
    *,
    publish: Publish = False,
    wait: Wait = False,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Create computed traits from files, or save new versions by name: all of them or none."""
    apply_files("trait", files, workspace_name, publish=publish, wait=wait)


@app.command()
def publish(
    trait: _Trait, *, wait: Wait = False, workspace_name: WorkspaceName = "default"
) -> None:
    """Make a computed trait's newest version live."""
    change("trait", trait, workspace_name, publishing.publish_trait, "is live", wait=wait)


@app.command()
def delete(trait: _Trait, workspace_name: WorkspaceName = "default") -> None:
    """Delete a computed trait that no segment uses."""
    change("trait", trait, workspace_name, publishing.delete_trait, "is deleted")
