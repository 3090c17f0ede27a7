"""``stratum engine``: one process of one dataflow, until SIGTERM or Ctrl-C.

Run more processes for more throughput.
"""

import importlib
from typing import Annotated

import typer

from config.load import load_settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Run one process of the engine: profiles, signals, activation, alerts, upkeep.",
)


@app.command()
def profiles(
    name: Annotated[
        str,
        typer.Option(
            help="A name that no other live worker has. A worker that restarts under its old"
            " name has its partitions back at once; "
            "default: host, process and a random part."
        ),
    ] = "",
) -> None:
    """Turn the log into people: read batches, UNIFY, commit.

    Any number of these processes share the partitions.
    """
    from dataflows.runtime import run_profiles  # noqa: PLC0415 - help stays quick

    run_profiles(load_settings(), name)


@app.command()
def signals() -> None:
    """Score the health of every signal, from the observations of each minute."""
    importlib.import_module("dataflows.signals").run(load_settings())


@app.command()
def activation(
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="Serve this platform only; may be given several times. Default: all that are"
            " connected."
        ),
    ] = None,
) -> None:
    """Push audience changes to the platforms, under the trust gate.

    Platforms do not wait for each other.
    """
    importlib.import_module("dataflows.activation").run(load_settings(), platform or ())


@app.command()
def alerts() -> None:
    """Alert on-call to signals, held pushes, outstanding withdrawals and dead letters."""
    importlib.import_module("dataflows.alerts").run(load_settings())


@app.command()
def upkeep() -> None:
    """Keep up to date what depends on everybody at once: RFM bounds."""
    importlib.import_module("dataflows.upkeep").run(load_settings())
