"""Access: from the request to the download, and what stands in the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.exports import archive_files
from config.settings import Settings
from tests.api.conftest import Api, Tenant
from tests.api.privacy.conftest import mary
from tests.support.archives import Archive, write_archives

MARY = {"identifier": {"kind": "email", "value": "Mary@Example.com"}, "reason": "case 115"}
Execute = Callable[..., Any]


def files(settings: Settings) -> list[Path]:
    folder = archive_files(settings).directory
    return sorted(folder.iterdir()) if folder.is_dir() else []


def download(api: Api, number: int) -> Archive:
    link = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)
    answer = api.http.get(link["path"])
    assert answer.status_code == 200, answer.text
    return Archive(answer.content)


def test_a_request_goes_from_requested_to_downloaded(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], settings: Settings
) -> None:
    mary(tenant)
    asked = api.post("/cdp/privacy/access", MARY)
    path = f"/cdp/privacy/requests/{asked['id']}"
    assert (asked["kind"], asked["status"], asked["identifiers"]) == ("access", "requested", 3)
    assert (asked["afterwards"], asked["completed_at"]) == (None, None)
    api.post(f"{path}/link", expect=409)

    assert write_archives(settings) == 1

    ready = api.get(path)
    assert (ready["status"], ready["steps"], ready["overdue"]) == ("ready", [], False)
    assert ready["completed_at"] is not None
    assert ready["archive"]["sections"]["events"] == 4
    assert ready["archive"]["size_bytes"] == files(settings)[0].stat().st_size
    link = api.post(f"{path}/link", expect=201)
    answer = asks("").http.get(link["path"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="access-1.zip"'
    archive = Archive(answer.content)
    assert {row["value"] for row in archive.rows("identifiers")} == {
        "mary", "browser", "mary@example.com"
    }  # fmt: skip
    assert [row["action"] for row in api.get("/cdp/audit")["items"]][:4] == [
        "access.download", "access.link", "access.ready", "access"
    ]  # fmt: skip
    part = asks("").http.get(link["path"], headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, answer.content[:4])
