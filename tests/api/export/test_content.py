"""Who is in an export, and what is told of each in which format."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.instants import DAY_MS
from sinks.ads import hashing
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.export.conftest import EXPORT, Written, bought, people

PRO = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "pro"}}


def test_rule_says_who_and_must_name_a_purpose(operator: Api, written: Written) -> None:
    view, content = written(rule=PRO, format="ndjson", purpose="advertising")

    assert set(people(content)) == {"u1"}
    assert (view["evaluated"], view["rows"], view["without_consent"], view["segment_id"]) == (
        3,
        1,
        1,
        None,
    )
    operator.post(EXPORT, {"rule": PRO}, expect=422)
    operator.post(EXPORT, {"rule": PRO, "segment_id": 1, "purpose": "advertising"}, expect=422)
    operator.post(EXPORT, {"purpose": "advertising"}, expect=422)


def test_rule_about_the_past_is_answered_from_stored_events(written: Written) -> None:
    rule = {
        "type": "event",
        "event": {"name": "Order Completed"},
        "condition": {"op": "at_least", "value": 2},
    }

    _, content = written(rule=rule, format="ndjson", purpose="advertising")

    assert set(people(content)) == {"u1"}


def test_without_a_purpose_everybody_is_exported_and_the_audit_says_why(
    operator: Api, written: Written, segment: int
) -> None:
    operator.post(EXPORT, {"segment_id": segment, "purpose": "none"}, expect=422)
    operator.post(EXPORT, {"segment_id": segment, "reason": "because"}, expect=422)

    _, content = written(
        segment_id=segment, format="ndjson", purpose="none", reason="court order 12"
    )

    assert set(people(content)) == {"u1", "u2", "u3"}
    (entry,) = operator.get("/cdp/audit", action="export")["items"]
    assert (entry["detail"]["purpose"], entry["detail"]["reason"]) == ("none", "court order 12")


def test_identifiers_are_hashed_as_audiences_are_and_who_has_none_is_left_out(
    written: Written, segment: int
) -> None:
    view, content = written(segment_id=segment, format="csv", identifiers="google", traits=[])

    (row,) = csv.DictReader(io.StringIO(content.decode()))
    assert row["identifier.email"] == hashing.digest("u1@example.com")
    assert row["identifier.phone"] == hashing.digest("+17067675127")
    assert (view["rows"], view["without_identifier"], view["without_consent"]) == (1, 1, 1)


@pytest.mark.parametrize("form", ["meta", "tiktok", "snapchat"])
def test_platform_forms_have_the_platforms_columns(
    written: Written, segment: int, form: str
) -> None:
    _, content = written(
        segment_id=segment, format="csv", identifiers=form, identifier_kinds=["email"], traits=[]
    )

    (row,) = csv.DictReader(io.StringIO(content.decode()))
    assert [name for name in row if name.startswith("identifier.")] == ["identifier.email"]
    assert row["identifier.email"] == hashing.digest("u1@example.com")


def test_unknown_names_are_refused(operator: Api, segment: int) -> None:
    operator.post(EXPORT, {"segment_id": segment, "identifier_kinds": ["shoe_size"]}, expect=422)
    operator.post(EXPORT, {"segment_id": segment, "computed": ["nothing"]}, expect=422)
    operator.post(EXPORT, {"segment_id": segment, "format": "xls"}, expect=422)
    assert operator.get("/cdp/exports")["items"] == []


def test_events_revenue_and_last_instants_are_told(written: Written, segment: int) -> None:
    _, content = written(
        segment_id=segment,
        format="ndjson",
        events=["Order Completed", "page:Home"],
        last_events=["Order Completed"],
        revenue=True,
    )

    one = people(content)["u1"]
    assert one["events"] == {"Order Completed": 2, "page:Home": 1}
    assert one["last_events"] == {"Order Completed": "2026-09-22T14:13:20.000Z"}
    assert one["revenue"] == {"USD": {"orders": 2, "amount_minor": 2000}}
    assert one["first_seen_at"] == "2026-09-21T14:13:20.000Z"


def test_computed_traits_are_told_and_null_while_they_are_built(
    api: Api, tenant: Tenant, written: Written, segment: int
) -> None:
    rule = {"function": "count", "event": {"name": "Order Completed"}}
    trait = api.post("/cdp/traits", {"name": "orders_made", "rule": rule}, 201)["id"]
    api.post(f"/cdp/traits/{trait}/publish")

    tenant.feed(bought(tenant, "u1", True, START_MS + 2 * DAY_MS))

    _, content = written(segment_id=segment, format="ndjson", computed=["orders_made"])

    assert [people(content)[user]["computed"] for user in ("u1", "u2")] == [
        {"orders_made": 3},
        {"orders_made": None},
    ]


def test_csv_defuses_formulas_unless_told_otherwise(written: Written, segment: int) -> None:
    wanted = {
        "segment_id": segment,
        "format": "csv",
        "traits": ["plan"],
        "identifier_kinds": ["phone"],
    }

    _, guarded = written(**wanted)
    _, bare = written(**wanted, guard_formulas=False)

    def cells(content: bytes, column: str) -> set[str]:
        return {row[column] for row in csv.DictReader(io.StringIO(content.decode()))}

    assert cells(guarded, "trait.plan") == {"pro", "'=cmd()"}
    assert cells(guarded, "identifier.phone") == {"", "'+17067675127"}
    assert cells(bare, "trait.plan") == {"pro", "=cmd()"}


def test_parquet_has_typed_columns(written: Written, segment: int) -> None:
    _, content = written(
        segment_id=segment,
        format="parquet",
        traits=["plan", "seats"],
        types={"seats": "integer"},
        events=["Order Completed"],
        last_events=["page:Home"],
        revenue=True,
    )

    table = pq.read_table(io.BytesIO(content))
    types = {field.name: field.type for field in table.schema}
    assert (types["orders"], types["trait.seats"], types["trait.plan"]) == (
        pa.int64(),
        pa.int64(),
        pa.string(),
    )
    assert types["first_seen_at"] == pa.timestamp("ms", tz="UTC")
    assert pa.types.is_map(types["identifiers"])
    rows = {row["trait.plan"]: row for row in table.to_pylist()}
    assert (rows["pro"]["trait.seats"], rows["=cmd()"]["trait.seats"]) == (7, None)
    assert rows["pro"]["event.Order Completed"] == 2
    assert rows["pro"]["last.page:Home"].isoformat() == "2026-09-21T14:13:20+00:00"
    assert rows["pro"]["revenue"] == [{"currency": "USD", "orders": 2, "amount_minor": 2000}]
    assert ("email", ["u1@example.com"]) in rows["pro"]["identifiers"]
