"""``stratum simulate``: live traffic through the collector, at a steady rate."""

import random
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.live import Live
from rich.text import Text

from cli.output import Screen, echo
from local.traffic.sender import Delivered, Item, Sender, SendParams, WriteKeyRefusedError
from local.traffic.simulator import stamp, traffic

_BATCHES_PER_S = 20


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def send_traffic(
    sender: Sender, rate: float, seed: int, duration_s: float = 0
) -> Iterator[Delivered]:
    """Send simulated events at a steady rate, in small batches as SDKs do.

    Args:
        sender: where to.
        rate: events per second.
        seed: what happens.
        duration_s: how long; 0 without end.

    Returns:
        The outcome of each batch.

    Raises:
        CollectorUnavailableError: the collector stayed away.
        WriteKeyRefusedError: the write key is unknown.
    """
    events = traffic(seed, now)

    def batches() -> Iterator[list[Item]]:
        began = time.monotonic()
        sent = 0
        while not duration_s or time.monotonic() - began < duration_s:
            due = int((time.monotonic() - began) * rate) - sent
            if due > 0:
                size = min(due, 100)
                yield [
                    Item(sent + index, msgspec.json.encode(next(events))) for index in range(size)
                ]
                sent += size
            else:
                time.sleep(1 / min(rate, _BATCHES_PER_S))

    return sender.deliver(batches())


def simulate(
    *,
    write_key: Annotated[
        str, typer.Option(help="Write key of the source.", envvar="STRATUM_WRITE_KEY")
    ],
    url: Annotated[str, typer.Option(help="Address of the collector.")] = "http://127.0.0.1:8080",
    rate: Annotated[float, typer.Option(help="Events per second.", min=0.1)] = 50,
    duration: Annotated[float, typer.Option(help="Seconds; 0 until Ctrl-C.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="What happens; random when not given.")] = -1,
) -> None:
    """Send simulated traffic: visits, logins, orders, consent changes, late and bad records."""
    seed = random.SystemRandom().randrange(1 << 31) if seed < 0 else seed
    accepted = refused = 0
    began = time.monotonic()
    try:
        with (
            closing(Sender(url, write_key, SendParams(), lambda: stamp(now()))) as sender,
            Live(console=Screen(stderr=True), refresh_per_second=4) as live,
        ):
            for delivered in send_traffic(sender, rate, seed, duration):
                accepted += delivered.accepted
                refused += len(delivered.refused)
                speed = accepted / max(time.monotonic() - began, 0.001)
                live.update(
                    Text(
                        f"seed {seed}: {accepted:,} events sent, {refused:,} refused,"
                        f" {speed:,.0f}/s"
                    )
                )
    except KeyboardInterrupt:
        pass
    except WriteKeyRefusedError as error:
        raise typer.BadParameter(str(error)) from error
    echo(f"{accepted} events sent, {refused} refused, seed {seed}")
