"""Writes access archives as upkeep does, and reads them."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

import psycopg

from config.exports import archive_files
from config.settings import Settings
from dataflows.access.job import AccessJob

if TYPE_CHECKING:
    from tests.api.conftest import Api

MARY: Final = {
    "identifier": {"kind": "email", "value": "Mary@Example.com"},
    "reason": "case 115",
}
"""The request of whoever has this address."""


def write_archives(settings: Settings) -> int:
    """Write every archive that waits; how many there were."""
    dsn = settings.postgres.dsn.get_secret_value()
    written = 0
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        psycopg.connect(dsn, autocommit=True) as reader,
    ):
        job = AccessJob(settings)
        while job.run_once(conn, reader):
            written += 1
    return written


class Archive:
    """An archive that was downloaded."""

    def __init__(self, content: bytes) -> None:
        with ZipFile(io.BytesIO(content)) as whole:
            assert whole.testzip() is None
            self.files = {name: whole.read(name) for name in whole.namelist()}

    def rows(self, section: str) -> list[dict[str, Any]]:
        """Rows of a section, as its JSON file has them."""
        lines = self.files.get(f"{section}.ndjson")
        if lines is not None:
            return [json.loads(line) for line in lines.splitlines()]
        found: list[dict[str, Any]] = json.loads(self.files[f"{section}.json"])
        return found

    @property
    def everything(self) -> bytes:
        """All files, one after the other."""
        return b"\n".join(self.files.values())


def archives_in(settings: Settings) -> list[Path]:
    """Every file in the folder of archives."""
    folder = archive_files(settings).directory
    return sorted(folder.iterdir()) if folder.is_dir() else []


def download(api: "Api", number: int) -> Archive:
    """Link to an archive, and download it."""
    link = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)
    answer = api.http.get(link["path"])
    assert answer.status_code == 200, answer.text
    return Archive(answer.content)
