"""What publishing a rule would change: who enters and leaves, node by node, list by list."""

from typing import Any

import psycopg
import pytest

from config.settings import Settings
from tests.api.conftest import START_MS, Api, Tenant

CUSTOMERS: dict[str, Any] = {"type": "lifecycle", "stages": ["customer", "churned"]}
GOLD: dict[str, Any] = {
    "type": "trait",
    "name": "plan",
    "condition": {"op": "equals", "value": "gold"},
}
PEOPLE = 180
GRANTED = {"categoryPreferences": {"advertising": True}}


@pytest.fixture(autouse=True)
def people(tenant: Tenant) -> None:
    """Of 180 people all bought, 45 are gold, 6 refuse advertising."""
    records = []
    for number in range(PEOPLE):
        consent = {"categoryPreferences": {"advertising": number >= 6}}
        records += [
            tenant.event(
                "identify",
                START_MS,
                userId=f"u{number}",
                traits={"plan": "gold" if number % 4 == 0 else "free"},
                context={"consent": consent},
            ),
            tenant.event(
                "track",
                START_MS,
                userId=f"u{number}",
                event="Order Completed",
                properties={"revenue": 1, "currency": "USD"},
            ),
        ]
    tenant.feed(*records)


@pytest.fixture
def segment(api: Api) -> int:
    """Whoever bought and consents: 174 people, live."""
    number: int = api.get("/cdp/segments")["items"][0]["id"]
    assert api.get(f"/cdp/segments/{number}")["members"]["value"] == PEOPLE - 6
    return number


@pytest.fixture
def audience(segment: int, settings: Settings, tenant: Tenant) -> int:
    """An audience that the platform has filled with all members but two."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        row = conn.execute(
            "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id,"
            " interval_s, intent) VALUES (%s, %s, 'meta', 'Customers', 'a', 3600, 'x')"
            " RETURNING id",
            (tenant.id, segment),
        ).fetchone()
        assert row is not None
        conn.execute(
            "INSERT INTO audience_members (audience_id, profile_id, row, state, pushed_at)"
            " SELECT %s, profile_id, '[]', 'present', now() FROM memberships"
            " WHERE segment_id = %s ORDER BY profile_id OFFSET 2",
            (row[0], segment),
        )
        conn.execute(
            "INSERT INTO pushes (workspace_id, audience_id, kind, status, adds, started_at,"
            " ended_at) VALUES (%s, %s, 'scheduled', 'done', 172, now(), now())",
            (tenant.id, row[0]),
        )
    return int(row[0])


def exactly(number: int) -> dict[str, int]:
    return {"value": number, "low": number, "high": number}


def test_who_enters_and_leaves_is_counted(api: Api, segment: int) -> None:
    rule = {"type": "all", "of": [CUSTOMERS, GOLD]}

    found = api.post(f"/cdp/segments/{segment}/preview", {"rule": rule}, 200)

    # Gold are 0, 4, 8 …: of the 45 of them 0 and 4 refuse advertising and are no members now.
    assert found["versus_live"] == {"enter": exactly(2), "leave": exactly(174 - 43)}
    assert found["nodes"] == [
        {"path": "$", "holds": exactly(45)},
        {"path": "$.of[0]", "holds": exactly(PEOPLE)},
        {"path": "$.of[1]", "holds": exactly(45)},
    ]


def test_nodes_are_counted_where_the_nodes_beside_them_decide(api: Api) -> None:
    nobody = {"type": "lifecycle", "stages": ["anonymous"]}
    rule = {"type": "all", "of": [nobody, {"type": "not", "of": {"type": "any", "of": [GOLD]}}]}

    found = api.post("/cdp/segments/preview", {"rule": rule}, 200)

    assert {node["path"]: node["holds"]["value"] for node in found["nodes"]} == {
        "$": 0,
        "$.of[0]": 0,
        "$.of[1]": 135,
        "$.of[1].of": 45,
        "$.of[1].of.of[0]": 45,
    }
    assert found["versus_live"] is None
    assert found["audiences"] == []


def test_a_mass_removal_is_blocked_before_it_is_published(
    api: Api, segment: int, audience: int
) -> None:
    decisions, audit = api.get("/cdp/decisions"), api.get("/cdp/audit")
    rule = {"type": "all", "of": [CUSTOMERS, GOLD]}

    (push,) = api.post(f"/cdp/segments/{segment}/preview", {"rule": rule}, 200)["audiences"]

    assert (push["id"], push["name"], push["platform"]) == (audience, "Customers", "meta")
    assert push["verdict"] == "block"
    assert "mass_removal" in push["codes"]
    assert 129 <= push["removes"]["value"] <= 131
    assert api.get("/cdp/decisions") == decisions
    assert api.get("/cdp/audit") == audit


def test_lists_stay_where_the_rule_stays(api: Api, segment: int, audience: int) -> None:
    (push,) = api.post(f"/cdp/segments/{segment}/preview", expect=200)["audiences"]

    assert (push["id"], push["adds"], push["removes"]) == (audience, exactly(2), exactly(0))
    assert "mass_removal" not in push["codes"]


def test_who_withdrew_consent_is_no_mass_removal(
    api: Api, tenant: Tenant, segment: int, audience: int
) -> None:
    refuses = {"consent": {"categoryPreferences": {"advertising": False}}}
    tenant.feed(
        *(
            tenant.event("identify", START_MS + 5_000, userId=f"u{number}", context=refuses)
            for number in range(PEOPLE)
        )
    )

    (push,) = api.post(f"/cdp/segments/{segment}/preview", expect=200)["audiences"]

    assert push["id"] == audience
    assert (push["adds"], push["removes"]) == (exactly(0), exactly(0))


def test_a_sample_gives_every_number_an_interval(
    segment: int, audience: int, settings: Settings, tenant: Tenant, api_with: Any
) -> None:
    few = _replaced(settings.query.preview, exact_people=1, sample_people=30)
    query = settings.query.model_copy(update={"preview": few})
    sampling = api_with(settings.model_copy(update={"query": query}), tenant.read)
    rule = {"type": "all", "of": [CUSTOMERS, GOLD]}

    found = sampling.post(f"/cdp/segments/{segment}/preview", {"rule": rule}, 200)

    (push,) = found["audiences"]
    assert (found["evaluated"], push["id"]) == (30, audience)
    estimates = [node["holds"] for node in found["nodes"]]
    estimates += [*found["versus_live"].values(), push["adds"], push["removes"]]
    assert all(0 <= one["low"] <= one["value"] <= one["high"] <= PEOPLE for one in estimates)
    assert all(one["low"] < one["high"] for one in estimates)


def _replaced(params: Any, **changes: int) -> Any:
    return type(params)(**{**params.__dict__, **changes})
