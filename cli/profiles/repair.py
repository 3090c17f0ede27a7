"""``stratum repair``: recompute people in whom ``stratum verify`` finds differences."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from cli.output import echo
from cli.profiles.recompute import Repair
from cli.profiles.verify import verify_all
from config.load import load_settings
from config.settings import Settings
from store.profiles.repair import only_repair


def repair(
    *,
    workspace: Annotated[
        str, typer.Option("--workspace", "-w", help="Name of one workspace; all when not given.")
    ] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Write; otherwise only say what would be written.")
    ] = False,
) -> None:
    """Recompute people in whom `verify` finds differences from their stored events.

    Without --apply nothing is changed. With it, what is done is in the audit log before it is done.
    The engine may keep running. Exit code 0 when no difference is left, 1 when there is any.
    """
    settings = load_settings()
    if not apply:
        _run(settings, workspace, apply=False)
        return
    with only_repair(settings.postgres.dsn.get_secret_value()) as alone:
        if not alone:
            echo("another repair of this database is running; wait until it has ended", err=True)
            raise typer.Exit(1)
        _run(settings, workspace, apply=True)


def _run(settings: Settings, workspace: str, *, apply: bool) -> None:
    try:
        reports = verify_all(settings, workspace, shown=sys.stderr.isatty())
    except LookupError as error:
        raise typer.BadParameter(f"no workspace is called {workspace}") from error
    with closing(Repair(settings, apply=apply)) as work:
        for report in reports:
            for line in work(report).lines(applied=apply):
                echo(line)
    found = any(report.differences for report in reports)
    if apply and found:
        again = verify_all(settings, workspace, shown=sys.stderr.isatty())
        for report in again:
            for line in report.lines():
                echo(line)
        found = any(report.differences for report in again)
    if found:
        raise typer.Exit(1)
