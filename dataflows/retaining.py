"""Removes what is older than workspaces keep it, in a thread beside the process's other work."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event as Flag

import psycopg

from config.event_log import open_log
from config.settings import Settings
from dataflows.retention import Retention
from dataflows.runtime import while_store_is_away
from sinks.intake.log import keyed


@contextmanager
def enforcing_retention(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Remove what is too old until `stop` is set; whoever is next goes on where it stops.

    Yields:
        A function that raises what ended the thread, if anything did: the process must end too, so
        that it is noticed.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="retention") as pool:
        run = partial(while_store_is_away, "retention", stop, partial(_run_once, settings, stop))
        running = pool.submit(run)
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, stop: Flag) -> None:
    """Look for what is too old, again and again."""
    dsn, params = settings.postgres.dsn.get_secret_value(), settings.retention
    with psycopg.connect(dsn, autocommit=True, application_name="stratum-retention") as conn:
        retention = Retention(settings, conn, partial(append, settings))
        while not stop.is_set():
            moved = retention.run_once()
            stop.wait((params.pause if moved else params.poll_interval).total_seconds())


def append(settings: Settings, record: bytes) -> None:
    """Append one command to the event log; it is opened for that alone, as commands are rare.

    Raises:
        LogUnavailableError: the log did not confirm it.
    """

    async def run() -> None:
        log = open_log(settings)
        try:
            await log.append(keyed([record]))
        finally:
            await log.close()

    asyncio.run(run())


def _check(running: Future[None]) -> None:
    if running.done():
        running.result()
