"""``stratum up``: the whole of Stratum on this machine, until Ctrl-C."""

from datetime import UTC, datetime
from time import monotonic
from typing import Final

from rich.console import Console

from cli.output import Screen, echo
from cli.stack.stopping import Stopping
from config.load import load_settings
from local.stack.component import Addresses
from local.stack.stack import Stack
from store.workspaces.bootstrap import FirstKeys

_READY_TIMEOUT_S: Final = 60.0


def up() -> None:
    """Run everything on this machine: servers, collector, API, engine, local ad platforms.

    Ctrl-C stops it all; data is kept.
    """
    console = Screen(highlight=False, soft_wrap=True, markup=True)
    stopping = Stopping().at_signals()
    stack = Stack(
        load_settings(),
        report=lambda text: console.print(
            f"{datetime.now(UTC):%H:%M:%S} {text}", style="dim", markup=False
        ),
    )
    with stack:
        if stack.first_keys is not None:
            show_keys(console, stack.first_keys)
        _wait_until_running(stack, stopping)
        if stack.addresses is not None and not stopping.is_set():
            show_addresses(console, stack.addresses, stack.first_keys)
        stopping.wait()
        console.print("stopping …")


def show_keys(console: Console, first: FirstKeys) -> None:
    """Print the keys of the first start."""
    console.print(
        f"\nFirst start: workspace [bold]{first.workspace.name}[/] with one source and one API key."
    )
    console.print(f"  write key  {first.write_key}", markup=False)
    console.print(f"  API key    {first.api_key}", markup=False)
    console.print(
        "Keep them: they are stored as hashes and not shown again. More by `stratum keys`.\n"
    )


def dashboard(api: str, api_key: str) -> str:
    """The dashboard's address, with a key that logs in; what follows ``#`` stays in the browser."""
    return f"{api}/dashboard#key={api_key}"


def show_addresses(console: Console, addresses: Addresses, first: FirstKeys | None) -> None:
    """Print where everything is; the address that logs in is printed with the first keys only."""
    console.print("[bold]Stratum is up.[/] Ctrl-C stops it.")
    where = (
        f"{addresses.api}/dashboard" if first is None else dashboard(addresses.api, first.api_key)
    )
    console.print(f"  dashboard    {where}", markup=False)
    console.print(f"  collector    {addresses.api}/v1/batch")
    console.print(f"  query API    {addresses.api}/cdp/")
    console.print(f"  API docs     {addresses.docs}")
    for platform in addresses.sandbox_ports:
        console.print(f"  local {platform:9s}{addresses.sandbox(platform)}/")
    console.print(f"  Postgres     {addresses.postgres_tcp_dsn}\n")


def _wait_until_running(stack: Stack, stopping: Stopping) -> None:
    """Wait, and say so once if a component is late; the supervisor keeps trying."""
    deadline = monotonic() + _READY_TIMEOUT_S
    while not (stack.status().running or stopping.wait(0.05) or monotonic() > deadline):
        continue
    late = [unit.name for unit in stack.status().units if unit.state != "running"]
    if late and not stopping.is_set():
        echo(f"{', '.join(late)}: not up yet; see {stack.data_dir / 'logs'}", err=True)
