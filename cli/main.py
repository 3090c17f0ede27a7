"""The ``stratum`` command: a table of commands, each imported only when it runs.

A command is a module with a function of its name or a Typer ``app``. Expected failures end in one
sentence and exit code 2.
"""

import importlib
import os
import sys
from dataclasses import dataclass
from traceback import format_exc
from typing import Any, Final, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

from domain.texts import escaped

_USAGE_ERROR: Final = 2


@dataclass(frozen=True)
class _Entry:
    help: str
    module: str
    needs_stack: bool = True


_COMMANDS: Final = {
    "up": _Entry(
        "Run everything on this machine: servers, collector, API, engine.",
        "stack.up",
        needs_stack=False,
    ),
    "demo": _Entry(
        "Run everything with real purchases, one push and live traffic.",
        "demo.command",
        needs_stack=False,
    ),
    "engine": _Entry(
        "Run one process of the engine: profiles, signals, activation, alerts or upkeep.",
        "stack.engine",
    ),
    "api": _Entry("Run the collector and the query API.", "stack.api"),
    "migrate": _Entry("Bring the database to this version's schema.", "migrate"),
    "replay": _Entry("Send events from JSONL or CSV files through the engine.", "profiles.replay"),
    "verify": _Entry(
        "Recompute people and memberships from the stored events and list every difference.",
        "profiles.verify",
    ),
    "repair": _Entry(
        "Recompute people in whom verify finds differences from their stored events.",
        "profiles.repair",
    ),
    "audit": _Entry("Prove that the audit log is whole, and export it.", "audit"),
    "privacy": _Entry(
        "Tell, restrict and erase people, enter objections; show where personal data rests.",
        "privacy.command",
        needs_stack=False,
    ),
    "workspaces": _Entry("List workspaces, and delete one whole.", "tenancy"),
    "consent": _Entry(
        "Show what a person stated about consent; grant or withdraw it in their name.",
        "consent.command",
        needs_stack=False,
    ),
    "segments": _Entry(
        "List, apply, publish, pause, resume and delete segments.", "segments.segments"
    ),
    "traits": _Entry("List, apply, publish and delete computed traits.", "segments.traits"),
    "audiences": _Entry(
        "List, show, create, sync, pause, resume, preview and delete audiences on ad platforms.",
        "activation.audiences",
    ),
    "platforms": _Entry(
        "Show ad platforms and check that they would take what is sent.", "activation.platforms"
    ),
    "gate": _Entry(
        "Show how the trust gate is run, freeze it, release pushes, try other thresholds.", "gate"
    ),
    "export": _Entry(
        "Download a segment's people as CSV, JSON, NDJSON or Parquet.",
        "export.command",
        needs_stack=False,
    ),
    "alerts": _Entry(
        "List alerts, try their channels, send once more what was given up.", "alerts"
    ),
    "lag": _Entry("Show how far processing is behind the log, per partition.", "intake.lag"),
    "dead-letters": _Entry(
        "List, show and retry what could not be processed.", "intake.dead_letters"
    ),
    "simulate": _Entry("Send simulated traffic.", "intake.simulate"),
    "faults": _Entry(
        "Score health and the trust gate on simulated traffic with labelled faults.",
        "faults",
        needs_stack=False,
    ),
    "rfm": _Entry("Recompute RFM bounds.", "segments.rfm"),
    "keys": _Entry("Create, list and revoke API keys; add sources and workspaces.", "keys"),
}


_Own: TypeAlias = Any
"""A context, command or formatter: Typer keeps their types to itself."""


class _LazyGroup(TyperGroup):
    """Imports a command when it is asked for by name; the list of commands comes from the table."""

    _listing = False

    def list_commands(self, ctx: _Own) -> list[str]:  # noqa: ARG002 - named as Typer names it
        return list(_COMMANDS)

    def get_command(self, ctx: _Own, cmd_name: str) -> _Own:  # noqa: ARG002 - as above
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.help) if self._listing else _load(cmd_name)

    def invoke(self, ctx: _Own) -> _Own:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:  # typer tells it, and what it names may be stored
            error.message = escaped(error.message, lines=True)
            raise

    def format_help(self, ctx: _Own, formatter: _Own) -> None:
        self._listing = True
        super().format_help(ctx, formatter)


def _load(name: str) -> _Own:
    module = importlib.import_module(f"cli.{_COMMANDS[name].module}")
    command = getattr(module, "app", None)
    if command is None:
        command = typer.Typer(add_completion=False)
        command.command(name)(getattr(module, name.replace("-", "_")))
        return typer.main.get_command(command)
    return typer.main.get_group(command)


app = typer.Typer(
    cls=_LazyGroup, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def stratum(context: typer.Context) -> None:
    """Real-time customer data platform with a trust gate."""
    from cli.logs import configure_logging  # noqa: PLC0415 - help stays quick
    from cli.stack.running import attach  # noqa: PLC0415 - as above

    configure_logging()
    name = context.invoked_subcommand
    if name is not None and _COMMANDS[name].needs_stack and "--help" not in sys.argv:
        attach(os.environ)


def main() -> None:
    """Run the command line; every expected failure is one sentence."""
    try:
        app(prog_name="stratum")
    except Exception as error:
        from cli.failures import sentence  # noqa: PLC0415 - as above
        from cli.output import echo_lines  # noqa: PLC0415 - as above

        known = sentence(error)
        if known is None:
            echo_lines(format_exc().rstrip(), err=True)
            sys.exit(1)
        echo_lines(f"Error: {known}", err=True)
        sys.exit(_USAGE_ERROR)


if __name__ == "__main__":
    main()
