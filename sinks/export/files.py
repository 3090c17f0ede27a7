"""Writes exports into files, and removes the files that may not be there any more.

`sinks.export.folder` says how files are called, and which of them stay.
"""

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog
from psycopg import Connection

from domain.export import ExportCounts, ExportFormat
from sinks.export.folder import PrivateFolder
from sinks.export.run import Exporter, ExportParams, FormError, TooManyRowsError, UnknownTraitError
from store.definitions.drafts import Author
from store.definitions.errors import DefinitionError
from store.export import jobs
from store.export.jobs import ExportJob, ReplacedError, Written

_NAME: Final = re.compile(r"export-(\d+)-(\d+)\.\w+(\.part)?")

logger = structlog.get_logger(__name__)


class StoppedExportError(Exception):
    """The process ends; the export is given back."""


class ExportFiles(PrivateFolder):
    """The folder of files.

    Args:
        directory: made when the first file is written, for this user alone.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, _NAME)

    def path(self, export: int, attempt: int, form: ExportFormat) -> Path:
        """Where a whole file is."""
        return self.directory / f"export-{export}-{attempt}.{form}"


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
