"""The history of a person's consent over the API: changes, every statement, what counts and why."""

from typing import Any

import pytest

from api.profiles import consent_routes
from store.profiles import consent_events
from tests.api.conftest import START_MS, Api, Tenant


def stating(context: dict[str, Any]) -> dict[str, Any]:
    return {"event": "Banner Closed", "userId": "u1", "context": context}


def preferences(version: str = "", **purposes: object) -> dict[str, Any]:
    told = {"version": version} if version else {}
    return stating({"consent": {"categoryPreferences": purposes, **told}})


def history(api: Api, **params: Any) -> Any:
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"]
    return api.get(f"/cdp/profiles/{person}/consent/history", **params)


def test_changes_are_told_with_form_version_source_and_the_number_of_repetitions(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        *(
            tenant.event(at_ms=START_MS + at, **preferences("2026-02", advertising=True))
            for at in (1, 2, 3)
        ),
        tenant.event(
            at_ms=START_MS + 4,
            **stating({"consentManagement": {"deniedConsentIds": ["advertising"]}}),
        ),
        tenant.event(at_ms=START_MS + 5, event="Seen", userId="u1"),
    )

    found = history(api)

    refused, granted = found["items"]
    assert (refused["state"], refused["form"], refused["version"]) == (
        "refused", "context.consentManagement", None,
    )  # fmt: skip
    assert (granted["state"], granted["form"], granted["version"]) == (
        "granted", "context.consent.categoryPreferences", "2026-02",
    )  # fmt: skip
    assert (granted["count"], granted["source"], granted["source_id"]) == (
        3, "web", tenant.source,
    )  # fmt: skip
    assert granted["at"] == "2026-09-21T14:13:20.001000Z"
    assert granted["last_at"] == "2026-09-21T14:13:20.003000Z"
    assert [refused["in_force"], granted["in_force"]] == [True, False]
    assert found["next"] is None
    (counts,) = found["in_force"]
    assert (counts["purpose"], counts["granted"], counts["because"]) == (
        "advertising", False, "newest",
    )  # fmt: skip
    assert counts["statement"]["event_id"] == refused["event_id"]


def test_every_statement_is_paged_by_events(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event(at_ms=START_MS + at // 2, **preferences(ads=True, email=bool(at % 3)))
            for at in range(11)
        )
    )
    person = history(api)["profile_id"]

    pages = list(api.pages(f"/cdp/profiles/{person}/consent/history", limit=4, all=True))

    assert [len(page) for page in pages] == [8, 8, 6]
    told = [(one["event_id"], one["purpose"]) for page in pages for one in page]
    assert len(set(told)) == 22
    only = api.everything(f"/cdp/profiles/{person}/consent/history", all=True, purpose=" Email ")
    assert {one["purpose"] for one in only} == {"email"}
    assert len(only) == 11


def test_a_page_looks_at_a_bounded_number_of_events(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_events, "LOOKED", 5)
    tenant.feed(
        tenant.event(at_ms=START_MS, **preferences(ads=False)),
        *(tenant.event(at_ms=START_MS + at, event="Seen", userId="u1") for at in range(1, 12)),
        *(tenant.event(at_ms=START_MS + at, **preferences(ads=True)) for at in range(12, 14)),
    )
    person = history(api)["profile_id"]

    pages = list(api.pages(f"/cdp/profiles/{person}/consent/history"))

    assert [[(one["state"], one["count"], one["is_whole"]) for one in page] for page in pages] == [
        [("granted", 2, False)], [], [("refused", 1, True)],
    ]  # fmt: skip
    following = api.get(f"/cdp/profiles/{person}/consent/history")["next"]
    later = api.get(f"/cdp/profiles/{person}/consent/history", cursor=following)
    assert later["in_force"] is None


def test_a_run_that_is_cut_at_a_pages_end_says_so(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_routes, "CHANGES_LIMIT", 2)
    tenant.feed(
        *(tenant.event(at_ms=START_MS + at, **preferences(ads=True)) for at in range(3)),
    )

    assert [one["is_whole"] for one in history(api)["items"]] == [False]


def test_what_counts_says_why(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event(at_ms=START_MS, **preferences(ads=True, email=True)),
        tenant.event(at_ms=START_MS, **preferences(email=False)),
        tenant.event(at_ms=START_MS + 1, **stating({"consent": "no"})),
        tenant.event(at_ms=START_MS + 2, **preferences(email=True, sms=True)),
        tenant.event(at_ms=START_MS + 2, **preferences(email=False)),
    )

    counts = {one["purpose"]: (one["granted"], one["because"]) for one in history(api)["in_force"]}

    assert counts == {
        "*": (False, "newest"),
        "ads": (False, "every_purpose"),
        "email": (False, "refusal_wins"),
        "sms": (True, "newest"),
    }
    (only,) = history(api, purpose="ads")["in_force"]
    assert only["statement"]["state"] == "unreadable"
    assert only["statement"]["purpose"] == "*"


def test_statements_of_all_identifiers_are_told_also_by_an_id_that_was_merged_away(
    tenant: Tenant, api: Api
) -> None:
    consent = {"consent": {"categoryPreferences": {"ads": True}}}
    tenant.feed(tenant.event("page", START_MS, anonymousId="a1", name="Home", context=consent))
    browser = api.get("/cdp/profiles/lookup", kind="anonymous_id", value="a1")["id"]
    tenant.feed(tenant.event(at_ms=START_MS + 1, **preferences(ads=False)))
    tenant.feed(tenant.event("identify", START_MS + 2, userId="u1", anonymousId="a1"))

    for id in (browser, history(api)["profile_id"]):
        told = api.get(f"/cdp/profiles/{id}/consent/history")
        assert [one["state"] for one in told["items"]] == ["refused", "granted"]
        assert told["profile_id"] == history(api)["profile_id"]


def test_nobody_elses_history_is_read(tenant: Tenant, api: Api, tenants: Any, asks: Any) -> None:
    tenant.feed(tenant.event(**preferences(ads=True)))
    person = history(api)["profile_id"]

    asks(tenants("other").admin).get(f"/cdp/profiles/{person}/consent/history", expect=404)
    asks(tenant.gate).get(f"/cdp/profiles/{person}/consent/history", expect=403)
    asks("").get(f"/cdp/profiles/{person}/consent/history", expect=401)
    api.get(f"/cdp/profiles/{person}/consent/history", expect=400, cursor="x")
