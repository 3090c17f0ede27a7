"""Exports as they are ordered: written, downloaded in parts, kept for a while, told by the audit
log."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant
from tests.api.export.conftest import EXPORT, Written, ordered, people
from tests.support.exporting import write_all


def test_file_is_written_counted_and_downloaded(
    operator: Api, settings: Settings, segment: int
) -> None:
    order = ordered(operator, segment_id=segment, format="ndjson")
    assert (order["status"], order["people"], order["download"]) == ("queued", 3, None)
    assert operator.http.get(f"/cdp/exports/{order['id']}/download").status_code == 409

    write_all(settings)

    view = operator.get(f"/cdp/exports/{order['id']}")
    assert (view["status"], view["evaluated"], view["rows"], view["without_consent"]) == (
        "done",
        3,
        2,
        1,
    )
    answer = operator.http.get(view["download"])
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "private, no-store"
    assert hashlib.sha256(answer.content).hexdigest() == view["sha256"]
    assert len(answer.content) == view["size_bytes"]
    assert set(people(answer.content)) == {"u1", "u2"}
    assert operator.get("/cdp/exports")["items"] == [view]


def test_broken_download_goes_on_where_it_stopped(
    operator: Api, written: Written, segment: int
) -> None:
    view, whole = written(segment_id=segment, format="csv")
    first = operator.http.get(view["download"], headers={"range": "bytes=0-99"})
    etag = first.headers["etag"]

    rest = operator.http.get(view["download"], headers={"range": "bytes=100-", "if-range": etag})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert rest.headers["content-range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert first.content + rest.content == whole
    assert operator.http.get(view["download"], headers={"if-none-match": etag}).status_code == 304
    other = operator.http.get(
        view["download"], headers={"range": "bytes=100-", "if-range": '"another"'}
    )
    assert (other.status_code, other.content) == (200, whole)


@pytest.mark.parametrize(
    ("part", "status"), [("bytes=999999-", 416), ("lines=1-2", 400), ("bytes=0-1,5-6", 400)]
)
def test_part_that_is_not_there_is_refused(
    operator: Api, written: Written, segment: int, part: str, status: int
) -> None:
    view, _ = written(segment_id=segment)

    answer = operator.http.get(view["download"], headers={"range": part})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_audit_says_who_exported_what_how_many_and_which_columns(
    operator: Api, written: Written, segment: int
) -> None:
    view, _ = written(segment_id=segment, format="csv", traits=["plan"])

    asked, done, gone = (
        operator.get("/cdp/audit", action=action)["items"]
        for action in ("export", "export.done", "export.download")
    )

    assert asked[0]["actor"].startswith("key:")
    assert asked[0]["subject"] == f"segment:{segment}"
    assert (
        asked[0]["detail"]["traits"],
        asked[0]["detail"]["people"],
        asked[0]["detail"]["purpose"],
    ) == (["plan"], 3, "advertising")
    assert (
        done[0]["detail"]["rows"],
        done[0]["detail"]["without_consent"],
        done[0]["detail"]["sha256"],
    ) == (2, 1, view["sha256"])
    assert {"id", "identifiers", "trait.plan"} <= set(asked[0]["detail"]["columns"])
    assert (gone[0]["detail"]["export"], gone[0]["detail"]["part"]) == (view["id"], "all")


def test_rule_stays_out_of_the_audit_log(operator: Api, written: Written) -> None:
    email = {
        "type": "trait",
        "name": "email",
        "condition": {"op": "equals", "value": "ada@example.com"},
    }
    written(rule=email, purpose="advertising")

    assert "ada@example.com" not in json.dumps(operator.get("/cdp/audit"))


def test_direct_answer_has_its_counts_afterwards(operator: Api, segment: int) -> None:
    answer = operator.http.post(EXPORT, json={"segment_id": segment, "format": "ndjson"})

    assert set(people(answer.content)) == {"u1", "u2"}
    view = operator.get(f"/cdp/exports/{answer.headers['x-export-id']}")
    assert (
        view["kind"],
        view["status"],
        view["rows"],
        view["without_consent"],
        view["download"],
    ) == ("stream", "done", 2, 1, None)
    assert operator.http.get(f"/cdp/exports/{view['id']}/download").status_code == 409
    assert operator.http.delete(f"/cdp/exports/{view['id']}").status_code == 409


def with_exports(settings: Settings, **changed: Any) -> Settings:
    return settings.model_copy(
        update={"exports": type(settings.exports)(**{**vars(settings.exports), **changed})}
    )


def test_large_export_is_not_answered_directly(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant, segment: int
) -> None:
    api = api_with(with_exports(settings, direct_people=2), tenant.write)

    assert "wait=false" in api.post(EXPORT, {"segment_id": segment}, expect=409)["detail"]
    assert api.post(f"{EXPORT}?wait=false", {"segment_id": segment})["status"] == "queued"


def test_workspace_has_so_many_waiting_and_no_more(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant, segment: int
) -> None:
    api = api_with(with_exports(settings, open_limit=1), tenant.write)
    api.post(f"{EXPORT}?wait=false", {"segment_id": segment})

    answer = api.http.post(f"{EXPORT}?wait=false", json={"segment_id": segment})

    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    assert answer.headers["retry-after"] == "5"


def test_export_with_too_many_people_fails_and_leaves_no_file(
    operator: Api, settings: Settings, segment: int
) -> None:
    number = ordered(operator, segment_id=segment)["id"]

    write_all(with_exports(settings, max_rows=1))

    view = operator.get(f"/cdp/exports/{number}")
    assert (view["status"], view["reason"]) == ("failed", "too_many")
    assert "max_rows" in view["advice"]
    assert files(settings) == []


def files(settings: Settings) -> list[str]:
    directory = settings.data_dir / "exports"
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def test_deleted_file_is_gone(
    operator: Api, settings: Settings, written: Written, segment: int
) -> None:
    view, _ = written(segment_id=segment)
    (name,) = files(settings)
    assert (settings.data_dir / "exports" / name).stat().st_mode & 0o777 == 0o600

    deleted = operator.http.delete(f"/cdp/exports/{view['id']}").json()

    assert (deleted["status"], deleted["download"]) == ("deleted", None)
    assert files(settings) == []
    assert operator.http.get(f"/cdp/exports/{view['id']}/download").status_code == 410
    assert operator.http.delete(f"/cdp/exports/{view['id']}").json()["status"] == "deleted"


def test_cancelled_export_is_never_written(operator: Api, settings: Settings, segment: int) -> None:
    number = ordered(operator, segment_id=segment)["id"]
    assert operator.http.delete(f"/cdp/exports/{number}").json()["status"] == "cancelled"

    assert write_all(settings) == 0


def test_file_expires(operator: Api, settings: Settings, segment: int) -> None:
    number = ordered(operator, segment_id=segment)["id"]
    short = with_exports(settings, keep=timedelta())
    write_all(short)

    assert operator.get(f"/cdp/exports/{number}")["status"] == "expired"
    assert operator.http.get(f"/cdp/exports/{number}/download").status_code == 410
    assert write_all(settings) == 0
    assert files(settings) == []


def test_erased_person_takes_every_file_of_the_workspace_along(
    operator: Api, settings: Settings, written: Written, segment: int, postgres_dsn: str
) -> None:
    view, _ = written(segment_id=segment)
    waiting = ordered(operator, segment_id=segment, format="ndjson")["id"]
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(
            "DELETE FROM profiles p USING identifiers i WHERE i.profile_id = p.id AND i.value ="
            " 'u1'"
        )
        conn.execute(
            "DELETE FROM identifiers i USING identifiers o WHERE i.profile_id = o.profile_id AND"
            " o.value = 'u1'"
        )

    revoked = operator.get(f"/cdp/exports/{view['id']}")
    assert (revoked["status"], revoked["reason"], revoked["download"]) == (
        "revoked",
        "erased",
        None,
    )
    assert operator.http.get(f"/cdp/exports/{view['id']}/download").status_code == 410
    write_all(settings)
    assert [name.split("-")[1] for name in files(settings)] == [str(waiting)]
    assert set(people(operator.http.get(f"/cdp/exports/{waiting}/download").content)) == {"u2"}


def test_reader_sees_exports_and_takes_none(
    asks: Callable[[str], Api], written: Written, tenant: Tenant, segment: int
) -> None:
    view, _ = written(segment_id=segment)
    reader = asks(tenant.read)

    assert reader.get(f"/cdp/exports/{view['id']}")["rows"] == 2
    assert reader.http.get(view["download"]).status_code == 403
    assert reader.http.delete(f"/cdp/exports/{view['id']}").status_code == 403


def test_api_that_does_not_see_the_folder_says_so(
    api_with: Callable[[Settings, str], Api],
    written: Written,
    settings: Settings,
    tenant: Tenant,
    segment: int,
    tmp_path: Path,
) -> None:
    view, _ = written(segment_id=segment)
    elsewhere = api_with(with_exports(settings, directory=tmp_path / "elsewhere"), tenant.write)

    assert "exports.directory" in elsewhere.get(view["download"], expect=409)["detail"]
