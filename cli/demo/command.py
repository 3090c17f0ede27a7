"""``stratum demo``: the main job on this machine.

Real purchases through the collector, people, health, one gated push to a local Meta.
"""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from cli.demo.run import Demo
from cli.demo.shop import Shop
from cli.output import Screen
from cli.stack.up import dashboard
from config.load import load_settings
from config.platforms import SECTIONS
from domain.money import decimal_string
from local.stack.running import clear_folder
from local.stack.stack import Stack
from local.traffic import cdnow

_READY_S: Final = 90.0


def demo(
    once: Annotated[
        bool,
        typer.Option(help="Replay, push, check and exit: 0 if all figures are correct, 1 if not."),
    ] = False,
) -> None:
    """Run everything on this machine with real purchases, one gated push and live traffic.

    Beside it a week in a shop is told, in a workspace of its own, that has something of everything
    to look at. Starts from an empty folder each time.
    """
    console = Screen(highlight=False, markup=True)
    settings = load_settings()
    # Whatever is connected, a demo talks to local platforms only.
    local = {name: section() for name, section in SECTIONS.items()}
    settings = settings.model_copy(update={"data_dir": settings.data_dir / "demo", **local})
    environment = {"STRATUM_QUERY__STATISTICS__EXACT_LIMIT": "200000"}
    if not once:
        environment["STRATUM_GATE__TWO_PERSONS"] = "true"
    stack = Stack(settings, environment=environment)
    clear_folder(stack.data_dir)
    with stack:
        run = Demo(stack, console)
        run.stopping.at_signals()
        console.print(
            "starting PostgreSQL, Valkey, collector, API, engine and a local Meta in"
            f" {stack.data_dir}",
            style="dim",
        )
        run.wait("starting", lambda: stack.status().running, _READY_S)
        _say_where(console, run)
        if not once:
            Shop(
                stack, run.stopping, lambda text: console.print(text, markup=False, soft_wrap=True)
            ).begin()
        with run.drawn():
            run.replay()
            if not run.stopping.is_set():
                run.push()
            if not (once or run.stopping.is_set()):
                run.live()
        if once and not run.stopping.is_set():
            _conclude(console, run)
        console.print("stopping …", style="dim")


def _say_where(console: Console, run: Demo) -> None:
    where = dashboard(run.addresses.api, run.keys.api_key)
    console.print(f"  dashboard   {where}", markup=False, soft_wrap=True)
    console.print(f"  query API   {run.addresses.api}/cdp/")
    console.print(f"  API docs    {run.addresses.docs}")
    console.print(f"  local Meta  {run.addresses.sandbox('meta')}/")
    console.print(f"  write key   {run.keys.write_key}")
    console.print(f"  API key     {run.keys.api_key}\n")


def _conclude(console: Console, run: Demo) -> None:
    """Print the totals, or what differs and exit 1."""
    differences = run.check()
    if differences:
        for difference in differences:
            console.print(f"[red]differs:[/] {escape(difference)}")
        raise typer.Exit(1)
    rows = run.client.at_meta(run.audience or 0)
    revenue = decimal_string(cdnow.REVENUE_MINOR, cdnow.CURRENCY)
    console.print(
        f"[green]correct:[/] {cdnow.PEOPLE:,} people, {cdnow.ORDERS:,} orders,"
        f" {revenue} {cdnow.CURRENCY}"
    )
    console.print(f"the local Meta holds exactly the {len(rows):,} consenting customers")
