"""``stratum export``: a segment's people as a file, over the API like anybody else."""

from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.export.client import ExportClient, ExportRefusedError
from domain.activation.platforms import ANY_PLATFORM

_TIMEOUT_S: Final = 60.0
_FIELDS: Final = {
    "trait": "traits",
    "computed": "computed",
    "event": "events",
    "last": "last_events",
    "identifier": "identifier_kinds",
}
"""Prefix of a column → field of the request."""


def export(  # noqa: PLR0913 - one per option
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="Name or id of the segment.")],
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write. Begun again with the same file, it goes on where it stopped.",
        ),
    ],
    api_key: Annotated[
        str, typer.Option(help="API key with the scopes read and write.", envvar="STRATUM_API_KEY")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="csv, json, ndjson or parquet; default by the file's ending."
        ),
    ] = "",
    purpose: Annotated[
        str,
        typer.Option(
            help="Consent purpose; default the segment's, for a form the platform's. none"
            " leaves nobody out and takes a reason."
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option(help="Why consent is not asked about; kept in the audit log.")
    ] = "",
    columns: Annotated[
        str,
        typer.Option(
            help="trait.NAME, computed.NAME, event.NAME, last.NAME, identifier.KIND, revenue;"
            " with commas. Default: traits, identifiers;"
            " a platform's form: its identifiers, and nothing else."
        ),
    ] = "",
    identifiers: Annotated[
        str, typer.Option(help=f"raw, none, or a platform's form: {ANY_PLATFORM}.")
    ] = "",
    url: Annotated[str, typer.Option(help="Address of the API.")] = "http://127.0.0.1:8080",
) -> None:
    """Export a segment's people into a file."""
    body = request_of(
        form or out.suffix.lstrip(".") or "csv", purpose, reason, columns, identifiers
    )
    bars = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    headers = {"authorization": f"Bearer {api_key}"}
    try:
        with (
            httpx.Client(
                base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False
            ) as http,
            Progress(*bars, console=Console(stderr=True), transient=True) as progress,
        ):
            task = progress.add_task("")

            def shown(what: str, done: int, whole: int) -> None:
                progress.update(task, description=what, completed=done, total=max(whole, 1))

            client = ExportClient(http, shown)
            body["segment_id"] = client.segment(segment)
            view = client.save(body, out)
    except (ExportRefusedError, httpx.TransportError) as error:
        told = str(error) if isinstance(error, ExportRefusedError) else f"{url} does not answer"
        typer.echo(f"Error: {told}", err=True)
        raise typer.Exit(2) from error
    left_out = (
        f"{view['without_consent']:,} without consent, {view['without_identifier']:,}"
        " without identifiers left out"
    )
    typer.echo(f"{out}: {view['rows']:,} people, {view['size_bytes']:,} bytes; {left_out}")


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
