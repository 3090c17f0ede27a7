"""Definitions over HTTP: drafts, versions, publishing, what is refused and how it is told."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from tests.api.conftest import Api, Tenant, with_meta

VIP = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "vip"}}
PRO = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "pro"}}
COUNTED = {"function": "count", "event": {"name": "Order Completed"}}


def put(api: Api, path: str, body: Any, expect: int = 200, **headers: str) -> Any:
    answer = api.http.put(
        path, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def delete(api: Api, path: str, expect: int = 202) -> Any:
    answer = api.http.delete(path)
    assert answer.status_code == expect, answer.text
    return answer.json()


def segment(api: Api, name: str, rule: Any, *, publish: bool = True) -> int:
    made = api.post("/cdp/segments", {"name": name, "rule": rule}, 201)["id"]
    if publish:
        api.post(f"/cdp/segments/{made}/publish")
    return int(made)


def test_a_segment_goes_from_draft_to_live_to_paused_to_deleted(api: Api) -> None:
    made = api.post("/cdp/segments", {"name": "vips", "description": "The best.", "rule": VIP}, 201)
    assert (made["status"], made["version"], made["newest_version"], made["rule"]) == (
        "draft",
        0,
        1,
        None,
    )
    path = f"/cdp/segments/{made['id']}"
    published = api.post(f"{path}/publish")
    live = api.get(path)
    assert (live["status"], live["version"], live["rule"], live["description"]) == (
        "live",
        1,
        VIP,
        "The best.",
    )
    assert api.get(f"/cdp/sweeps/{published['sweep']}")["revision"] == published["revision"]
    api.post(f"{path}/pause")
    assert api.get(path)["status"] == "paused"
    api.post(f"{path}/resume")
    assert api.get(path)["status"] == "live"
    delete(api, path)
    api.get(path, 404)
    assert made["id"] not in [item["id"] for item in api.everything("/cdp/segments")]


def test_the_built_in_segment_is_a_segment_like_any_other(api: Api) -> None:
    (built_in,) = api.everything("/cdp/segments")
    assert (built_in["name"], built_in["status"], built_in["version"]) == (
        "consented_customers",
        "live",
        1,
    )
    assert built_in["rule"]["of"][0] == {"type": "lifecycle", "stages": ["customer"]}


def test_versions_are_kept_with_their_authors(api: Api) -> None:
    made = segment(api, "vips", VIP)
    path = f"/cdp/segments/{made}"
    saved = put(api, path, {"name": "vips", "rule": PRO, "purpose": "email"})
    assert (saved["version"], saved["newest_version"], saved["rule"]) == (1, 2, VIP)
    second, first = api.everything(f"{path}/versions", limit=1)
    assert (second["rule"], second["purpose"], second["published_at"]) == (PRO, "email", None)
    assert first["published_by"] == first["author"]
    assert first["author"].startswith("key:")
    assert put(api, path, {"name": "vips", "rule": PRO, "purpose": "email"})["newest_version"] == 2
    listed = {
        "name": "vips",
        "rule": {"type": "all", "of": [PRO, {"type": "lifecycle", "stages": ["known"]}]},
    }
    assert [put(api, path, listed)["newest_version"] for _ in range(2)] == [3, 3]


def test_nobody_overwrites_what_they_have_not_read(api: Api) -> None:
    made = segment(api, "vips", VIP)
    path = f"/cdp/segments/{made}"
    assert api.http.get(path).headers["etag"] == '"1"'
    body = {"name": "vips", "rule": PRO}
    put(api, path, body, if_match='"1"')
    assert (
        "newest version is 2"
        in put(api, path, {**body, "rule": VIP}, 409, if_match='"1"')["detail"]
    )
    put(api, path, {**body, "rule": VIP, "version": 1}, 409)
    put(api, path, {**body, "rule": VIP}, 400, if_match="newest")
    put(api, path, {**body, "rule": VIP, "version": 2})
    refused = api.http.post(f"{path}/publish", headers={"if-match": '"2"'})
    assert refused.status_code == 409
    assert api.http.post(f"{path}/publish", headers={"if-match": '"3"'}).status_code == 202


def test_publishing_twice_does_nothing_the_second_time(api: Api) -> None:
    made = segment(api, "vips", VIP)
    assert api.post(f"/cdp/segments/{made}/publish") == {"revision": None, "sweep": None}


def test_names_are_unique_among_segments_that_are_there(api: Api) -> None:
    made = segment(api, "vips", VIP)
    other = segment(api, "others", VIP, publish=False)
    problem = api.post("/cdp/segments", {"name": "vips", "rule": VIP}, 409)
    assert problem["detail"] == "A segment of this name exists."
    put(api, f"/cdp/segments/{other}", {"name": "vips", "rule": VIP}, 409)
    delete(api, f"/cdp/segments/{made}")
    api.post("/cdp/segments", {"name": "vips", "rule": VIP}, 201)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (
            {"type": "all", "of": [VIP, {"type": "event", "event": {"name": "a"}, "window": "90"}]},
            "$.of[1].window",
        ),
        (
            {
                "type": "all",
                "of": [VIP, {"type": "event", "event": {"name": "a"}, "window": "30s"}],
            },
            "$.of[1].window",
        ),
        (
            {
                "type": "any",
                "of": [
                    {
                        "type": "not",
                        "of": {"type": "trait", "name": "x", "condition": {"op": "like"}},
                    }
                ],
            },
            "$.of[0].of.condition.op",
        ),
        ({"type": "segment"}, "$.segment"),
        ("vip", "$"),
    ],
)
def test_a_rule_that_does_not_hold_is_told_with_its_json_path(
    api: Api, rule: Any, field: str
) -> None:
    for path in ("/cdp/segments", "/cdp/segments/validate"):
        body = {"rule": rule} if path.endswith("validate") else {"name": "x", "rule": rule}
        problem = api.post(path, body, 422)
        assert [error["field"] for error in problem["errors"]] == [field]
        assert problem["errors"][0]["message"]


def test_other_fields_keep_their_names_in_problems(api: Api) -> None:
    problem = api.post("/cdp/segments", {"name": "", "rule": VIP, "colour": 1}, 422)
    assert {error["field"] for error in problem["errors"]} == {"body.name", "body.colour"}


def test_a_checked_rule_is_answered_as_it_would_be_stored(api: Api) -> None:
    rule = {
        "type": "event",
        "event": {"name": "a", "event_type": "track", "where": []},
        "measure": "count",
        "window": None,
    }
    checked = api.post("/cdp/segments/validate", {"rule": rule}, 200)
    assert checked["rule"] == {
        "type": "event",
        "event": {"name": "a"},
        "condition": {"op": "at_least", "value": 1},
    }


def test_what_is_not_live_cannot_be_referred_to(api: Api) -> None:
    draft = segment(api, "draft", VIP, publish=False)
    rule = {"type": "all", "of": [VIP, {"type": "segment", "segment": draft}]}
    for problem in (
        api.post("/cdp/segments/validate", {"rule": rule}, 422),
        api.post(f"/cdp/segments/{segment(api, 'user', rule, publish=False)}/publish", expect=422),
    ):
        assert [
            (error["field"], "publish it first" in error["message"]) for error in problem["errors"]
        ] == [("$.of[1].segment", True)]


def test_a_circle_is_named(api: Api) -> None:
    first = segment(api, "first", VIP)
    second = segment(api, "second", {"type": "segment", "segment": first})
    rule = {"type": "segment", "segment": second}
    put(api, f"/cdp/segments/{first}", {"name": "first", "rule": rule})
    for problem in (
        api.post(f"/cdp/segments/{first}/publish", expect=422),
        api.post("/cdp/segments/validate", {"rule": rule, "segment": first}, 422),
    ):
        assert (
            f"first ({first}) → second ({second}) → first ({first})"
            in problem["errors"][0]["message"]
        )


def test_what_is_in_use_is_not_deleted(api: Api) -> None:
    used = segment(api, "used", VIP)
    segment(api, "user", {"type": "segment", "segment": used})
    assert "user" in delete(api, f"/cdp/segments/{used}", 409)["detail"]


def test_a_computed_trait_goes_from_draft_to_live_to_deleted(api: Api) -> None:
    made = api.post("/cdp/traits", {"name": "orders", "rule": COUNTED}, 201)
    assert (made["status"], made["version"], made["newest_version"], made["rule"]) == (
        "draft",
        0,
        1,
        None,
    )
    path = f"/cdp/traits/{made['id']}"
    user = {"type": "computed", "name": "orders", "condition": {"op": "at_least", "value": 2}}
    api.post("/cdp/segments/validate", {"rule": user}, 422)
    assert api.post(f"{path}/publish")["sweep"] is not None
    assert [item["status"] for item in api.everything("/cdp/traits")] == ["live"]
    buyers = segment(api, "buyers", user)
    assert "buyers" in delete(api, path, 409)["detail"]
    put(api, path, {"rule": {**COUNTED, "function": "exists"}, "version": 1})
    assert "buyers" in api.post(f"{path}/publish", expect=409)["detail"]
    assert [item["version"] for item in api.everything(f"{path}/versions")] == [2, 1]
    delete(api, f"/cdp/segments/{buyers}")
    delete(api, path)
    api.get(path, 404)


def test_conditions_that_do_not_suit_a_computed_trait_are_refused(api: Api) -> None:
    made = api.post(
        "/cdp/traits", {"name": "age", "rule": {**COUNTED, "function": "time_since"}}, 201
    )["id"]
    api.post(f"/cdp/traits/{made}/publish")
    rule = {"type": "computed", "name": "age", "condition": {"op": "within_last", "span": "1d"}}
    problem = api.post("/cdp/segments/validate", {"rule": rule}, 422)
    assert problem["errors"][0]["field"] == "$.condition.op"


def test_rfm_is_published_read_and_deleted(api: Api) -> None:
    api.get("/cdp/rfm", 404)
    published = put(api, "/cdp/rfm", {"rule": {"look_back": "90d"}}, 202)
    assert published["sweep"] is not None
    live = api.get("/cdp/rfm")
    assert (
        live["version"],
        live["rule"]["look_back"],
        live["rule"]["property"],
        live["breaks"],
    ) == (1, "90d", "revenue", None)
    put(api, "/cdp/rfm", {"rule": {"look_back": "30d"}, "version": 0}, 409)
    assert (
        put(api, "/cdp/rfm", {"rule": {"look_back": "1h"}}, 422)["errors"][0]["field"]
        == "$.look_back"
    )
    champions = segment(api, "champions", {"type": "rfm", "segments": ["champions"]})
    assert "champions" in delete(api, "/cdp/rfm", 409)["detail"]
    delete(api, f"/cdp/segments/{champions}")
    delete(api, "/cdp/rfm")
    delete(api, "/cdp/rfm", 404)
    assert put(api, "/cdp/rfm", {"rule": {}}, 202)["revision"]
    assert api.get("/cdp/rfm")["version"] == 2
    versions = api.everything("/cdp/rfm/versions")
    assert [item["version"] for item in versions] == [2, 1]
    assert versions[0]["rule"] == api.get("/cdp/rfm")["rule"]
    assert versions[1]["rule"] == live["rule"]


def test_a_sweep_shows_how_far_it_is(api: Api, tenant: Tenant, settings: Settings) -> None:
    tenant.feed(tenant.event("identify", userId="u1"), tenant.event("identify", userId="u2"))
    made = api.post("/cdp/segments", {"name": "vips", "rule": VIP}, 201)["id"]
    sweep = api.post(f"/cdp/segments/{made}/publish")["sweep"]
    begun = api.get(f"/cdp/sweeps/{sweep}")
    assert (begun["status"], begun["people"], begun["percent"], begun["segments"]) == (
        "running",
        2,
        0,
        [made],
    )
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE sweeps SET visited = 7, changed = 1 WHERE id = %s", (sweep,))
    assert api.get(f"/cdp/sweeps/{sweep}")["percent"] == 99.9
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "UPDATE sweeps SET status = 'done', stale = 0, finished_at = now() WHERE id = %s",
            (sweep,),
        )
    (done,) = api.everything("/cdp/sweeps", segment=made)
    assert (done["status"], done["percent"], done["stale"], done["changed"]) == ("done", 100, 0, 1)
    assert api.everything("/cdp/sweeps", status="running") == []


def test_a_reader_may_check_a_rule_but_save_none(
    tenant: Tenant, asks: Callable[[str], Api]
) -> None:
    reader = asks(tenant.read)
    reader.post("/cdp/segments/validate", {"rule": VIP}, 200)
    reader.post("/cdp/segments", {"name": "vips", "rule": VIP}, 403)


def test_an_audience_cannot_follow_a_deleted_segment(
    api_with: Callable[[Settings, str], Api], tenant: Tenant, settings: Settings
) -> None:
    api = api_with(with_meta(settings), tenant.admin)
    made = segment(api, "vips", VIP)
    audience = {"segment_id": made, "platform": "meta", "name": "VIPs", "interval_s": 3600}
    api.post("/cdp/audience-sync/audiences", audience, 201)
    assert "Audiences follow it" in delete(api, f"/cdp/segments/{made}", 409)["detail"]
    other = segment(api, "other", VIP)
    delete(api, f"/cdp/segments/{other}")
    api.post(
        "/cdp/audience-sync/audiences", {**audience, "segment_id": other, "name": "others"}, 404
    )


def test_every_change_is_audited(api: Api) -> None:
    made = segment(api, "vips", VIP)
    actions = [
        entry["action"]
        for entry in api.everything("/cdp/audit")
        if entry["subject"] == f"segment:{made}"
    ]
    assert actions == ["segment.publish", "segment.create"]


def test_a_stored_rule_is_answered_though_it_would_be_refused_now(
    api: Api, settings: Settings
) -> None:
    made = segment(api, "old", VIP)
    old = {"type": "trait", "name": "x" * 2_000, "condition": {"op": "gone"}}
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        for statement in (
            "UPDATE segments SET definition = %s WHERE id = %s",
            "UPDATE definition_versions SET definition = %s WHERE definition_id = %s",
        ):
            conn.execute(statement.encode(), (Jsonb(old), made))

    assert api.get(f"/cdp/segments/{made}")["rule"] == old
    assert old in [one["rule"] for one in api.get("/cdp/segments")["items"]]
    assert api.get(f"/cdp/segments/{made}/versions")["items"][0]["rule"] == old
