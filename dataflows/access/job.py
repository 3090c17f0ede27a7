"""Takes up access requests, writes their archives, and removes files that may not be there."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

import psycopg
import structlog

from config.exports import archive_files
from config.settings import Settings
from dataflows.access.archive import write_archive
from dataflows.access.gathering import GoneError, gather
from dataflows.access.sections import SECTIONS
from domain.privacy.access import ArchiveReason
from store import locks
from store.privacy import archive_jobs
from store.privacy.archive_jobs import ArchiveJob, ReplacedError, WrittenArchive
from store.privacy.held.snapshot import Snapshot

logger = structlog.get_logger(__name__)

_READ_AT_A_TIME: Final = 1 << 20


class StoppedError(Exception):
    """The process ends; the archive is given back."""


class AccessJob:
    """Writes archives, one after the other.

    Args:
        settings: of the process.
        now_ms: the clock that archives are of.
        stopping: whether the process ends.
    """

    def __init__(
        self,
        settings: Settings,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._files = archive_files(settings)
        self._now_ms = now_ms
        self._stopping = stopping

    def run_once(self, conn: psycopg.Connection[Any], reader: psycopg.Connection[Any]) -> bool:
        """Remove what must go, then write the archive whose turn it is; False where there is none.

        Args:
            conn: in autocommit mode, used for nothing else.
            reader: in autocommit mode, for the snapshot.

        Raises:
            psycopg.OperationalError: Postgres went away; whoever has the lock next begins anew.
        """
        archive_jobs.expire(conn)
        self._sweep(conn)
        with locks.held(conn, locks.ACCESS) as mine:
            job = archive_jobs.take(conn, self._settings.exports.deaths) if mine else None
            if job is None:
                return False
            self._sweep(conn)  # of a writer that died, before more is written
            began = time.monotonic()
            outcome = self._attempt(conn, reader, job)
        logger.info(
            "access_archive",
            request=job.request,
            workspace=job.workspace,
            outcome=outcome,
            seconds=round(time.monotonic() - began, 3),
        )
        return True

    def _sweep(self, conn: psycopg.Connection[Any]) -> None:
        removed = self._files.sweep(lambda: archive_jobs.kept(conn))
        if removed:
            logger.info("access_archives_removed", files=removed)

    def _attempt(
        self, conn: psycopg.Connection[Any], reader: psycopg.Connection[Any], job: ArchiveJob
    ) -> str:
        """Write one archive and return its result."""
        path = self._files.path(job.request, job.attempt)
        try:
            written = self._write(conn, reader, job, path)
            if isinstance(written, ArchiveReason):
                return self._fail(conn, job, written)
            archive_jobs.finish(conn, job, written, self._settings.privacy.archive_lifetime)
        except ReplacedError:
            path.unlink(missing_ok=True)
            return "replaced"
        except StoppedError:
            path.unlink(missing_ok=True)
            archive_jobs.release(conn, job)
            return "given_back"
        except GoneError:
            return self._fail(conn, job, ArchiveReason.GONE)
        except OSError as error:
            logger.warning("access_not_written", request=job.request, errno=error.errno)
            return self._fail(conn, job, ArchiveReason.DISK)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # other people's archives must not wait for this one
            frames = extract_tb(error.__traceback__)[-3:]
            where = "; ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
            # Its text may repeat what a record said: the kind and the place are enough.
            logger.error(  # noqa: TRY400 - as above
                "access_failed", request=job.request, reason=type(error).__name__, where=where
            )
            return self._fail(conn, job, ArchiveReason.ERROR)
        return "ready"

    def _write(
        self,
        conn: psycopg.Connection[Any],
        reader: psycopg.Connection[Any],
        job: ArchiveJob,
        path: Path,
    ) -> WrittenArchive | ArchiveReason:
        """Write the file, from one instant of the database."""
        progress = _Progress(
            conn, job, self._settings.exports.beat_interval.total_seconds(), self._stopping
        )
        with reader.transaction():
            profile = archive_jobs.begin(conn, reader, job)
            if isinstance(profile, ArchiveReason):
                return profile
            whose = (job.workspace, profile)
            gathering = gather(
                Snapshot(reader), self._settings, whose, self._now_ms(), progress.note
            )
            with self._files.writing(path) as file:
                counts = write_archive(
                    file, self._files.directory, job.request, gathering, SECTIONS, progress
                )
        digest, size = _digest(path, progress.note)
        return WrittenArchive(counts, size, digest)

    @staticmethod
    def _fail(conn: psycopg.Connection[Any], job: ArchiveJob, reason: ArchiveReason) -> str:
        try:
            archive_jobs.fail(conn, job, reason)
        except ReplacedError:
            return "replaced"
        return reason


class _Progress:
    """Notes every now and then how far the writer is, and learns whether the archive is still its.

    Args:
        conn: in autocommit mode.
        job: what is written.
        interval_s: between two notes.
        stopping: whether the process ends.
    """

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        job: ArchiveJob,
        interval_s: float,
        stopping: Callable[[], bool],
    ) -> None:
        self._conn = conn
        self._job = job
        self._interval_s = interval_s
        self._stopping = stopping
        self._rows: dict[str, int] = {}
        self._noted_s = time.monotonic()

    def __call__(self, section: str, rows: int) -> None:
        """Note the rows of a section; see `note`."""
        self._rows[section] = rows
        self.note()

    def note(self) -> None:
        """Note it where it is time to.

        Raises:
            StoppedError: the process ends.
            ReplacedError: the archive is no longer wanted from this writer.
        """
        if self._stopping():
            raise StoppedError
        if time.monotonic() - self._noted_s > self._interval_s:
            archive_jobs.note(self._conn, self._job, self._rows)
            self._noted_s = time.monotonic()


def _digest(path: Path, note: Callable[[], None]) -> tuple[bytes, int]:
    """SHA-256 and size of a file; notes how far it is meanwhile."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_READ_AT_A_TIME):
            digest.update(part)
            size += len(part)
            note()
    return digest.digest(), size
