"""``stratum segments``: segments from files, published, paused, resumed, deleted.

How far people are brought up to date.
"""

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
    watch,
    workspace,
)
from cli.output import echo_lines, print_table
from cli.segments.previews import preview
from store.definitions import publish as publishing
from store.definitions.lists import listed, shown

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, apply, publish, pause, resume and delete segments.",
)

app.command("preview")(preview)

_Segment = Annotated[str, typer.Argument(metavar="SEGMENT", help="Name or id of the segment.")]


@app.command("list")
def list_segments(workspace_name: WorkspaceName = "default") -> None:
    """List the segments of a workspace."""
    with workspace(workspace_name) as (conn, author):
        found = listed(conn, author.workspace, "segment")
    rows = (
        (row.id, row.name, row.status, row.version, row.newest, f"{row.members:,}") for row in found
    )
    print_table("id", "name", "status", "version", "newest", "members", rows=rows)


@app.command()
def show(segment: _Segment, workspace_name: WorkspaceName = "default") -> None:
    """Print a segment's newest version as a file that `apply` takes."""
    with workspace(workspace_name) as (conn, author):
        found = shown(conn, author.workspace, "segment", find(conn, author, "segment", segment))
    echo_lines(json.dumps({"kind": "segment", **found}, indent=2, ensure_ascii=False))


@app.command()
def apply(
    files: Files,
    *,
    publish: Publish = False,
    wait: Wait = False,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Create segments from files, or save new versions by name: all of them or none."""
    apply_files("segment", files, workspace_name, publish=publish, wait=wait)


@app.command()
def publish(
    segment: _Segment, *, wait: Wait = False, workspace_name: WorkspaceName = "default"
) -> None:
    """Make a segment's newest version live."""
    change("segment", segment, workspace_name, publishing.publish_segment, "is live", wait=wait)


@app.command()
def pause(segment: _Segment, workspace_name: WorkspaceName = "default") -> None:
    """Keep a segment's members as they are until it is resumed."""
    change("segment", segment, workspace_name, publishing.pause_segment, "is paused")


@app.command()
def resume(
    segment: _Segment, *, wait: Wait = False, workspace_name: WorkspaceName = "default"
) -> None:
    """Let a paused segment follow its rule again."""
    change("segment", segment, workspace_name, publishing.resume_segment, "is live", wait=wait)


@app.command()
def delete(
    segment: _Segment, *, wait: Wait = False, workspace_name: WorkspaceName = "default"
) -> None:
    """Delete a segment; its members are taken out."""
    change("segment", segment, workspace_name, publishing.delete_segment, "is deleted", wait=wait)


@app.command()
def progress(
    sweep: Annotated[int | None, typer.Argument(help="Id of the sweep; none: the newest.")] = None,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Watch a sweep until everybody is up to date."""
    watch(workspace_name, sweep)
