"""``stratum segments preview``: what segments in a file would mean, before anybody is a member."""

import secrets
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.segments.previews_schemas import PreviewView
from cli.definitions import WorkspaceName, refused, workspace
from cli.output import Screen, add_row, echo
from cli.segments.definition_files import FileError, read_file
from config.load import load_settings
from operators.segments.sampling import Estimate
from store.definitions.checks import as_rule
from store.segments.preview import PreviewQuery, Previews
from store.segments.previewed import Preview

_START_BYTES = 16


def preview(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON or YAML, as `apply` takes it.")
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON instead of tables, one line per segment.")
    ] = False,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Show how many people a file's segments would have, some of them, and their overlaps."""
    settings, now_ms = load_settings(), time.time_ns() // 1_000_000
    previews = Previews(
        settings.profile, tuple(settings.identity.kinds), settings.query.preview, time.monotonic
    )
    try:
        definitions = read_file(file, settings.definitions, "segment")
    except FileError as error:
        raise refused(str(error).splitlines()) from error
    for definition in definitions:
        asked = PreviewQuery(
            None, as_rule(definition.draft.definition), now_ms, secrets.token_bytes(_START_BYTES)
        )
        with workspace(workspace_name) as (conn, author):
            found = previews.preview(conn, author, asked)
        if as_json:
            echo(PreviewView.from_preview(found, now_ms).model_dump_json())
        else:
            _print(str(definition.draft.name), found)


def _number(estimate: Estimate) -> str:
    return (
        f"{estimate.value:,}"
        if estimate.low == estimate.high
        else f"≈ {estimate.value:,} ({estimate.low:,} to {estimate.high:,})"
    )


def _print(name: str, preview: Preview) -> None:
    console = Screen()
    how = (
        "everybody was evaluated"
        if preview.exact
        else f"95 % confidence, from {preview.evaluated:,} evaluated"
    )
    echo(f"{name}: {_number(preview.members)} of {preview.people:,} people; {how}")
    if preview.reads_history:
        console.print(
            "The rule asks for something of the past that is not kept yet: publishing"
            " builds it for everybody."
        )
    if preview.unscored:
        console.print("Nobody has RFM scores until bounds have been taken.")
    examples = Table("person", "identifiers", title="For example")
    for person in preview.examples:
        add_row(
            examples,
            str(person.profile_id),
            ", ".join(f"{kind} {value}" for kind, value in person.identifiers),
        )
    overlaps = Table(
        "segment", "members", "in both", "of the draft", "of the segment", title="Overlap"
    )
    for each in preview.overlaps:
        shares = (
            "–" if share is None else f"{share:.1%}"
            for share in (each.share_of_draft, each.share_of_segment)
        )
        add_row(overlaps, each.name, _number(each.members), _number(each.both), *shares)
    for table in (examples, overlaps):
        if table.row_count:
            console.print(table)
