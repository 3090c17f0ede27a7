"""Whoever withdraws consent takes the files along that may hold them and serve the purpose."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from store.unify.withdrawals import RESTARTS
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.export.conftest import Written, bought, ordered

Drain = Callable[[], list[bytes]]
LATER_MS = START_MS + 1_000_000_000


def refusal(
    tenant: Tenant, user: str = "u1", purpose: str = "advertising", at_ms: int = LATER_MS
) -> bytes:
    context = {"consent": {"categoryPreferences": {purpose: False}}}
    return tenant.event("identify", at_ms, userId=user, context=context)


def status(operator: Api, export: Any) -> tuple[str, str | None]:
    found = operator.get(f"/cdp/exports/{export['id']}")
    return found["status"], found["reason"]


def by_an_event(tenant: Tenant, _api: Api, _drain: Drain) -> None:
    tenant.feed(refusal(tenant))


def by_an_operator(tenant: Tenant, api: Api, drain: Drain) -> None:
    drain()
    person = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"]
    body = {"purpose": "advertising", "state": "refused", "reason": "asked on the phone"}
    api.post(f"/cdp/profiles/{person}/consent", body)
    tenant.feed(*drain())


@pytest.mark.parametrize("withdraw", [by_an_event, by_an_operator])
def test_a_withdrawal_revokes_the_file_that_holds_the_person(
    tenant: Tenant,
    api: Api,
    operator: Api,
    segment: int,
    written: Written,
    drain: Drain,
    withdraw: Callable[[Tenant, Api, Drain], None],
) -> None:
    export, _ = written(format="ndjson", purpose="advertising", segment_id=segment)

    withdraw(tenant, api, drain)

    assert status(operator, export) == ("revoked", "withdrawn")
    operator.get(f"/cdp/exports/{export['id']}/download", expect=410)


def test_a_file_of_a_rule_is_revoked_too(tenant: Tenant, operator: Api, written: Written) -> None:
    rule = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "pro"}}
    export, _ = written(format="ndjson", purpose="advertising", rule=rule)

    tenant.feed(refusal(tenant))

    assert status(operator, export) == ("revoked", "withdrawn")


def test_who_left_the_segment_and_was_merged_since_is_in_its_file_all_the_same(
    tenant: Tenant, operator: Api, segment: int, written: Written, postgres_dsn: str
) -> None:
    export, _ = written(format="ndjson", purpose="advertising", segment_id=segment)
    tenant.feed(tenant.event("identify", LATER_MS, userId="u1", anonymousId="a9"))
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("DELETE FROM memberships")

    tenant.feed(refusal(tenant))

    assert status(operator, export) == ("revoked", "withdrawn")


def test_files_that_do_not_hold_the_person_or_serve_another_purpose_stay(
    tenant: Tenant, operator: Api, segment: int, written: Written
) -> None:
    tenant.feed(
        tenant.event(
            "identify",
            START_MS,
            userId="bystander",
            context={"consent": {"categoryPreferences": {"advertising": True, "email": True}}},
        )
    )
    export, _ = written(format="ndjson", purpose="advertising", segment_id=segment)

    tenant.feed(
        refusal(tenant, "bystander"),  # never in the segment
        refusal(tenant, "u3"),  # had refused before
        refusal(tenant, "u1", "email"),  # never granted
    )

    assert status(operator, export)[0] == "done"


def test_a_file_that_is_being_written_is_begun_again(
    tenant: Tenant, operator: Api, segment: int, postgres_dsn: str
) -> None:
    export = ordered(operator, format="ndjson", purpose="advertising", segment_id=segment)
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("UPDATE exports SET status = 'running', started_at = now()")

    tenant.feed(refusal(tenant))

    assert status(operator, export)[0] == "queued"


def test_a_file_that_always_begins_again_fails_and_says_why(
    tenant: Tenant, operator: Api, segment: int, postgres_dsn: str
) -> None:
    export = ordered(operator, format="ndjson", purpose="advertising", segment_id=segment)
    for number in range(RESTARTS + 1):
        assert status(operator, export)[0] == "queued"
        with psycopg.connect(postgres_dsn) as conn:
            conn.execute("UPDATE exports SET status = 'running', started_at = now()")
        at_ms = LATER_MS + 2 * number
        tenant.feed(refusal(tenant, at_ms=at_ms))
        if number < RESTARTS:  # they change their mind
            tenant.feed(bought(tenant, "u1", True, at_ms + 1))
    assert status(operator, export) == ("failed", "withdrawn")


def test_a_merge_that_ends_consent_revokes(
    tenant: Tenant, operator: Api, segment: int, written: Written
) -> None:
    export, _ = written(format="ndjson", purpose="advertising", segment_id=segment)
    context = {"consent": {"categoryPreferences": {"advertising": False}}}
    tenant.feed(tenant.event("page", LATER_MS, anonymousId="a9", name="Home", context=context))
    assert status(operator, export)[0] == "done"

    tenant.feed(tenant.event("identify", LATER_MS, userId="u2", anonymousId="a9"))

    assert status(operator, export) == ("revoked", "withdrawn")


def test_a_file_written_after_the_withdrawal_stays(
    tenant: Tenant, operator: Api, segment: int, written: Written
) -> None:
    tenant.feed(refusal(tenant))
    export, content = written(format="ndjson", purpose="advertising", segment_id=segment)
    tenant.feed(refusal(tenant), bought(tenant, "u1", False, LATER_MS + 1))

    assert status(operator, export)[0] == "done"
    assert b"u1" not in content
