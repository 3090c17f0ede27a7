"""``stratum audiences``: list, create, push, pause, preview and delete audiences on platforms.

The engine does what is asked for.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from psycopg import Connection
from rich.table import Table

from cli.definitions import WorkspaceName, find, refused, workspace
from cli.output import Screen, add_row, echo
from cli.texts import written
from config.load import load_settings
from domain.activation.platforms import ANY_PLATFORM
from domain.texts import NAME
from sinks.activation.preview import preview_judged
from store.activation import commands
from store.activation.audiences import AudienceRow, PushRow, listed, newest_pushes
from store.activation.commands import AudienceCommandError, NewAudience
from store.definitions.drafts import Author

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, show, create, sync, pause, resume, preview and delete audiences on ad platforms.",
)

_SHOWN = 10
_PUSH_COLUMNS: Final = (
    "push",
    "kind",
    "status",
    "added",
    "removed",
    "sent",
    "skipped",
    "rejected",
    "requests",
    "retries",
    "platform says",
    "error",
)

_Audience = Annotated[str, typer.Argument(metavar="AUDIENCE", help="Name or id of the audience.")]


@app.command("list")
def list_audiences(workspace_name: WorkspaceName = "default") -> None:
    """List the audiences of a workspace."""
    table = Table(
        "id",
        "platform",
        "name",
        "segment",
        "status",
        "members",
        "on their way",
        "refused",
        "last push",
    )
    with workspace(workspace_name) as (conn, author):
        for row in listed(conn, author.workspace):
            pushed = f"{row.last_pushed_at:%Y-%m-%d %H:%M}" if row.last_pushed_at else "never"
            counts = (f"{row.members:,}", f"{row.pending:,}", f"{row.refused:,}")
            add_row(
                table, str(row.id), row.platform, row.name, row.segment, row.status, *counts, pushed
            )
    Screen().print(table)


@app.command()
def show(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Show an audience's last pushes: rows sent, skipped and rejected, and the read-back."""
    table = Table(*_PUSH_COLUMNS)
    with workspace(workspace_name) as (conn, author):
        row = _find(conn, author, audience)
        for push in newest_pushes(conn, author.workspace, row.id, _SHOWN):
            add_row(table, *_cells(push))
    echo(f"{row.name} on {row.platform} follows {row.segment}; {row.status}")
    Screen().print(table)


def _cells(push: PushRow) -> tuple[str, ...]:
    skipped = ", ".join(f"{reason} {count:,}" for reason, count in sorted(push.skipped.items()))
    said = ", ".join(f"{name} {value}" for name, value in (push.readback or {}).items())
    return (
        str(push.id),
        push.kind,
        push.status,
        f"{push.adds:,}",
        f"{push.removes:,}",
        f"{push.sent:,}",
        skipped,
        f"{push.rejected:,}",
        str(push.requests),
        str(push.retries),
        said,
        push.error,
    )


@app.command()
def create(
    segment: Annotated[str, typer.Argument(help="Name or id of the segment that it follows.")],
    platform: Annotated[str, typer.Argument(help=f"{ANY_PLATFORM}.")],
    name: Annotated[
        str, typer.Argument(help="As it will be called at the platform.", callback=written(NAME))
    ],
    interval: Annotated[
        int, typer.Option(help="Seconds between pushes; 0: it follows the segment at once.", min=0)
    ] = 3600,
    ttl: Annotated[
        int | None, typer.Option(help="Seconds after which a member is removed.", min=3600)
    ] = None,
    holdout: Annotated[
        int, typer.Option(help="Per cent of the members who are never sent.", min=0, max=90)
    ] = 0,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Link an audience to a segment.

    It is made at the platform once the trust gate lets its first push pass.
    """
    settings = load_settings()
    section, delivery = settings.platforms.get(platform), settings.delivery
    if section is None or not section.connected:
        raise refused([f"{platform} is not connected: docs/platforms says how"])
    shortest, longest = (
        int(limit.total_seconds())
        for limit in (delivery.shortest_interval, delivery.longest_interval)
    )
    if interval and not shortest <= interval <= longest:
        raise refused([f"the interval lies between {shortest} and {longest} s, or is 0"])

    def work(conn: Connection[Any], author: Author) -> str:
        new = NewAudience(
            find(conn, author, "segment", segment),
            platform,
            name,
            section.account,
            interval,
            ttl,
            holdout,
        )
        audience = commands.create(conn, author.workspace, author.actor, new)
        return f"audience {audience}: {name} on {platform}"

    _do(workspace_name, work)


@app.command()
def sync(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Ask for a push now. The trust gate still decides."""
    _change(audience, workspace_name, "is to be pushed", commands.request_push)


@app.command()
def pause(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Stop pushes; who withdraws consent is taken off all the same."""
    _change(audience, workspace_name, "is paused", commands.pause)


@app.command()
def resume(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Let pushes go again."""
    _change(
        audience,
        workspace_name,
        "is active",
        lambda conn, own, actor, number, _: commands.resume(conn, own, actor, number),
    )


@app.command()
def cancel(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Stop the push under way; the next one plans the rest again."""
    _change(audience, workspace_name, "has no push under way", commands.cancel)


@app.command()
def reconcile(
    audience: _Audience,
    *,
    resend: Annotated[bool, typer.Option("--resend", help="Also send everybody again.")] = False,
    workspace_name: WorkspaceName = "default",
) -> None:
    """Ask for a push that looks whether the audience is there and compares everybody."""
    _change(
        audience,
        workspace_name,
        "is to be compared",
        lambda conn, own, actor, number, now: commands.reconcile(
            conn, own, actor, number, resend, now
        ),
    )


@app.command()
def preview(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Show what the next push would do, and do nothing."""
    with workspace(workspace_name) as (conn, author):
        row = _find(conn, author, audience)
        settings = load_settings()
        told = preview_judged(
            conn,
            row.id,
            settings.platforms[row.platform].codec,
            settings.gate,
            datetime.now(UTC),
        )
    if told is not None:
        found, judged = told
        skipped = "".join(
            f", {count:,} {reason}" for reason, count in sorted(found.skipped.items())
        )
        echo(
            f"{row.name} on {row.platform}: {found.members:,} in the segment,"
            f" {found.listed:,} on the list, {found.held_out:,} held out"
        )
        about = (
            ""
            if found.exact
            else f" (estimated from {found.examined:,} of {found.concerned:,} people)"
        )
        echo(
            f"the next push adds {found.adds:,} and removes {found.removes:,}"
            f" in {found.requests:,} requests{skipped}{about}"
        )
        echo(f"the gate would {judged.verdict}: {'; '.join(judged.decision.reasons)}")


@app.command()
def delete(audience: _Audience, workspace_name: WorkspaceName = "default") -> None:
    """Delete an audience at its platform, which takes everybody off it, and then here."""
    _change(
        audience,
        workspace_name,
        "is to be deleted",
        lambda conn, own, actor, number, _: commands.request_deletion(conn, own, actor, number),
    )


def _change(
    audience: str,
    workspace_name: str,
    done: str,
    work: Callable[[Connection[Any], int, str, int, datetime], object],
) -> None:
    def one(conn: Connection[Any], author: Author) -> str:
        row = _find(conn, author, audience)
        work(conn, author.workspace, author.actor, row.id, datetime.now(UTC))
        return f"{row.name} on {row.platform} {done}"

    _do(workspace_name, one)


def _do(workspace_name: str, work: Callable[[Connection[Any], Author], str]) -> None:
    try:
        with workspace(workspace_name) as (conn, author):
            said = work(conn, author)
    except AudienceCommandError as error:
        raise refused([str(error)]) from error
    echo(said)


def _find(conn: Connection[Any], author: Author, wanted: str) -> AudienceRow:
    found = [row for row in listed(conn, author.workspace) if wanted in {row.name, str(row.id)}]
    if len(found) != 1:
        said = (
            "there is no audience"
            if not found
            else "give the id: there are several audiences called"
        )
        raise typer.BadParameter(f"{said} {wanted}", param_hint="audience")
    return found[0]
