"""``stratum alerts``: alerts to on-call, tests of channels, and notices that were given up."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.definitions import WorkspaceName, refused, workspace
from cli.output import echo, print_table
from config.alerting import channels
from config.load import load_settings
from domain.alerts import Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import to_ms
from sinks.alerts.channel import Again, Arrived, Channel, Refused
from sinks.alerts.sender import deliver
from sinks.http.client import HttpRunner
from store.alerts import commands, episodes, outbox

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
        rows = episodes.page(
            conn, WorkspaceId(author.workspace), lasting=not everything, after=None, limit=100
        )
    if not rows:
        echo("nothing is wrong" if not everything else "nothing was ever wrong")
        return
    shown = (
        (
            row.id,
            row.severity,
            f"{row.opened_at:%Y-%m-%d %H:%M:%S}",
            f"{row.resolved_at:%Y-%m-%d %H:%M:%S}" if row.resolved_at else "lasts",
            row.summary,
            row.dead or None,
        )
        for row in rows
    )
    columns = ("id", "severity", "since (UTC)", "until (UTC)", "summary", "given up")
    print_table(*columns, rows=shown)


@app.command()
def show(alert: _Alert, workspace_name: WorkspaceName = "default") -> None:
    """Show an alert and every notice about it."""
    with workspace(workspace_name) as (conn, author):
        row = episodes.by_id(conn, WorkspaceId(author.workspace), alert)
        notices = outbox.notices(conn, WorkspaceId(author.workspace), alert)
    if row is None:
        raise refused([f"there is no alert {alert}"])
    echo(f"{row.severity}: {row.summary}")
    for member in row.members:
        echo(f"  also {member}")
    columns = ("notice", "step", "channel", "attempts", "sent (UTC)", "why not")
    rows = ((one.id, one.step, one.channel, one.attempts, _sent(one), one.error) for one in notices)
    print_table(*columns, rows=rows)


def _sent(notice: outbox.NoticeRow) -> str:
    if notice.sent_at:
        return f"{notice.sent_at:%Y-%m-%d %H:%M:%S}"
    return "given up" if notice.dead_at else "waits"


@app.command()
def acknowledge(alert: _Alert, workspace_name: WorkspaceName = "default") -> None:
    """Say that somebody cares: nobody is reminded any more. The alert is resolved by itself."""
    with workspace(workspace_name) as (conn, author):
        if not commands.acknowledge(
            conn, WorkspaceId(author.workspace), author.actor, alert, datetime.now(UTC)
        ):
            raise refused([f"there is no alert {alert} that lasts"])
    echo(f"alert {alert} is acknowledged")


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
    with HttpRunner(settings.http) as http:
        chosen = {
            name: one for name, one in channels(settings, http).items() if channel in ("", name)
        }
        if not chosen:
            known = ", ".join(sorted(settings.channels))
            raise typer.BadParameter(
                f"there is no channel {channel}: {known}"
                if known
                else "no alert channel is configured: set alerts.channels (docs/alerts.md)",
                param_hint="CHANNEL" if known else "alerts.channels",
            )
        now = datetime.now(UTC)
        works = [_try_channel(name, one, now) for name, one in chosen.items()]
    if not all(works):
        raise typer.Exit(1)


def _try_channel(name: str, channel: Channel, now: datetime) -> bool:
    """Send a test notice and its end until one is refused; whether both arrived."""
    now_ms = to_ms(now)
    said = "a test from Stratum: nothing is wrong"
    episode = Episode("test", "test", now_ms, Severity.INFO, Severity.INFO, said, (), now_ms)
    for step, ended_ms in ((Step.TEST, 0), (Step.RESOLVED, now_ms)):
        notice = Notice(WorkspaceId(0), step, episode, now_ms, ended_ms)
        match deliver(channel, notice, now_ms % 10**9, now):
            case Arrived():
                echo(f"{name}: {step.value}: arrived")
            case Again(reason=reason) | Refused(reason=reason):
                echo(f"{name}: {step.value}: {reason}")
                return False
    return True


@app.command()
def retry(workspace_name: WorkspaceName = "default") -> None:
    """Send notices once more that were given up."""
    with workspace(workspace_name) as (conn, author):
        count = commands.retry_dead(
            conn, WorkspaceId(author.workspace), author.actor, datetime.now(UTC)
        )
    echo(f"{count} notices are sent once more")
