"""``stratum gate``: the trust gate's modes, overrides and releases, and trials of thresholds."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer
from psycopg import Connection

from cli.definitions import WorkspaceName, refused
from cli.output import Screen, echo, print_table
from cli.texts import OptionalReason, Reason
from cli.workspaces import actor, connected
from config.load import load_settings
from config.settings import Settings
from domain.gate import Code, Mode
from domain.instants import utc
from domain.values import Json
from operators.gate.decide import OVERRIDABLE
from operators.gate.replay import Rejudged, with_values
from operators.gate.replay import rejudge as judged_anew
from store.gate import commands, controls, replay
from store.gate.commands import Actor, GateCommandError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show how the trust gate is run, freeze it, release pushes, try other thresholds.",
)

_MOST = 20_000
_SHOWN = 50

Hours = Annotated[float, typer.Option("--hours", help="Ends after so many hours.", min=0.01)]
Scope = Annotated[
    str, typer.Option("--scope", "-s", help="workspace, platform:<name> or audience:<id>.")
]
AudienceId = Annotated[int, typer.Argument(metavar="AUDIENCE", help="Id of the audience.")]
Kind = Annotated[str, typer.Argument(metavar="KIND", help="override, release or mode.")]


@dataclass(frozen=True)
class _Session:
    conn: Connection[Any]
    actor: Actor
    settings: Settings
    now: datetime

    def until(self, hours: float) -> datetime:
        return self.now + timedelta(hours=hours)


@contextmanager
def _session(name: str) -> Iterator[_Session]:
    """Open a workspace: commit at the end, roll back and print an error."""
    settings = load_settings()
    with connected(settings, name) as (conn, number):
        by = Actor(number, actor(), settings.gate.longest_override)
        try:
            yield _Session(conn, by, settings, datetime.now(UTC))
        except GateCommandError as error:
            raise refused([str(error)]) from error


@app.command()
def show(*, workspace: WorkspaceName = "default") -> None:
    """Show modes, overrides and releases that hold, and the thresholds."""
    with _session(workspace) as at:
        modes = controls.modes(at.conn, at.actor.workspace, at.now)
        said = controls.interventions(at.conn, at.actor.workspace, at.now)
        thresholds = msgspec.to_builtins(at.settings.gate)
    rows: list[tuple[object, ...]] = []
    for mode in modes:
        ends = f"{mode.expires_at:%Y-%m-%d %H:%M} UTC" if mode.expires_at else "when lifted"
        author = (mode.reason, mode.author, ends, mode.approved_by)
        rows.append(("mode", None, mode.scope, mode.mode, *author))
    for one in said:
        ends = f"{one.expires_at:%Y-%m-%d %H:%M} UTC"
        codes = ", ".join(one.codes) or "whatever speaks against the next push"
        author = (one.reason, one.author, ends, one.approved_by)
        rows.append((one.kind, one.id, one.scope, codes, *author))
    if rows:
        columns = ("what", "id", "scope", "says", "reason", "author", "ends", "approved by")
        print_table(*columns, rows=rows)
    else:
        echo("The gate enforces; nobody lets anything pass.")
    Screen().print_json(json.dumps(thresholds))


@app.command()
def freeze(
    *, reason: Reason, scope: Scope = "workspace", workspace: WorkspaceName = "default"
) -> None:
    """Hold every push until `stratum gate enforce`. Withdrawals and erasures continue."""
    with _session(workspace) as at:
        commands.set_mode(at.conn, at.actor, Mode.FROZEN, commands.Terms(scope, reason), at.now)
    echo(f"{scope}: pushes are frozen")


@app.command()
def advise(
    *,
    reason: Reason,
    hours: Hours = 24,
    scope: Scope = "workspace",
    workspace: WorkspaceName = "default",
) -> None:
    """Try the gate out: for a while send only withdrawals and erasures, and record the rest."""
    with _session(workspace) as at:
        commands.set_mode(
            at.conn,
            at.actor,
            Mode.ADVISORY,
            commands.Terms(scope, reason, at.until(hours)),
            at.now,
        )
    echo(f"{scope}: the gate advises for {hours:g} h; no push is sent")


@app.command()
def enforce(
    *, reason: Reason, scope: Scope = "workspace", workspace: WorkspaceName = "default"
) -> None:
    """Take back what was set for a scope: the gate enforces."""
    with _session(workspace) as at:
        commands.set_mode(at.conn, at.actor, Mode.ENFORCE, commands.Terms(scope, reason), at.now)
    echo(f"{scope}: the gate enforces")


@app.command()
def override(
    codes: Annotated[
        list[Code],
        typer.Argument(help=f"Reasons: {', '.join(sorted(code.value for code in OVERRIDABLE))}."),
    ],
    *,
    reason: Reason,
    hours: Hours = 1,
    scope: Scope = "workspace",
    workspace: WorkspaceName = "default",
) -> None:
    """Let pass what only these reasons speak against, for a while."""
    with _session(workspace) as at:
        number = commands.override(
            at.conn, at.actor, codes, commands.Terms(scope, reason, at.until(hours)), at.now
        )
    echo(f"override {number} holds for {hours:g} h" + _pending(at.settings))


@app.command()
def release(
    audience: AudienceId, *, reason: Reason, hours: Hours = 1, workspace: WorkspaceName = "default"
) -> None:
    """Let an audience's next push pass, whatever the gate says of it."""
    with _session(workspace) as at:
        number = commands.release(at.conn, at.actor, audience, reason, at.now, at.until(hours))
    echo(
        f"release {number} covers the next push of audience {audience} within {hours:g} h"
        + _pending(at.settings)
    )


@app.command()
def confirm(
    audience: AudienceId, *, reason: OptionalReason = "", workspace: WorkspaceName = "default"
) -> None:
    """Confirm an audience's first push, which adds everybody at once."""
    with _session(workspace) as at:
        commands.confirm_first(at.conn, at.actor, audience, at.now, reason)
    echo(f"the first push of audience {audience} is confirmed")


@app.command()
def approve(
    kind: Kind,
    which: Annotated[
        str,
        typer.Argument(
            metavar="ID|SCOPE", help="Id of the override or release; scope of the mode."
        ),
    ],
    *,
    reason: OptionalReason = "",
    workspace: WorkspaceName = "default",
) -> None:
    """Agree to what somebody else said, where two persons are needed."""
    with _session(workspace) as at:
        if kind == "mode":
            done = commands.approve_mode(at.conn, at.actor, which, reason)
        else:
            done = commands.approve(at.conn, at.actor, _kind_of(kind), _number(which), reason)
        if not done:
            raise refused([f"there is no {kind} {which} that waits for approval"])
    echo(f"{kind} {which} is approved")


@app.command()
def revoke(
    kind: Kind,
    which: Annotated[str, typer.Argument(metavar="ID", help="Id of the override or release.")],
    *,
    reason: OptionalReason = "",
    workspace: WorkspaceName = "default",
) -> None:
    """Take an override or a release back."""
    with _session(workspace) as at:
        if not commands.revoke(at.conn, at.actor, _kind_of(kind), _number(which), reason):
            raise refused([f"there is no {kind} {which} that holds"])
    echo(f"{kind} {which} is revoked")


@app.command()
def rejudge(
    thresholds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]…", help="Thresholds to try: healthy=80 cool_down=PT1M."
        ),
    ] = None,
    *,
    days: Annotated[
        float, typer.Option("--days", help="Over the pushes of so many days.", min=0.01)
    ] = 7,
    workspace: WorkspaceName = "default",
) -> None:
    """Judge past pushes with other thresholds and list what would have differed."""
    try:
        values = {
            name: _value(value) for name, value in (text.split("=", 1) for text in thresholds or [])
        }
        params = with_values(load_settings().gate, values)
    except ValueError as error:
        raise typer.BadParameter(
            f"{error}; thresholds are given as NAME=VALUE, stratum gate show lists them"
        ) from error
    with _session(workspace) as at:
        past = replay.past_pushes(
            at.conn, at.actor.workspace, at.now - timedelta(days=days), at.now, _MOST
        )
        before = max(params.staleness * (params.recover_readings + 1), params.cool_down)
        found = list(
            judged_anew(
                past, replay.readings_for(at.conn, at.actor.workspace, past, before), params
            )
        )
    _print_rejudged(found)


def _print_rejudged(rejudged: list[Rejudged]) -> None:
    differing = [one for one in rejudged if one.differs]
    echo(f"{len(rejudged):,} decisions, {len(differing):,} would differ")
    counts = Counter(f"{one.past.value} → {one.now.verdict.value}" for one in rejudged)
    for said, count in sorted(counts.items()):
        echo(f"  {said}: {count:,}")
    if not differing:
        return
    rows = (
        (
            one.decision_id,
            f"{utc(one.now.decided_ms):%Y-%m-%d %H:%M:%S}",
            one.now.destination,
            one.past.value,
            one.now.verdict.value,
            one.now.reasons[0],
        )
        for one in differing[:_SHOWN]
    )
    columns = ("decision", "at (UTC)", "destination", "was", "would be", "because")
    print_table(*columns, rows=rows)


def _pending(settings: Settings) -> str:
    return ", once a second person has approved it" if settings.gate.two_persons else ""


def _kind_of(kind: str) -> controls.InterventionKind:
    if kind == "override":
        return "override"
    if kind == "release":
        return "release"
    raise typer.BadParameter("it is override or release", param_hint="KIND")


def _number(which: str) -> int:
    if which.isascii() and which.isdigit():
        return int(which)
    raise typer.BadParameter(f"{which} is no id", param_hint="ID")


def _value(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text
