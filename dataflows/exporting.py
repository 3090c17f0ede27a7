"""Writes exports in threads beside the process's other work, one connection each."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event as Flag

import psycopg

from config.exports import build_exporter, export_files
from config.settings import Settings
from dataflows.runtime import while_store_is_away
from sinks.export.files import ExportWriter
from store.definitions.drafts import Author


@contextmanager
def writing_exports(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Write exports until `stop` is set; what is under way then is given back.

    Yields:
        A function that raises what ended a thread, if anything did: the process must end too, so
        that it is noticed.
    """
    threads = settings.exports.at_once
    with ThreadPoolExecutor(threads, thread_name_prefix="exports") as pool:
        run = partial(while_store_is_away, "exports", stop, partial(_run_once, settings, stop))
        running: list[Future[None]] = [pool.submit(run) for _ in range(threads)]
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, stop: Flag) -> None:
    """Look for exports that wait, again and again."""
    params, kinds = settings.exports, frozenset(settings.identity.kinds)

    def author(workspace: int) -> Author:
        return Author(workspace, "engine", kinds, settings.definitions)

    writer = ExportWriter(
        export_files(settings), build_exporter(settings), params, author, stop.is_set
    )
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True, application_name="stratum-exports") as connection:
        while not stop.is_set():
            if not writer.run_once(connection):
                stop.wait(params.poll_interval.total_seconds())


def _check(running: list[Future[None]]) -> None:
    for each in running:
        if each.done():
            each.result()
