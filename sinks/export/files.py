"""Writes exports into files, and removes the files that may not be there any more.

A file is called after its export and the writer's attempt. It is whole under its name, and beside
it with ``.part`` while it grows. Only files for which a row says that they are being written or may
be downloaded stay; everything else goes at the next look, whatever it was: expired, cancelled,
revoked because somebody was erased, left by a writer that died.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import structlog
from psycopg import Connection

from domain.export import ExportCounts, ExportFormat
from sinks.export.run import Exporter, ExportParams, FormError, TooManyRowsError, UnknownTraitError
from store.definitions.drafts import Author
from store.definitions.errors import DefinitionError
from store.export import jobs
from store.export.jobs import ExportJob, ReplacedError, Written

_NAME: Final = re.compile(r"export-(\d+)-(\d+)\.\w+(\.part)?")
_PRIVATE: Final = 0o600

logger = structlog.get_logger(__name__)


class StoppedExportError(Exception):
    """The process ends; the export is given back."""


class ExportFiles:
    """The folder of files.

    Args:
        directory: made when the first file is written, for this user alone.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, export: int, attempt: int, form: ExportFormat) -> Path:
        """Where a whole file is."""
        return self._directory / f"export-{export}-{attempt}.{form}"

    @contextmanager
    def writing(self, path: Path) -> Iterator[IO[bytes]]:
        """Open a file that has its name once everything is written and on the disk.

        Nothing is left on any error.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        try:
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb"
            ) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            folder = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def sweep(self, kept: Callable[[], set[tuple[int, int]]]) -> int:
        """Remove every file that may not be there.

        Args:
            kept: (export, attempt) of those that may. Queried after the folder was listed: a row
                is there before its file.

        Returns:
            How many went.
        """
        found = list(self._found())
        if not found:
            return 0
        stay = kept()
        gone = [path for key, path in found if key not in stay]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def present(self) -> set[tuple[int, int]]:
        """(Export, attempt) of every file that is there, whole or in part."""
        return {key for key, _ in self._found()}

    def _found(self) -> Iterator[tuple[tuple[int, int], Path]]:
        if self._directory.is_dir():
            for path in self._directory.iterdir():
                name = _NAME.fullmatch(path.name)
                if name is not None:
                    yield (int(name[1]), int(name[2])), path


class ExportWriter:
    """Takes exports up and writes them, one after the other.

    Args:
        files: where to.
        exporter: formats them.
        params: see `ExportParams`.
        author: workspace → who reads there.
        stopping: whether the process ends.
    """

    def __init__(
        self,
        files: ExportFiles,
        exporter: Exporter,
        params: ExportParams,
        author: Callable[[int], Author],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._files = files
        self._exporter = exporter
        self._params = params
        self._author = author
        self._stopping = stopping

    def run_once(self, conn: Connection[Any]) -> bool:
        """Remove what must go, then write the export whose turn it is; False where there was none.

        Args:
            conn: in autocommit mode, used for nothing else.

        Raises:
            psycopg.OperationalError: Postgres went away; whatever was under way is restarted by the
                process that finds it silent.
        """
        jobs.expire(conn, self._params.lease)
        removed = self._files.sweep(lambda: jobs.kept(conn))
        if removed:
            logger.info("export_files_removed", files=removed)
        job = jobs.take(conn, self._params.lease, self._params.deaths)
        if job is None:
            return False
        began, counts = time.monotonic(), ExportCounts()
        outcome = self._attempt(conn, job, counts)
        logger.info(
            "export",
            export=job.id,
            workspace=job.workspace,
            outcome=outcome,
            rows=counts.rows,
            seconds=round(time.monotonic() - began, 3),
        )
        return True

    def _attempt(self, conn: Connection[Any], job: ExportJob, counts: ExportCounts) -> str:
        """Write one export and return its result."""
        path = self._files.path(job.id, job.attempt, job.spec.format)
        try:
            written = self._write(conn, job, path, counts)
            jobs.finish(conn, job, counts, written, self._params.keep)
        except ReplacedError:
            path.unlink(missing_ok=True)
            return "replaced"
        except StoppedExportError:
            jobs.release(conn, job)
            return "given_back"
        except TooManyRowsError:
            return self._fail(conn, job, counts, "too_many")
        except (DefinitionError, UnknownTraitError):
            return self._fail(conn, job, counts, "definition")
        except FormError:
            return self._fail(conn, job, counts, "form")
        except OSError as error:
            logger.warning(
                "export_not_written", export=job.id, error=type(error).__name__, errno=error.errno
            )
            return self._fail(conn, job, counts, "disk")
        return "done"

    def _write(
        self, conn: Connection[Any], job: ExportJob, path: Path, counts: ExportCounts
    ) -> Written:
        export = self._exporter.begin(conn, self._author(job.workspace), job.spec, counts)
        digest, size, beaten = hashlib.sha256(), 0, time.monotonic()
        with self._files.writing(path) as file:
            for chunk in export.chunks():
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if self._stopping():
                    raise StoppedExportError
                if time.monotonic() - beaten > self._params.beat_interval.total_seconds():
                    jobs.beat(conn, job, counts)
                    beaten = time.monotonic()
        return Written(size, digest.digest())

    @staticmethod
    def _fail(conn: Connection[Any], job: ExportJob, counts: ExportCounts, reason: str) -> str:
        try:
            jobs.fail(conn, job, counts, reason)
        except ReplacedError:
            return "replaced"
        return reason
