"""How access ends: links and archives in time, by an erasure, by a fault, by a writer that dies."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.exports import archive_files
from config.settings import Settings
from dataflows.access.job import AccessJob
from store import locks
from store.privacy import archive_jobs
from tests.api.conftest import Api, Tenant
from tests.api.privacy.conftest import mary
from tests.support.archives import MARY, archives_in, download, write_archives

Execute = Callable[..., Any]


def test_a_link_ends(tenant: Tenant, api: Api, settings: Settings, execute: Execute) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    first = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)["path"]
    second = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)["path"]
    execute("UPDATE access_links SET expires_at = now() WHERE id = 1")
    assert [api.http.get(path).status_code for path in (first, second)] == [404, 200]
    write_archives(settings)
    assert execute("SELECT count(*) FROM access_links") == 1
    assert first.rpartition("/")[2].encode() not in bytes(
        execute("SELECT string_agg(token_hash, '') FROM access_links")
    )


def test_an_archive_is_deleted_in_time(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    path = f"/cdp/privacy/requests/{number}"
    link = api.post(f"{path}/link", expect=201)["path"]
    execute("UPDATE access_archives SET expires_at = now()")
    assert api.get(path)["status"] == "expired", "before its file is removed"
    assert api.http.get(link).status_code == 404
    api.post(f"{path}/link", expect=410)
    assert len(archives_in(settings)) == 1

    write_archives(settings)

    assert archives_in(settings) == []
    expired = api.get(path)
    assert (expired["status"], expired["archive"]["reason"]) == ("expired", "kept")
    assert expired["completed_at"] is not None
    assert api.get("/cdp/audit", action="access.expired")["items"]


def test_a_link_leads_no_longer_than_its_archive_is_kept(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    soon = execute(
        "UPDATE access_archives SET expires_at = now() + interval '1 minute'"
        " RETURNING to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    )
    link = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)
    assert link["expires_at"].startswith(soon)


def test_files_are_private_and_tell_nothing_by_their_names(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    api.post("/cdp/privacy/access", MARY)
    write_archives(settings)
    (file,) = archives_in(settings)
    assert file.name == "access-1-1.zip"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


FORGET = "DELETE FROM identifiers WHERE kind = 'anonymous_id'"
"""What the engine does to one identifier of theirs."""


def test_an_erasure_ends_the_archive(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    path = f"/cdp/privacy/requests/{number}"
    link = api.post(f"{path}/link", expect=201)["path"]

    execute(FORGET)

    ended = api.get(path)
    assert (ended["status"], ended["archive"]["reason"]) == ("expired", "erased")
    assert api.http.get(link).status_code == 404
    write_archives(settings)
    assert archives_in(settings) == []
    row = execute(
        "SELECT r::text || a::text FROM privacy_requests r JOIN access_archives a"
        " ON a.request = r.id"
    )
    assert "mary" not in row
    assert "browser" not in row


def test_whoever_was_erased_before_their_turn_is_not_gathered(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    execute(FORGET)

    assert write_archives(settings) == 0

    path = f"/cdp/privacy/requests/{number}"
    failed = api.get(path)
    assert (failed["status"], failed["archive"]["reason"]) == ("failed", "erased")
    assert failed["completed_at"] is not None, "the erasure has answered it"
    assert not failed["overdue"]
    api.post(f"{path}/retry", expect=409)
    assert archives_in(settings) == []


def test_an_archive_that_could_not_be_written_is_asked_for_again(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    folder = archive_files(settings).directory
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    write_archives(settings)
    path = f"/cdp/privacy/requests/{number}"
    failed = api.get(path)
    assert (failed["status"], failed["archive"]["reason"]) == ("failed", "disk")
    assert "retry" in failed["advice"]
    assert failed["completed_at"] is None

    folder.unlink()
    assert api.post(f"{path}/retry")["status"] == "requested"
    write_archives(settings)

    assert len(download(api, number).rows("events")) == 4


def test_people_who_were_parted_meanwhile_are_asked_for_by_themselves(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    execute(
        "UPDATE identifiers SET profile_id = key WHERE kind = 'anonymous_id'"
        " AND (SELECT count(*) FROM profiles) > 0"
    )
    write_archives(settings)
    failed = api.get(f"/cdp/privacy/requests/{number}")
    assert (failed["status"], failed["archive"]["reason"]) == ("failed", "parted")


def test_an_archive_of_people_who_were_parted_since_leads_nowhere(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    link = api.post(f"/cdp/privacy/requests/{number}/link", expect=201)["path"]
    api.http.get(link).raise_for_status()
    execute("UPDATE identifiers SET profile_id = key WHERE kind = 'anonymous_id'")

    assert api.http.get(link).status_code == 404
    api.post(f"/cdp/privacy/requests/{number}/link", expect=409)

    write_archives(settings)
    expired = api.get(f"/cdp/privacy/requests/{number}")
    assert (expired["status"], expired["archive"]["reason"]) == ("expired", "parted")
    assert archives_in(settings) == []


def test_a_writer_that_died_is_followed_by_another_that_leaves_one_file(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    folder = archive_files(settings)
    folder.make()
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as conn, locks.held(conn, locks.ACCESS):
        job = archive_jobs.take(conn, settings.exports.deaths)
        assert job is not None
        assert write_archives(settings) == 0, "one at a time"
        (folder.directory / "access-1-1.zip.part").write_bytes(b"half")
    assert api.get(f"/cdp/privacy/requests/{number}")["status"] == "processing"

    assert write_archives(settings) == 1

    assert [each.name for each in archives_in(settings)] == ["access-1-2.zip"]
    assert len(download(api, number).rows("events")) == 4
    with psycopg.connect(dsn, autocommit=True) as conn, pytest.raises(archive_jobs.ReplacedError):
        archive_jobs.note(conn, job, {})


def test_an_archive_that_writers_keep_dying_of_fails(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    dsn = settings.postgres.dsn.get_secret_value()
    for _ in range(settings.exports.deaths):
        with psycopg.connect(dsn, autocommit=True) as conn, locks.held(conn, locks.ACCESS):
            assert archive_jobs.take(conn, settings.exports.deaths) is not None
    assert write_archives(settings) == 0
    failed = api.get(f"/cdp/privacy/requests/{number}")
    assert (failed["status"], failed["archive"]["reason"]) == ("failed", "writer_died")
    assert api.get("/cdp/audit", action="access.failed")["items"]


def test_a_process_that_ends_gives_the_archive_back(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    dsn = settings.postgres.dsn.get_secret_value()
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        psycopg.connect(dsn, autocommit=True) as reader,
    ):
        assert AccessJob(settings, stopping=lambda: True).run_once(conn, reader)
    assert api.get(f"/cdp/privacy/requests/{number}")["status"] == "requested"
    assert archives_in(settings) == []
    assert write_archives(settings) == 1


def test_an_erasure_while_an_archive_is_written_leaves_no_file(
    tenant: Tenant, api: Api, settings: Settings, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    finish = archive_jobs.finish

    def erased_first(*told: Any) -> None:
        execute(FORGET)
        finish(*told)

    monkeypatch.setattr(archive_jobs, "finish", erased_first)
    write_archives(settings)
    ended = api.get(f"/cdp/privacy/requests/{number}")
    assert (ended["status"], ended["archive"]["reason"]) == ("failed", "erased")
    assert archives_in(settings) == []
