"""Finishes erasures in a thread beside the process's other work, on connections of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from threading import Event as Flag

import psycopg
import redis

from config.settings import Settings
from dataflows.erasure.rounds import Rounds
from dataflows.runtime import while_store_is_away
from store.errors import StoreUnavailable
from store.unify.unit_of_work import PostgresUnitOfWork


@contextmanager
def finishing_erasures(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Finish erasures until `stop` is set; what is under way then is repeated by whoever is next.

    Yields:
        A function that raises what ended the thread, if anything did: the process must end too, so
        that it is noticed.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="erasures") as pool:
        run = partial(while_store_is_away, "erasures", stop, partial(_run_once, settings, stop))
        running = pool.submit(run)
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, stop: Flag) -> None:
    """Look for open erasures, again and again."""
    dsn, url = settings.postgres.dsn.get_secret_value(), settings.redis.url.get_secret_value()
    connect = partial(psycopg.connect, dsn, autocommit=True, application_name="stratum-erasures")
    server = (
        redis.Redis.from_url(url, socket_timeout=30, socket_connect_timeout=1)
        if url
        else nullcontext()
    )
    with connect() as conn, server as client, closing(PostgresUnitOfWork(dsn, 0)) as engine:
        rounds = Rounds(settings, conn, engine, client, stopping=stop.is_set)
        while not stop.is_set():
            try:
                moved = rounds.run_once()
            except StoreUnavailable as error:
                raise psycopg.OperationalError(str(error)) from error
            if not moved:
                stop.wait(settings.erasure.poll_interval.total_seconds())


def _check(running: Future[None]) -> None:
    if running.done():
        running.result()
