"""Writes one archive: each section as JSON and CSV, the dictionary, the page.

Memory holds some rows of one section. A ZIP takes one file after the other: a section's CSV waits
in a file without a name, which goes with the process whatever happens.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dataflows.access import dictionary
from dataflows.access.gathering import Gathering
from dataflows.access.page import NAME, SHOWN_ROWS, Shown, page
from dataflows.access.section import Row, Section
from dataflows.access.spelling import csv_lines, json_object, json_value, plain
from domain.instants import utc

_ROWS_AT_A_TIME: Final = 200
_PRIVATE: Final = 0o600 << 16
"""Mode of files, as ZIP has it."""
_COPIED_AT_A_TIME: Final = 1 << 20

Progress = Callable[[str, int], None]
"""Called with a section and its rows so far; raises where the archive is no longer wanted."""


class ArchiveWriter:
    """Writes the sections of one archive.

    Args:
        file: open for writing, in a folder for this user alone.
        folder: that folder.
        at: instant that the archive is of.
        progress: see `Progress`.
    """

    def __init__(self, file: IO[bytes], folder: Path, at: datetime, progress: Progress) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self._folder = folder
        self._at = at
        self._progress = progress

    def write(
        self, request: int, gathering: Gathering, sections: Sequence[Section]
    ) -> Mapping[str, int]:
        """Write everything.

        Args:
            request: number in the register.
            gathering: the person.
            sections: what is told.

        Returns:
            Section → rows.

        Raises:
            OSError: the disk is full.
            psycopg.OperationalError: the server does not answer.
        """
        shown: dict[Section, Shown] = {}
        with self._zip:
            for section in sections:
                shown[section] = self._section(section, section.rows(gathering))
            counts = {section.name: one.rows for section, one in shown.items()}
            with self._entry(dictionary.JSON_NAME) as out:
                out.write(json_value(dictionary.document(sections, counts)))
            with self._entry(dictionary.CSV_NAME) as out:
                out.write(csv_lines([dictionary.CSV_COLUMNS, *dictionary.rows(sections)]))
            with self._entry(NAME) as out:
                out.write(page(request, self._at, shown))
        return counts

    def _section(self, section: Section, rows: Iterator[Row]) -> Shown:
        names = [column.name for column in section.columns]
        first: list[Row] = []
        count = 0
        self._progress(section.name, count)
        with tempfile.TemporaryFile(dir=self._folder) as table:
            table.write(csv_lines([tuple(names)]))
            with self._entry(section.json_name) as out:
                out.write(b"" if section.lines else b"[")
                while chunk := [plain(row) for row in islice(rows, _ROWS_AT_A_TIME)]:
                    objects = [json_object(names, row) for row in chunk]
                    if section.lines:
                        out.write(b"\n".join(objects) + b"\n")
                    else:
                        out.write((b",\n" if count else b"\n") + b",\n".join(objects))
                    table.write(csv_lines(chunk))
                    first += chunk[: SHOWN_ROWS - len(first)]
                    count += len(chunk)
                    self._progress(section.name, count)
                out.write(b"" if section.lines else b"\n]\n")
            table.seek(0)
            with self._entry(section.csv_name) as out:
                for part in iter(lambda: table.read(_COPIED_AT_A_TIME), b""):
                    out.write(part)
                    self._progress(section.name, count)
        return Shown(count, first)

    @contextmanager
    def _entry(self, name: str) -> Iterator[IO[bytes]]:
        """A file of the archive, dated by the archive's instant."""
        info = ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type, info.external_attr = ZIP_DEFLATED, _PRIVATE
        with self._zip.open(info, "w", force_zip64=True) as out:
            yield out


def write_archive(
    file: IO[bytes],
    folder: Path,
    request: int,
    gathering: Gathering,
    sections: Sequence[Section],
    progress: Progress,
) -> Mapping[str, int]:
    """Write an archive into an open file; see `ArchiveWriter.write`."""
    writer = ArchiveWriter(file, folder, utc(gathering.now_ms), progress)
    return writer.write(request, gathering, sections)
