"""Appends to the event log from a place without an event loop."""

import asyncio
from collections.abc import Callable, Sequence

from sinks.intake.log import Entry, EventLog


def append_once(open_log: Callable[[], EventLog], entries: Sequence[Entry]) -> None:
    """Open the log in a fresh event loop, append, close."""

    async def run() -> None:
        log = open_log()
        try:
            await log.append(entries)
        finally:
            await log.close()

    asyncio.run(run())
