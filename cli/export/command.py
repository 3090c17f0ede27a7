"""``stratum export``: a segment's people as a file, over the API like anybody else."""

from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.export.client import ExportClient
from cli.http import LOCAL, Url, asking
from cli.output import Screen, echo
from domain.activation.platforms import ANY_PLATFORM

_FIELDS: Final = {
    "trait": "traits",
    "computed": "computed",
    "event": "events",
    "last": "last_events",
    "identifier": "identifier_kinds",
}
"""Prefix of a column → field of the request."""


Segment = Annotated[str, typer.Argument(metavar="SEGMENT", help="Name or id of the segment.")]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="File to write. Started again with the same file, it continues where it stopped.",
    ),
]
ApiKey = Annotated[
    str, typer.Option(help="API key with the scopes read and write.", envvar="STRATUM_API_KEY")
]
Form = Annotated[
    str,
    typer.Option(
        "--format", "-f", help="csv, json, ndjson or parquet; default by the file's ending."
    ),
]
Purpose = Annotated[
    str,
    typer.Option(
        help="Consent purpose; default the segment's, for a form the platform's. none"
        " leaves nobody out and takes a reason."
    ),
]
Reason = Annotated[str, typer.Option(help="Why consent is not asked about; kept in the audit log.")]
Columns = Annotated[
    str,
    typer.Option(
        help="trait.NAME, computed.NAME, event.NAME, last.NAME, identifier.KIND, revenue;"
        " with commas. Default: traits, identifiers;"
        " a platform's form: its identifiers, and nothing else."
    ),
]
Identifiers = Annotated[str, typer.Option(help=f"raw, none, or a platform's form: {ANY_PLATFORM}.")]


def export(  # noqa: PLR0913 - one per option
    segment: Segment,
    *,
    out: Out,
    api_key: ApiKey,
    form: Form = "",
    purpose: Purpose = "",
    reason: Reason = "",
    columns: Columns = "",
    identifiers: Identifiers = "",
    url: Url = LOCAL,
) -> None:
    """Export a segment's people into a file."""
    chosen = form or out.suffix.lstrip(".") or "csv"
    body = request_of(chosen, purpose, reason, columns, identifiers)
    with asking(url, api_key) as http:
        view = _saved(http, segment, body, out)
    left_out = (
        f"{view['without_consent']:,} without consent, {view['without_identifier']:,}"
        " without identifiers left out"
    )
    echo(f"{out}: {view['rows']:,} people, {view['size_bytes']:,} bytes; {left_out}")


def _saved(http: httpx.Client, segment: str, body: dict[str, Any], out: Path) -> dict[str, Any]:
    """Export and save while a bar shows how far it is; the export as the API shows it."""
    bars = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*bars, console=Screen(stderr=True), transient=True) as progress:
        task = progress.add_task("")

        def shown(what: str, done: int, whole: int) -> None:
            progress.update(task, description=what, completed=done, total=max(whole, 1))

        client = ExportClient(http, shown)
        return client.save(body | {"segment_id": client.segment(segment)}, out)


def request_of(
    form: str, purpose: str, reason: str, columns: str, identifiers: str
) -> dict[str, Any]:
    """The body of the request, without its segment.

    Raises:
        typer.BadParameter: a column that there is not.
    """
    body: dict[str, Any] = {"format": form, "reason": reason}
    if purpose:
        body["purpose"] = purpose
    chosen = [column.strip() for column in columns.split(",") if column.strip()]
    if chosen:
        body |= {"traits": [], "identifiers": False}
    for column in chosen:
        prefix, _, name = column.partition(".")
        if column == "revenue":
            body["revenue"] = True
        elif name and prefix in _FIELDS:
            body[_FIELDS[prefix]] = [*(body.get(_FIELDS[prefix]) or []), name]
        else:
            raise typer.BadParameter(
                f"{column} is no column: trait.plan, last.Order Completed and the like",
                param_hint="--columns",
            )
    if body.get("identifier_kinds"):
        body["identifiers"] = "raw"
    if identifiers:
        body["identifiers"] = False if identifiers == "none" else identifiers
    return body
