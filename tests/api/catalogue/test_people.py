"""The catalogue: traits and purposes of people."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from api.catalogue import people_routes
from config.settings import Settings
from tests.api.conftest import Api, Tenant


def _people(tenant: Tenant) -> None:
    tenant.feed(
        *(
            tenant.event(
                "identify",
                userId=f"u{n}",
                traits={"plan": "gold" if n else 3, "secret": "topsecret", "gone": None},
                context={"consent": {"categoryPreferences": {"advertising": n > 1}}},
            )
            for n in range(4)
        ),
        tenant.event("identify", userId="u9", traits={"plan": ["a"]}),
        tenant.event("identify", userId="u8", context={"consent": "unreadable"}),
    )


def test_traits_come_with_types_and_people_and_no_value(tenant: Tenant, api: Api) -> None:
    _people(tenant)

    answer = api.http.get("/cdp/catalogue/traits")

    found = answer.json()["items"]
    assert [(one["name"], one["people"]) for one in found] == [
        ("plan", {"value": 5, "exact": True}),
        ("secret", {"value": 4, "exact": True}),
    ], "and a trait that is null is none"
    assert found[0]["types"] == {"list": 0.2, "number": 0.2, "string": 0.6}
    assert "topsecret" not in answer.text
    assert len(api.get("/cdp/catalogue/traits", limit=1)["items"]) == 1
    api.get("/cdp/catalogue/traits", expect=422, limit=201)


def test_purposes_come_with_what_was_said(tenant: Tenant, api: Api) -> None:
    _people(tenant)

    (found,) = api.get("/cdp/catalogue/purposes")["items"]

    assert found["purpose"] == "advertising"
    counts = {name: found[name]["value"] for name in ("granted", "refused", "unstated")}
    assert counts == {"granted": 2, "refused": 3, "unstated": 1}, "whoever refused all refused it"


def test_purposes_that_are_configured_or_needed_come_first_with_who_needs_them(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    purposes = {"sell_or_share": {"title": "Selling", "words": "We share your address."}}
    told = settings.model_dump() | {"consent": {"purposes": purposes}}
    told["meta"] = {"purpose": "sell_or_share"}
    api = api_with(Settings.model_validate(told), tenant.admin)
    context = {"consent": {"categoryPreferences": {"unheard": True}}}
    tenant.feed(tenant.event("identify", userId="u1", context=context))
    (segment,) = api.get("/cdp/segments")["items"]
    body = {"segment_id": segment["id"], "purpose": "email", "format": "ndjson"}
    export = api.post("/cdp/audiences/export?wait=false", body)["id"]

    found = {one.pop("purpose"): one for one in api.get("/cdp/catalogue/purposes")["items"]}

    assert list(found) == ["advertising", "email", "sell_or_share", "unheard"]
    shared = found["sell_or_share"]
    assert (shared["title"], shared["words"]) == ("Selling", "We share your address.")
    assert shared["platforms"] == ["meta"]
    assert shared["unstated"]["value"] == 1
    needed = found["advertising"]
    assert needed["platforms"] == ["google", "tiktok", "snapchat"]
    assert needed["segments"] == [{"id": segment["id"], "name": segment["name"]}]
    assert (needed["title"], found["email"]["exports"]) == (None, [export])


@pytest.mark.parametrize("name", ["Ads", " ads", "*", "", "do_not_sell_or_share", "opt-out ads"])
def test_a_purpose_is_named_for_what_it_allows(name: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"consent": {"purposes": {name: {"title": "x"}}}})


def test_beyond_the_sample_numbers_are_estimates(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _people(tenant)
    monkeypatch.setattr(people_routes, "SAMPLE", 3)

    for _ in range(8):  # from another person on each time
        found = api.get("/cdp/catalogue/traits")["items"]

        assert found
        assert all(one["people"]["exact"] is False for one in found)
