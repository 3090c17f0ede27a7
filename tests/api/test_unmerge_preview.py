"""What the preview of an unmerge says is what the unmerge then does."""

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from store.unify import foretell
from store.unify import history as stored_history
from tests.api.conftest import START_MS, Api, Tenant

RULES: dict[str, Any] = {
    "gold": {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "gold"}},
    "with email": {"type": "identifier", "kind": "email", "at_least": 1},
    "buyers": {
        "type": "event",
        "event": {"name": "Order Completed"},
        "condition": {"op": "at_least", "value": 2},
    },
}


def publish(api: Api) -> None:
    for name, rule in RULES.items():
        made = api.post("/cdp/segments", {"name": name, "rule": rule}, 201)
        api.post(f"/cdp/segments/{made['id']}/publish", expect=202)


def history(tenant: Tenant, numbers: random.Random, world: str, size: int) -> list[bytes]:
    """Events of a few identifiers that keep being named together, in any order of time."""
    records = []
    for _ in range(size):
        fields: dict[str, Any] = {"anonymousId": f"{world}-a{numbers.randrange(5)}"}
        traits: dict[str, Any] = {"plan": numbers.choice(["gold", "free"])}
        if numbers.random() < 0.5:
            fields["userId"] = f"{world}-u{numbers.randrange(3)}"
        if numbers.random() < 0.5:
            traits["email"] = f"{world}-{numbers.randrange(3)}@example.com"
        consent = {"categoryPreferences": {"advertising": numbers.random() < 0.7}}
        at_ms = START_MS + numbers.randrange(1_000) * 1_000
        if numbers.random() < 0.5:
            fields |= {
                "event": "Order Completed",
                "properties": {"revenue": numbers.randrange(100), "currency": "USD"},
                "context": {"traits": traits, "consent": consent},
            }
            records.append(tenant.event("track", at_ms, **fields))
        else:
            fields |= {"traits": traits, "context": {"consent": consent}}
            records.append(tenant.event("identify", at_ms, **fields))
    return records


def request(api: Api, numbers: random.Random, person: str) -> dict[str, Any]:
    """Some identifiers to split off, or some links that never held."""
    graph = api.get(f"/cdp/profiles/{person}/graph")
    links = [
        [{"key": link["a"]["key"]}, {"key": link["b"]["key"]}]
        for link in graph["links"] + graph["conflicts"]
        if link["status"] != "banned" and link["a"]["profile_id"] == link["b"]["profile_id"]
    ]
    if links and numbers.random() < 0.5:
        return {"links": numbers.sample(links, numbers.randint(1, len(links))), "reason": "mistake"}
    keys = [{"key": node["key"]} for node in graph["nodes"]]
    return {"identifiers": numbers.sample(keys, numbers.randint(1, len(keys))), "reason": "mistake"}


def everybody(api: Api) -> dict[str, list[str]]:
    """Who has which identifiers, and what else is known of everybody, as one text each."""
    return {
        person["id"]: sorted(each["key"] for each in person["identifiers"])
        for person in api.everything("/cdp/profiles", limit=200)
    }


def stored(api: Api, foretold: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a person, in the shape of the preview."""
    person = api.get(f"/cdp/profiles/{foretold['profile_id']}")
    names = [segment["name"] for segment in foretold["segments"] if segment["after"]]
    assert sorted(_name(each) for each in person["segments"]) == sorted(names)
    return foretold | {
        "profile_id": person["id"],
        "identifiers": person["identifiers"],
        "events": person["events"]["total"],
        "orders": person["orders"],
        "revenue": person["revenue"],
        "stage": person["stage"],
        "traits": person["traits"],
    }


def _name(segment: Any) -> str:
    return segment if isinstance(segment, str) else str(segment["name"])


@pytest.mark.parametrize("seed", range(4))
def test_an_unmerge_does_what_its_preview_said(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]], seed: int
) -> None:
    numbers = random.Random(seed)
    publish(api)
    split = refused = 0
    for step in range(6):
        tenant.feed(*history(tenant, numbers, f"w{step % 2}", numbers.randint(5, 25)))
        before = everybody(api)
        person = numbers.choice(sorted(before, key=lambda one: (-len(before[one]), one))[:3])
        asked = request(api, numbers, person)
        path = f"/cdp/profiles/{person}/unmerge"
        preview = api.http.post(f"{path}/preview", json=asked)
        assert everybody(api) == before, "a preview stores nothing"
        accepted = api.http.post(path, json=asked)
        tenant.feed(*drain())
        after = everybody(api)
        if preview.status_code == 409:
            refused += 1
            assert after == before
            assert (
                accepted.status_code == 202
                or accepted.json()["detail"] == (preview.json()["detail"])
            )
            continue
        split += 1
        foretold = preview.json()
        assert preview.status_code == 200, preview.text
        assert accepted.json()["links"] == foretold["bans"]
        assert [stored(api, one) for one in foretold["people"]] == foretold["people"]
        changed = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
        shown = {one["profile_id"] for one in foretold["people"]}
        assert changed - shown <= before.keys() - after.keys(), "whoever changes is shown"
        banned = {
            frozenset(end["key"] for end in (link["a"], link["b"]))
            for one in shown
            for link in api.get(f"/cdp/profiles/{one}/graph")["links"]
            if link["status"] == "banned"
        }
        assert {frozenset(end["key"] for end in link) for link in foretold["bans"]} <= banned
    assert split, "a seed that splits nobody shows nothing"


def family(tenant: Tenant) -> None:
    """A tablet that two people use: ann has everything, bob is only a login."""
    tenant.feed(
        tenant.event(
            "identify",
            userId="ann",
            anonymousId="tablet",
            traits={"email": "ann@example.com"},
            context={"consent": {"categoryPreferences": {"advertising": True}}},
        ),
        tenant.event(
            event="Order Completed",
            userId="ann",
            at_ms=START_MS + 1_000,
            properties={"revenue": 10, "currency": "USD"},
        ),
        tenant.event(anonymousId="tablet", event="Played", at_ms=START_MS + 2_000),
    )


def test_segments_and_audiences_that_a_part_leaves_are_named(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    family(tenant)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="ann")["id"]
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id,"
            " interval_s) SELECT workspace_id, id, 'meta', 'Buyers', 'a', 60 FROM segments"
            " WHERE name = 'consented_customers'"
        )

    body = {"identifiers": [{"kind": "anonymous_id", "value": "tablet"}], "reason": "shared"}
    ann, tablet = api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 200)["people"]

    assert (ann["orders"], tablet["orders"]) == (1, 0)
    assert (ann["events"], tablet["events"]) == (2, 1)
    assert [(one["name"], one["before"], one["after"]) for one in ann["segments"]] == [
        ("consented_customers", True, True)
    ]
    assert [(one["name"], one["before"], one["after"]) for one in tablet["segments"]] == [
        ("consented_customers", True, False)
    ]
    assert [(one["name"], one["leaves"]) for one in ann["audiences"]] == [("Buyers", False)]
    assert [(one["name"], one["leaves"]) for one in tablet["audiences"]] == [("Buyers", True)]


def test_a_preview_leaves_no_trace(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    family(tenant)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="ann")["id"]
    graph, audit = api.get(f"/cdp/profiles/{person}/graph"), api.get("/cdp/audit")

    body = {"identifiers": [{"kind": "anonymous_id", "value": "tablet"}], "reason": "shared"}
    first = api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 200)

    assert api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 200) == first
    assert api.get(f"/cdp/profiles/{person}/graph") == graph
    assert api.get("/cdp/audit") == audit
    assert drain() == []


def test_a_preview_that_splits_nobody_is_refused_with_a_reason(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("identify", userId="u", anonymousId="a", traits={"email": "e@example.com"}),
        tenant.event(
            "track", anonymousId="a", event="x", context={"traits": {"email": "e@example.com"}}
        ),
    )
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="u")["id"]
    path = f"/cdp/profiles/{person}/unmerge/preview"
    keys = {
        node["kind"]: {"key": node["key"]}
        for node in api.get(f"/cdp/profiles/{person}/graph")["nodes"]
    }

    whole = api.post(path, {"identifiers": list(keys.values()), "reason": "mistake"}, 409)
    tied = api.post(
        path, {"links": [[keys["user_id"], keys["anonymous_id"]]], "reason": "mistake"}, 409
    )

    assert "nothing would remain" in whole["detail"]
    assert "Nobody would be split" in tied["detail"]
    api.post(path, {"identifiers": [{"key": person}], "links": [], "reason": ""}, 422)


def test_a_preview_needs_the_scope_of_an_unmerge(
    tenant: Tenant, tenants: Callable[[str], Tenant], asks: Callable[[str], Api], api: Api
) -> None:
    family(tenant)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="ann")["id"]
    body = {"identifiers": [{"kind": "anonymous_id", "value": "tablet"}], "reason": "shared"}
    path = f"/cdp/profiles/{person}/unmerge/preview"

    asks(tenant.write).post(path, body, 403)
    asks(tenants("second").admin).post(path, body, 404)


def test_a_person_whom_links_connect_with_too_many_is_not_previewed(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    family(tenant)
    monkeypatch.setattr(foretell, "PEOPLE_LIMIT", 0)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="ann")["id"]

    body = {"identifiers": [{"kind": "anonymous_id", "value": "tablet"}], "reason": "shared"}
    refusal = api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 409)

    assert "too many others" in refusal["detail"]


def test_people_with_too_many_events_to_read_again_are_not_previewed(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    family(tenant)
    publish(api)
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="ann")["id"]
    body = {"identifiers": [{"kind": "anonymous_id", "value": "tablet"}], "reason": "shared"}
    api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 200)
    monkeypatch.setattr(stored_history, "EVENTS_LIMIT", 0)

    refusal = api.post(f"/cdp/profiles/{person}/unmerge/preview", body, 409)

    assert "too many events" in refusal["detail"]
