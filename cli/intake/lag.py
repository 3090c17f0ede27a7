"""``stratum lag``: how far processing is behind the log, per partition."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.live import Live
from rich.table import Table

from cli.output import Screen, add_row, echo
from config.event_log import open_log
from config.lag import lag_reader
from config.load import load_settings
from config.settings import Settings
from dataflows.runtime import connector
from domain.instants import utc
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import LogUnavailableError
from sources.log.lag import LagReader, PartitionLag
from store.intake.log_refusals import refusals
from store.limited import connect


def lag_table(lags: list[PartitionLag]) -> Table:
    """A table of partitions with a total."""
    table = Table(title="Lag")
    for name in ("log", "partition", "records behind", "seconds behind", "caught up until"):
        table.add_column(name, justify="left" if name == "log" else "right")
    for each in lags:
        records = f"{each.records_behind:,}" if each.exact else f"≈ {each.records_behind:,}"
        caught_up = utc(each.caught_up_ms).strftime("%H:%M:%S") if each.caught_up_ms else "–"
        add_row(
            table, each.log, str(each.partition), records, f"{each.seconds_behind:.1f}", caught_up
        )
    table.add_section()
    worst = max((each.seconds_behind for each in lags), default=0.0)
    add_row(
        table, "total", "", f"{sum(each.records_behind for each in lags):,}", f"{worst:.1f}", ""
    )
    return table


def log_line(settings: Settings) -> str:
    """Why the log takes no events now, in a line; empty where it does.

    What senders were told a moment ago counts, too.
    """

    async def ask() -> LogUnavailableError | None:
        log = open_log(settings)
        try:
            return await log.refusal()
        finally:
            await log.close()

    refusal = asyncio.run(ask())
    if refusal is not None:
        return f"New events are refused: {refusal}"
    with connect(settings.postgres.dsn.get_secret_value(), settings.edge.waits) as conn:
        told = refusals(conn, datetime.now(UTC) - settings.alerts.conditions.refused_within)
    return "; ".join(
        f"New events were refused a moment ago: {LogRefusal(code).meaning} ({code})"
        for code, _, _ in told
    )


def lag(
    *,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh until Ctrl-C.")] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="One JSON list instead of a table; one line per refresh with --watch."
        ),
    ] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between refreshes.")] = 1.0,
) -> None:
    """Show how far processing is behind the log, per partition.

    If the log takes no new events, the reason is shown as well.
    """
    settings = load_settings()
    line = log_line(settings)
    if line:
        echo(line, err=True)
    reader = lag_reader(settings, connector(settings))
    try:
        if as_json:
            _print_json(reader)
            while watch:
                time.sleep(interval)
                _print_json(reader)
        elif watch:
            with Live(lag_table(reader.read()), console=Screen(), auto_refresh=False) as live:
                while True:
                    time.sleep(interval)
                    live.update(lag_table(reader.read()), refresh=True)
        else:
            Screen().print(lag_table(reader.read()))
    except KeyboardInterrupt:
        pass
    finally:
        reader.close()


def _print_json(reader: LagReader) -> None:
    echo(msgspec.json.encode(reader.read()).decode())
