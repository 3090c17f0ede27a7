"""``stratum verify``: recompute people and memberships from the events, compare with the tables."""

import json
import sys
import time
from typing import Annotated

import psycopg
import typer
from rich.progress import Progress

from cli.output import echo, progress
from config.load import load_settings
from config.settings import Settings
from oracle.outbox import outbox_differences
from oracle.report import Report
from oracle.tables import Rules
from oracle.verification import differences
from store.definitions.load import Registry, load_registry
from store.profiles.verify import PostgresTables, WorkspaceRow, snapshot, workspaces


def verify(
    *,
    workspace: Annotated[
        str, typer.Option("--workspace", "-w", help="Name of one workspace; all when not given.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of text.")
    ] = False,
) -> None:
    """Recompute everything from the stored events and list every difference from the tables.

    Exit code 0 when there is none, 1 when there is any. Reads one consistent snapshot; the engine
    may keep running.
    """
    try:
        reports = verify_all(load_settings(), workspace, shown=sys.stderr.isatty())
    except LookupError as error:
        raise typer.BadParameter(f"no workspace is called {workspace}") from error
    if as_json:
        echo(json.dumps({"workspaces": [report.as_json() for report in reports]}))
    else:
        for report in reports:
            for line in report.lines():
                echo(line)
    if any(report.differences for report in reports):
        raise typer.Exit(1)


def verify_all(settings: Settings, workspace: str = "", *, shown: bool = False) -> list[Report]:
    """Verify one workspace, or all.

    Args:
        settings: where Postgres is, and the rules.
        workspace: name; empty for all.
        shown: draw progress on standard error.

    Raises:
        LookupError: no workspace has the name.
        psycopg.OperationalError: Postgres does not answer.
    """
    with snapshot(settings.postgres.dsn.get_secret_value()) as connection:
        chosen = [row for row in workspaces(connection) if workspace in ("", row.name)]
        if workspace and not chosen:
            raise LookupError(workspace)
        registry = load_registry(connection)
        with progress(shown=shown) as drawn:
            return [_verify_one(connection, row, registry, settings, drawn) for row in chosen]


def _verify_one(
    connection: psycopg.Connection,
    workspace: WorkspaceRow,
    registry: Registry,
    settings: Settings,
    drawn: Progress,
) -> Report:
    tasks = {
        "events": drawn.add_task(f"{workspace.name}: reading events", total=workspace.events),
        "people": drawn.add_task(f"{workspace.name}: comparing people", total=workspace.people),
    }
    report = Report(workspace.name, time.time_ns() // 1_000_000)
    tables = PostgresTables(connection, workspace.id)
    definitions = registry.definitions[workspace.id]
    rules = Rules(
        workspace.salt, settings.identity, settings.profile, definitions, sweeping=tables.sweeping()
    )
    found = differences(
        tables,
        rules,
        report.now_ms,
        report.totals,
        lambda step, done: drawn.advance(tasks[step], done),
    )
    report.differences.extend(found)
    report.differences.extend(outbox_differences(tables.balances(), tables.memberships()))
    return report
