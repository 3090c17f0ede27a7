"""The catalogue: names of events, their properties, identifier kinds."""

import time

import pytest

from api.catalogue import routes
from tests.api.conftest import Api, Tenant

NOW_MS = time.time_ns() // 1_000_000 - 60_000


def test_event_names_come_with_their_number_the_most_frequent_first(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        *(tenant.event(event="Viewed", at_ms=NOW_MS, userId="u1") for _ in range(3)),
        tenant.event("page", at_ms=NOW_MS, name="Viewed", userId="u1"),
        tenant.event(event="Bought", userId="u1"),
    )

    found = api.get("/cdp/catalogue/events")["items"]

    assert [(each["type"], each["name"], each["events_30d"]["value"]) for each in found] == [
        ("track", "Viewed", 3),
        ("page", "Viewed", 1),
    ], "and nothing that is older than 30 days"
    assert found[0]["events_30d"]["exact"] is True
    assert len(api.get("/cdp/catalogue/events", search="PAGE")["items"]) == 1
    assert api.get("/cdp/catalogue/events", search="%")["items"] == []
    assert api.get("/cdp/catalogue/events", search="\x00")["items"] == []
    api.get("/cdp/catalogue/events", expect=422, limit=201)


def test_properties_come_with_their_share_and_types_and_no_value(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event(
                event="Viewed",
                at_ms=NOW_MS,
                userId="u1",
                properties={"price": n if n % 2 else "secret", "url": "secret"},
            )
            for n in range(200)
        )
    )

    answer = api.http.get("/cdp/catalogue/properties", params={"name": "Viewed"})

    found = {each["property"]: each for each in answer.json()["items"]}
    assert found["url"] == {"property": "url", "share": 1.0, "types": {"string": 1.0}}
    assert set(found["price"]["types"]) == {"number", "string"}
    assert abs(sum(found["price"]["types"].values()) - 1) < 1e-9
    assert "secret" not in answer.text
    assert api.get("/cdp/catalogue/properties", name="View")["items"] == []
    assert api.get("/cdp/catalogue/properties")["items"] == []


def test_of_many_counters_the_newest_minutes_are_looked_at_whole(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at_ms, said in ((NOW_MS - 600_000, "before"), (NOW_MS, "now")):
        viewed = (
            tenant.event(event="Viewed", at_ms=at_ms, userId="u1", properties={said: n, "url": "x"})
            for n in range(200)
        )
        tenant.feed(*viewed)

    def found() -> dict[str, float]:
        items = api.get("/cdp/catalogue/properties", name="Viewed")["items"]
        return {each["property"]: each["share"] for each in items}

    assert found().keys() == {"before", "now", "url"}
    monkeypatch.setattr(routes, "COUNTERS", 1)
    assert found() == {"now": 1.0, "url": 1.0}


def test_identifier_kinds_are_those_of_the_settings(api: Api) -> None:
    found = api.get("/cdp/catalogue/identifiers")["items"]

    assert found[0] == {"kind": "user_id", "priority": 1, "limit": 1, "match_worth": 1.0}
    assert [each["priority"] for each in found] == sorted(each["priority"] for each in found)
