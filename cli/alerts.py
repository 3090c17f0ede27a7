"""``stratum alerts``: what on-call was told, whether channels work, and notices that were given up."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.definitions import WorkspaceName, refused, workspace
from config.alerting import channels
from config.load import load_settings
from domain.alerts import Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import to_ms
from sinks.alerts.channel import Again, Arrived, Refused
from sinks.alerts.sender import deliver
from sinks.http.client import HttpRunner
from store.alerts import outbox
from store.audit.trail import append

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List alerts, try their channels, send once more what was given up.",
)

_Alert = Annotated[int, typer.Argument(metavar="ALERT", help="Id of the alert.")]


@app.command("list")
def list_alerts(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are resolved too.")] = False,
    workspace_name: WorkspaceName = "default",
) -> None:
    """List alerts, the newest first."""
    with workspace(workspace_name) as (conn, author):
        rows = outbox.page(
            conn, WorkspaceId(author.workspace), lasting=not everything, after=None, limit=100
        )
    if not rows:
        typer.echo("nothing is wrong" if not everything else "nothing was ever wrong")
        return
    table = Table("id", "severity", "since (UTC)", "until (UTC)", "summary", "given up")
    for row in rows:
        until = f"{row.resolved_at:%Y-%m-%d %H:%M:%S}" if row.resolved_at else "lasts"
        table.add_row(
            str(row.id),
            row.severity,
            f"{row.opened_at:%Y-%m-%d %H:%M:%S}",
            until,
            row.summary,
            str(row.dead or ""),
        )
    Console().print(table)


@app.command()
def show(alert: _Alert, workspace_name: WorkspaceName = "default") -> None:
    """Show an alert and every notice about it."""
    with workspace(workspace_name) as (conn, author):
        row = outbox.by_id(conn, WorkspaceId(author.workspace), alert)
        notices = outbox.notices(conn, WorkspaceId(author.workspace), alert)
    if row is None:
        raise refused([f"there is no alert {alert}"])
    typer.echo(f"{row.severity}: {row.summary}")
    for member in row.members:
        typer.echo(f"  also {member}")
    table = Table("notice", "step", "channel", "attempts", "sent (UTC)", "why not")
    for one in notices:
        sent = (
            f"{one.sent_at:%Y-%m-%d %H:%M:%S}"
            if one.sent_at
            else "given up"
            if one.dead_at
            else "waits"
        )
        table.add_row(str(one.id), one.step, one.channel, str(one.attempts), sent, one.error)
    Console().print(table)


@app.command()
def acknowledge(alert: _Alert, workspace_name: WorkspaceName = "default") -> None:
    """Say that somebody cares: nobody is reminded any more. The alert is resolved by itself."""
    with workspace(workspace_name) as (conn, author):
        if not outbox.acknowledge(
            conn, WorkspaceId(author.workspace), alert, author.actor, datetime.now(UTC)
        ):
            raise refused([f"there is no alert {alert} that lasts"])
        append(conn, author.workspace, author.actor, "alert.acknowledge", f"alert:{alert}", {})
    typer.echo(f"alert {alert} is acknowledged")


@app.command("test")
def try_channels(
    channel: Annotated[
        str, typer.Argument(metavar="[CHANNEL]", help="Name of one channel; none: all of them.")
    ] = "",
) -> None:
    """Send a test notice, and its end, and say what came back.

    Exit code 1 where a channel does not work.
    """
    settings = load_settings().alerts
    failed = False
    with HttpRunner(settings.http) as http:
        chosen = {
            name: one for name, one in channels(settings, http).items() if channel in ("", name)
        }
        if not chosen:
            known = ", ".join(sorted(settings.channels)) or "none is configured"
            raise typer.BadParameter(
                f"there is no channel {channel}: {known}" if channel else f"no channel: {known}",
                param_hint="CHANNEL",
            )
        now = datetime.now(UTC)
        now_ms = to_ms(now)
        episode = Episode(
            "test",
            "test",
            now_ms,
            Severity.INFO,
            Severity.INFO,
            "a test from Stratum: nothing is wrong",
            (),
            now_ms,
        )
        for name, one in chosen.items():
            for step, ended_ms in ((Step.TEST, 0), (Step.RESOLVED, now_ms)):
                outcome = deliver(
                    one,
                    Notice(WorkspaceId(0), step, episode, now_ms, ended_ms),
                    now_ms % 10**9,
                    now,
                )
                match outcome:
                    case Arrived():
                        typer.echo(f"{name}: {step.value}: arrived")
                    case Again(reason=reason) | Refused(reason=reason):
                        failed = True
                        typer.echo(f"{name}: {step.value}: {reason}")
                        break
    if failed:
        raise typer.Exit(1)


@app.command()
def retry(workspace_name: WorkspaceName = "default") -> None:
    """Send notices once more that were given up."""
    with workspace(workspace_name) as (conn, author):
        count = outbox.retry_dead(conn, WorkspaceId(author.workspace), datetime.now(UTC))
        append(conn, author.workspace, author.actor, "alert.retry", "alerts", {"notices": count})
    typer.echo(f"{count} notices are sent once more")
