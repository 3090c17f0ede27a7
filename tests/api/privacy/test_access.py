"""Access: from the request to the download, and what stands in the way."""

from collections.abc import Callable
from typing import Any

import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant
from tests.api.privacy.conftest import mary
from tests.support.archives import MARY, Archive, archives_in, download, write_archives


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
    assert ready["archive"]["size_bytes"] == archives_in(settings)[0].stat().st_size
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


def test_only_who_may_administer_asks_and_links(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    for key, expect in ((tenant.read, 403), (tenant.write, 403), (tenant.gate, 403), ("", 401)):
        asks(key).post("/cdp/privacy/access", MARY, expect)
        asks(key).post(f"/cdp/privacy/requests/{number}/link", expect=expect)
    asks(tenant.read).get(f"/cdp/privacy/requests/{number}")


def test_another_workspace_sees_and_links_nothing(
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    api: Api,
    asks: Callable[[str], Api],
    settings: Settings,
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    stranger = asks(tenants("second").admin)
    stranger.get(f"/cdp/privacy/requests/{number}", 404)
    stranger.post(f"/cdp/privacy/requests/{number}/link", expect=404)
    stranger.post(f"/cdp/privacy/requests/{number}/retry", expect=404)
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"]
    stranger.post("/cdp/privacy/access", {"profile_id": profile, "reason": "case 1"}, 404)
    assert stranger.get("/cdp/privacy/requests")["items"] == []


def test_no_link_leads_to_a_file_that_somebody_deleted(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    number = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    archives_in(settings)[0].unlink()
    api.post(f"/cdp/privacy/requests/{number}/link", expect=410)
    assert api.post("/cdp/privacy/access", MARY)["id"] != number


def test_nobody_is_asked_for_who_is_unknown(tenant: Tenant, api: Api) -> None:
    mary(tenant)
    nobody = {"identifier": {"kind": "email", "value": "nobody@example.com"}, "reason": "case 1"}
    api.post("/cdp/privacy/access", nobody, 404)
    api.post("/cdp/privacy/access", MARY | {"reason": ""}, 422)
    api.post("/cdp/privacy/access", {"reason": "case 1"}, 422)


def test_an_id_that_was_merged_away_leads_to_the_whole_person(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    tenant.feed(tenant.event("page", anonymousId="browser", name="Home"))
    before = api.get("/cdp/profiles/lookup", kind="anonymous_id", value="browser")["id"]
    mary(tenant)
    after = api.get("/cdp/profiles/lookup", kind="user_id", value="mary")["id"]
    assert before != after
    asked = api.post("/cdp/privacy/access", {"profile_id": before, "reason": "case 115"})
    write_archives(settings)

    archive = download(api, asked["id"])

    assert len(archive.rows("events")) == 5
    assert before in {row["other"] for row in archive.rows("merges")}
    assert {before, after} <= {row["key"] for row in archive.rows("identifiers")}


def test_a_second_request_is_refused_until_the_first_is_answered(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    mary(tenant)
    first = api.post("/cdp/privacy/access", MARY)["id"]
    assert f"Request {first} asks" in api.post("/cdp/privacy/access", MARY, 409)["detail"]
    write_archives(settings)
    second = api.post("/cdp/privacy/access", MARY)["id"]
    write_archives(settings)
    kinds = [row["request"] for row in download(api, second).rows("requests")]
    assert kinds == [first, second]


def test_the_register_has_both_kinds(
    tenant: Tenant, api: Api, settings: Settings, erase: Callable[..., Any]
) -> None:
    mary(tenant)
    access = api.post("/cdp/privacy/access", MARY)["id"]
    erasure = erase()["id"]

    def ids(**wanted: Any) -> list[int]:
        return [item["id"] for item in api.everything("/cdp/privacy/requests", limit=1, **wanted)]

    assert ids() == [erasure, access]
    assert ids(kind="access") == [access]
    assert ids(kind="erasure") == [erasure]
    assert ids(status="requested") == [erasure, access]
    write_archives(settings)
    assert ids(status="ready") == [access]
    api.get(f"/cdp/privacy/requests/{access}/receipt", 409)
    api.post(f"/cdp/privacy/requests/{erasure}/link", expect=409)
    api.post(f"/cdp/privacy/requests/{access}/retry", expect=409)
    (month,) = api.get("/cdp/privacy/requests/statistics")["months"]
    assert {kind: count for kind, count in month["kinds"].items() if count} == {
        "access": 1,
        "erasure": 1,
    }


@pytest.mark.parametrize("wrong", ["x", "x" * 43, "%00", "..%2f..%2faccess-1-1.zip"])
def test_a_wrong_link_leads_nowhere(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], settings: Settings, wrong: str
) -> None:
    mary(tenant)
    api.post("/cdp/privacy/access", MARY)
    write_archives(settings)
    assert asks("").http.get(f"/cdp/privacy/download/{wrong}").status_code == 404


def test_whoever_guesses_links_is_told_to_wait(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], settings: Settings
) -> None:
    mary(tenant)
    nobody, limit = asks("").http, settings.edge.login.attempts_per_minute
    found = [nobody.get(f"/cdp/privacy/download/{n}").status_code for n in range(limit + 1)]
    assert found == [404] * limit + [429]
    assert api.get("/cdp/privacy/requests")["items"] == [], "a key is not refused"
