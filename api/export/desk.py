"""Orders exports for routes, and streams small ones directly.

Each runs in threads and on a connection of its own, a few at a time.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

import psycopg
from starlette.concurrency import iterate_in_threadpool

from api.web.errors import BusyError, ConflictError, UnprocessableError
from config.exports import build_exporter, export_files
from config.settings import Settings
from domain.export import ExportCounts, ExportSpec
from sinks.export.run import Export, FormError, TooManyRowsError, UnknownTraitError
from store import limited
from store.definitions.drafts import Author
from store.export import exports, jobs
from store.export.exports import ExportRow, Order, TooManyExportsError
from store.export.jobs import ExportJob, ReplacedError
from store.export.pages import count_candidates

_BUSY_RETRY_S: Final = 5.0


class ExportDesk:
    """Takes orders of one process.

    Args:
        settings: the configuration.
    """

    def __init__(self, settings: Settings) -> None:
        self._params = settings.exports
        self._exporter = build_exporter(settings)
        self._files = export_files(settings)
        self._connect = partial(
            limited.connect, settings.postgres.dsn.get_secret_value(), settings.edge.waits
        )
        self._turns = BoundedSemaphore(self._params.direct_at_once)

    def path(self, row: ExportRow) -> Path:
        """Where an export's file is."""
        return self._files.path(row.id, row.attempt, row.spec.format)

    async def order(self, author: Author, spec: ExportSpec) -> int:
        """Note an export that upkeep will write; its id.

        Raises:
            DefinitionError: what it refers to is not there.
            UnprocessableError: a computed trait is not live, or a platform's form would hold more
                than it may.
            BusyError: the workspace has as many exports waiting as it may have.
            psycopg.OperationalError: Postgres cannot be reached.
        """
        return await asyncio.to_thread(self._order, author, spec)

    async def answer(self, author: Author, spec: ExportSpec) -> tuple[int, AsyncGenerator[bytes]]:
        """Record an export and begin its response; returns its id and its bytes.

        Raises:
            ConflictError: it is too large for that.
            BusyError: as many are being answered as may be at once.
            DefinitionError, UnprocessableError, psycopg.OperationalError: as `order`.
        """
        number, head, chunks = await asyncio.to_thread(self._begin, author, spec)
        return number, _sent(head, chunks)

    def _order(self, author: Author, spec: ExportSpec) -> int:
        with self._connect() as conn:
            columns = self._export(conn, author, spec).columns
            people = count_candidates(conn, author.workspace, spec.segment)
            try:
                with conn.transaction():
                    return exports.order(
                        conn,
                        author.workspace,
                        author.actor,
                        Order(spec, "file", people, columns),
                        self._params.open_limit,
                    )
            except TooManyExportsError:
                raise BusyError(
                    "The workspace has as many exports waiting as it may have.", _BUSY_RETRY_S
                ) from None

    def _begin(self, author: Author, spec: ExportSpec) -> tuple[int, bytes, Generator[bytes]]:
        """Begin a direct response.

        Its id, its first bytes, and what gives the others: it has begun, so that it comes to its
        end.
        """
        if not self._turns.acquire(blocking=False):
            raise BusyError(
                "As many exports are being answered as may be at once: order a file with"
                " ?wait=false.",
                _BUSY_RETRY_S,
            )
        conn: psycopg.Connection[Any] | None = None
        try:
            conn = self._connect()
            people = self._few(conn, author.workspace, spec.segment)
            counts = ExportCounts()
            export = self._export(conn, author, spec, counts)
            wanted = Order(spec, "stream", people, export.columns)
            with conn.transaction():
                number = exports.order(
                    conn, author.workspace, author.actor, wanted, self._params.open_limit
                )
        except BaseException:
            self._turns.release()
            if conn is not None:
                conn.close()
            raise
        chunks = self._chunks(
            conn, ExportJob(number, author.workspace, spec, author.actor, 1), export, counts
        )
        return number, next(chunks), chunks

    def _few(self, conn: psycopg.Connection[Any], workspace: int, segment: int | None) -> int:
        most = self._params.direct_people
        people = count_candidates(conn, workspace, segment, most + 1)
        if people > most:
            raise ConflictError(
                f"More than {most} people are to be gone through: order a file with ?wait=false."
            )
        return people

    def _export(
        self,
        conn: psycopg.Connection[Any],
        author: Author,
        spec: ExportSpec,
        counts: ExportCounts | None = None,
    ) -> Export:
        try:
            return self._exporter.begin(conn, author, spec, counts or ExportCounts())
        except (UnknownTraitError, FormError) as error:
            raise UnprocessableError(str(error)) from None

    def _chunks(
        self, conn: psycopg.Connection[Any], job: ExportJob, export: Export, counts: ExportCounts
    ) -> Generator[bytes]:
        """The export's bytes.

        However it ends, that is noted, the connection closed and the turn given back.
        """
        reason, beaten = "broken_off", time.monotonic()
        try:
            for chunk in export.chunks():
                yield chunk
                if time.monotonic() - beaten > self._params.beat_interval.total_seconds():
                    with suppress(ReplacedError):
                        jobs.beat(conn, job, counts)
                    beaten = time.monotonic()
            jobs.finish(conn, job, counts, None, self._params.keep)
            reason = ""
        except TooManyRowsError:
            reason = "too_many"
            raise
        finally:
            if reason:
                with suppress(psycopg.Error, ReplacedError):
                    jobs.fail(conn, job, counts, reason)
            conn.close()
            self._turns.release()


async def _sent(head: bytes, chunks: Generator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield head
        async for chunk in iterate_in_threadpool(chunks):
            if chunk:
                yield chunk
    finally:
        # Done in any case, also where the client went away.
        await asyncio.shield(asyncio.to_thread(chunks.close))
