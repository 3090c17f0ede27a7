"""The catalogue: traits and purposes of people."""

import pytest

from api.catalogue import people_routes
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


def test_beyond_the_sample_numbers_are_estimates(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _people(tenant)
    monkeypatch.setattr(people_routes, "SAMPLE", 3)

    for _ in range(8):  # from another person on each time
        found = api.get("/cdp/catalogue/traits")["items"]

        assert found
        assert all(one["people"]["exact"] is False for one in found)
