"""Writes archives of access in a thread beside the process's other work."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event as Flag

import psycopg

from config.settings import Settings
from dataflows.access.job import AccessJob
from dataflows.runtime import while_store_is_away


@contextmanager
def writing_archives(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Write archives until `stop` is set; what is under way then is given back.

    Yields:
        A function that raises what ended the thread, if anything did: the process must end too, so
        that it is noticed.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="access") as pool:
        run = partial(while_store_is_away, "access", stop, partial(_run_once, settings, stop))
        running = pool.submit(run)
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, stop: Flag) -> None:
    """Look for requests that wait, again and again."""
    dsn = settings.postgres.dsn.get_secret_value()
    connect = partial(psycopg.connect, dsn, autocommit=True)
    # Transactions of connections named stratum-* delay the reading of minutes; a snapshot is long.
    with connect(application_name="stratum-access") as conn, connect() as reader:
        job = AccessJob(settings, stopping=stop.is_set)
        while not stop.is_set():
            if not job.run_once(conn, reader):
                stop.wait(settings.exports.poll_interval.total_seconds())


def _check(running: Future[None]) -> None:
    if running.done():
        running.result()
