"""``stratum segments preview``: what a rule in a file would mean, before anybody is a member."""

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.defining import author_of
from api.schemas.previews import PreviewView
from api.schemas.rule_reading import read_rule
from config.load import load_settings
from operators.sampling import Estimate
from store.definition_rows import InvalidDefinitionError
from store.fetch import connect_blocking
from store.keys import workspace_named
from store.preview import Asked, Preview, Previews

_START_BYTES = 16


def preview(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON: a rule, or an object with a rule.")],
    workspace: Annotated[str, typer.Option("--workspace", help="Name of the workspace.")] = "default",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of tables.")] = False,
) -> None:
    """Show how many people a rule would hold for now, some of them, and how they overlap with segments that exist."""
    settings, now_ms = load_settings(), time.time_ns() // 1_000_000
    try:
        document = json.loads(file.read_text())
        rule = read_rule(document.get("rule", document) if isinstance(document, dict) else document, settings.definitions)
        with connect_blocking(settings.postgres.dsn.get_secret_value()) as conn:
            workspace_id = workspace_named(conn, workspace)
            if workspace_id is None:
                raise typer.BadParameter(f"there is no workspace {workspace}", param_hint="--workspace")
            previews = Previews(settings.profile, tuple(settings.identity.kinds), settings.query.preview, time.monotonic)
            with conn.transaction():
                author = author_of(settings, workspace_id, "console")
                found = previews.of(conn, author, Asked(None, rule, now_ms, secrets.token_bytes(_START_BYTES)))
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="FILE") from error
    except InvalidDefinitionError as error:
        for problem in error.problems:
            typer.echo(f"{problem.path}: {problem.message}", err=True)
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(PreviewView.of(found, now_ms).model_dump_json() + "\n")
    else:
        _print(found)


def _number(found: Estimate) -> str:
    return f"{found.value:,}" if found.low == found.high else f"≈ {found.value:,} ({found.low:,} to {found.high:,})"


def _print(found: Preview) -> None:
    console = Console()
    how = "everybody was evaluated" if found.exact else f"95 % confidence, from {found.evaluated:,} evaluated"
    console.print(f"{_number(found.members)} of {found.people:,} people; {how}")
    if found.reads_history:
        console.print("The rule asks for something of the past that is not kept yet: publishing builds it for everybody.")
    if found.unscored:
        console.print("Nobody has RFM scores until bounds have been taken.")
    examples = Table("person", "identifiers", title="For example")
    for person in found.examples:
        examples.add_row(str(person.profile_id), ", ".join(f"{kind} {value}" for kind, value in person.identifiers))
    overlaps = Table("segment", "members", "in both", "of the draft", "of the segment", title="Overlap")
    for each in found.overlaps:
        shares = ("–" if share is None else f"{share:.1%}" for share in (each.share_of_draft, each.share_of_segment))
        overlaps.add_row(each.name, _number(each.members), _number(each.both), *shares)
    for table in (examples, overlaps):
        if table.row_count:
            console.print(table)
