"""The fixed audience-sync paths: linking, triggering, history, deletion, export – per workspace,
per scope."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.platforms import SECTIONS
from config.settings import Settings
from tests.api.conftest import START_MS, Api, Tenant

AUDIENCES = "/cdp/audience-sync/audiences"


@pytest.fixture
def operator(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.write)


@pytest.fixture
def segment(operator: Api) -> int:
    (found,) = operator.get("/cdp/segments")["items"]
    return int(found["id"])


def created(operator: Api, segment: int, **changed: Any) -> Any:
    body = {
        "segment_id": segment,
        "platform": "meta",
        "name": "Customers",
        "interval_s": 7200,
    } | changed
    return operator.post(AUDIENCES, body, expect=201)


def refused(operator: Api, status: int, **body: Any) -> Any:
    return operator.post(AUDIENCES, body, expect=status)


def test_platforms_tell_what_they_take(operator: Api) -> None:
    platforms = {one["platform"]: one for one in operator.get("/cdp/audience-sync/platforms")}
    meta = platforms["meta"]

    assert [name for name, one in platforms.items() if one["connected"]] == ["meta"]
    assert set(platforms) == {"meta", "google", "tiktok", "snapchat"}
    assert meta["platform"] == "meta"
    assert meta["connected"] is True
    assert meta["account_id"] == "111"


def test_created_audience_is_listed_and_audited(operator: Api, segment: int) -> None:
    audience = created(operator, segment)

    assert audience["status"] == "active"
    assert audience["segment"] == "consented_customers"
    assert operator.get(AUDIENCES)["items"] == [audience]
    (entry,) = operator.get("/cdp/audit", action="audience.create")["items"]
    assert entry["subject"] == f"audience:{audience['id']}"


def test_audience_carries_a_mark_of_its_own(operator: Api, segment: int, postgres_dsn: str) -> None:
    created(operator, segment)
    created(operator, segment, name="Others")

    with psycopg.connect(postgres_dsn) as conn:
        marks = [row[0] for row in conn.execute("SELECT intent FROM audiences")]
    assert len(set(marks)) == 2
    assert all(mark.startswith("stratum:") and len(mark) == 32 for mark in marks)


def test_name_is_unique_among_living_audiences(
    operator: Api, segment: int, postgres_dsn: str
) -> None:
    first = created(operator, segment)

    refused(operator, 409, segment_id=segment, platform="meta", name="Customers")
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE audiences SET status = 'deleted' WHERE id = %s", (first["id"],))
    assert created(operator, segment)["id"] != first["id"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"interval_s": 60}, 422),
        ({"interval_s": 604_801}, 422),
        ({"platform": "myspace"}, 422),
        ({"name": ""}, 422),
        ({"name": "a\nb"}, 422),
        ({"surprise": 1}, 422),
        ({"segment_id": 999}, 404),
    ],
)
def test_audience_that_makes_no_sense_is_refused(
    operator: Api, segment: int, changed: Any, status: int
) -> None:
    refused(
        operator, status, **({"segment_id": segment, "platform": "meta", "name": "A"} | changed)
    )


def test_trigger_waits_for_the_flow(operator: Api, segment: int) -> None:
    audience = created(operator, segment)

    asked = operator.post(f"{AUDIENCES}/{audience['id']}/sync", expect=202)

    assert asked["requested_at"] is not None


def test_deletion_is_asked_for_once_and_ends_triggers(operator: Api, segment: int) -> None:
    audience = created(operator, segment)
    path = f"{AUDIENCES}/{audience['id']}"

    answers = [operator.http.delete(path), operator.http.delete(path)]

    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (202, "deleting")
    ] * 2
    operator.post(f"{path}/sync", expect=409)


def test_history_pages_newest_first(
    operator: Api, segment: int, postgres_dsn: str, tenant: Tenant
) -> None:
    audience = created(operator, segment)
    with psycopg.connect(postgres_dsn) as conn:
        for sent in range(3):
            conn.execute(
                """
                INSERT INTO pushes (workspace_id, audience_id, kind, status, sent, error,
                    started_at, ended_at)
                VALUES (%s, %s, 'scheduled', 'done', %s, '', now(), now() + interval '2 seconds')
                """,
                (tenant.id, audience["id"], sent),
            )
    path = f"{AUDIENCES}/{audience['id']}/history"

    first = operator.get(path, limit=2)
    second = operator.get(path, limit=2, cursor=first["next"])

    assert [push["sent"] for push in first["items"] + second["items"]] == [2, 1, 0]
    assert second["next"] is None
    assert first["items"][0]["duration_s"] == 2.0


def test_other_workspaces_see_nothing(
    operator: Api, segment: int, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    audience = created(operator, segment)
    other = asks(tenants("second").admin)
    path = f"{AUDIENCES}/{audience['id']}"

    assert other.get(AUDIENCES)["items"] == []
    other.get(f"{path}/history", expect=404)
    other.post(f"{path}/sync", expect=404)
    assert other.http.delete(path).status_code == 404
    other.post(AUDIENCES, {"segment_id": segment, "platform": "meta", "name": "A"}, expect=404)
    other.post("/cdp/audiences/export", {"segment_id": segment}, expect=404)


def test_reader_may_look_and_not_operate(
    asks: Callable[[str], Api], tenant: Tenant, operator: Api, segment: int
) -> None:
    audience = created(operator, segment)
    reader = asks(tenant.read)

    assert len(reader.get(AUDIENCES)["items"]) == 1
    reader.post(f"{AUDIENCES}/{audience['id']}/sync", expect=403)
    reader.post("/cdp/audiences/export", {"segment_id": segment}, expect=403)
    assert reader.http.delete(f"{AUDIENCES}/{audience['id']}").status_code == 403


def customer(tenant: Tenant, user: str, consent: bool, **traits: Any) -> bytes:
    context = {"traits": traits, "consent": {"categoryPreferences": {"advertising": consent}}}
    properties = {"revenue": 10, "currency": "USD"}
    return tenant.event(
        "track",
        START_MS,
        event="Order Completed",
        userId=user,
        properties=properties,
        context=context,
    )


@pytest.fixture
def customers(tenant: Tenant, postgres_dsn: str) -> None:
    """Two who consent, one who did and whose consent is gone while the membership is still here."""
    tenant.feed(
        customer(tenant, "u1", True, email="u1@example.com", plan="=1+1"),
        customer(tenant, "u2", True, email="u2@example.com", age=7),
        customer(tenant, "u3", False, email="u3@example.com"),
    )
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("""
            INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)
            SELECT s.id, p.id, p.workspace_id, 1, now() FROM segments s
                JOIN profiles p USING (workspace_id)
            ON CONFLICT DO NOTHING
            """)


@pytest.mark.usefixtures("customers")
def test_json_export_holds_consenting_people_only(operator: Api, segment: int) -> None:
    answer = operator.http.post(
        "/cdp/audiences/export", json={"segment_id": segment, "events": True}
    )

    people = {person["identifiers"]["user_id"][0]: person for person in json.loads(answer.text)}
    assert set(people) == {"u1", "u2"}
    assert people["u1"]["traits"]["plan"] == "=1+1"
    assert people["u1"]["events"]["track:Order Completed"] == 1
    (entry,) = operator.get("/cdp/audit", action="export")["items"]
    assert entry["subject"] == f"segment:{segment}"


@pytest.mark.usefixtures("customers")
def test_csv_export_has_a_column_per_trait_and_no_formulas(operator: Api, segment: int) -> None:
    body = {"segment_id": segment, "format": "csv", "traits": ["plan", "age"], "identifiers": False}

    answer = operator.http.post("/cdp/audiences/export", json=body)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted((row["trait.plan"], row["trait.age"], row["orders"]) for row in rows) == [
        ("", "7", "1"),
        ("'=1+1", "", "1"),
    ]


def test_export_for_another_purpose_is_empty(operator: Api, segment: int) -> None:
    answer = operator.http.post(
        "/cdp/audiences/export", json={"segment_id": segment, "purpose": "research"}
    )

    assert answer.json() == []


def test_unconnected_platform_takes_no_audience(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant
) -> None:
    api = api_with(settings.model_copy(update={"meta": SECTIONS["meta"]()}), tenant.write)

    refused(api, 409, segment_id=1, platform="meta", name="A")
