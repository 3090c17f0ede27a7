"""What people tell activation over the API: on every platform, and what each word does to an
audience."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant, connected
from tests.integration.activation.places import Place, listening

AUDIENCES, PLATFORMS = "/cdp/audience-sync/audiences", "/cdp/platforms"


@pytest.fixture
def place() -> Iterator[Place]:
    with listening("google") as found:
        yield found


@pytest.fixture
def settings(settings: Settings, place: Place) -> Settings:
    """Settings with Google connected, too."""
    return connected(settings, google=place.settings)


@pytest.fixture
def operator(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.write)


@pytest.fixture
def audience(operator: Api) -> str:
    (segment,) = operator.get("/cdp/segments")["items"]
    body = {
        "segment_id": segment["id"],
        "platform": "google",
        "name": "Customers",
        "interval_s": 0,
        "ttl_s": 86400,
        "holdout_percent": 10,
    }
    made = operator.post(AUDIENCES, body, expect=201)
    assert (made["platform"], made["interval_s"], made["ttl_s"], made["holdout_percent"]) == (
        "google",
        0,
        86400,
        10,
    )
    return f"{AUDIENCES}/{made['id']}"


def actions(operator: Api) -> list[str]:
    return [
        entry["action"]
        for entry in operator.get("/cdp/audit")["items"]
        if entry["action"].split(".")[0] in {"audience", "platform"}
    ]


def test_pause_and_resume_are_audited_once(operator: Api, audience: str) -> None:
    states = [
        operator.post(f"{audience}/{word}", expect=200)["status"]
        for word in ("pause", "pause", "resume", "resume")
    ]

    assert states == ["paused", "paused", "active", "active"]
    assert actions(operator)[::-1] == ["audience.create", "audience.pause", "audience.resume"]


def test_paused_audience_takes_no_push(operator: Api, audience: str) -> None:
    operator.post(f"{audience}/pause", expect=200)

    operator.post(f"{audience}/sync", expect=409)
    operator.post(f"{audience}/reconcile", {"resend": False}, expect=409)


def test_cancel_stops_the_push_under_way_and_leaves_withdrawals(
    operator: Api, audience: str, postgres_dsn: str
) -> None:
    number = int(audience.rpartition("/")[2])
    with psycopg.connect(postgres_dsn) as conn:
        for kind in ("manual", "urgent"):
            conn.execute(
                """
                WITH push AS (INSERT INTO pushes (workspace_id, audience_id, kind, status,
                    started_at)
                              SELECT workspace_id, id, %s, 'running', now() FROM audiences
                                  WHERE id = %s RETURNING id)
                INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)
                SELECT id, 0, 'remove', '[]', 'recorded', now() FROM push
                """,
                (kind, number),
            )

    operator.post(f"{audience}/cancel", expect=200)

    history = operator.get(f"{audience}/history")["items"]
    assert {push["kind"]: push["status"] for push in history} == {
        "manual": "cancelled",
        "urgent": "running",
    }
    (request,) = operator.get(f"{audience}/history/{history[1]['id']}")["items"]
    assert (request["operation"], request["status"]) == ("remove", "abandoned")


def test_cancelling_what_was_never_pushed_does_not_put_the_first_push_off(
    operator: Api, audience: str
) -> None:
    before = operator.get(audience)
    assert operator.post(f"{audience}/cancel", expect=200) == before
    operator.post(f"{audience}/sync", expect=202)

    assert operator.post(f"{audience}/cancel", expect=200) == before
    assert (before["last_pushed_at"], before["next_due_at"]) == (None, before["created_at"])


def test_cancelling_the_first_push_puts_the_next_one_off(
    operator: Api, audience: str, execute: Callable[..., Any]
) -> None:
    operator.patch(audience, {"interval_s": 7200})
    execute(
        "INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)"
        " SELECT workspace_id, id, 'scheduled', 'running', now() FROM audiences"
    )

    cancelled = operator.post(f"{audience}/cancel", expect=200)

    assert cancelled["last_push"]["status"] == "cancelled"
    assert datetime.fromisoformat(cancelled["next_due_at"]) > datetime.now(UTC)


def test_reconcile_asks_for_a_push_that_compares_everything(
    operator: Api, audience: str, postgres_dsn: str
) -> None:
    body = {"resend": True, "reason": "Emptied by hand."}
    answer = operator.post(f"{audience}/reconcile", body, expect=202)

    assert answer["requested_at"] is not None
    (entry,) = operator.get("/cdp/audit", action="audience.reconcile")["items"]
    assert entry["detail"] == body
    with psycopg.connect(postgres_dsn) as conn:
        assert conn.execute("SELECT cursor_tx FROM audiences").fetchone() == (None,)


def test_preview_counts_and_changes_nothing(operator: Api, audience: str) -> None:
    found: dict[str, Any] = operator.post(f"{audience}/preview", expect=200)

    nothing = dict.fromkeys(
        (
            "members",
            "held_out",
            "listed",
            "concerned",
            "examined",
            "adds",
            "removes",
            "come",
            "go",
            "requests",
        ),
        0,
    )
    gate = {
        "verdict": "hold",
        "codes": ["no_signal"],
        "reasons": ["no signal feeds this audience yet: no data is not health"],
    }
    assert found == nothing | {"exact": True, "skipped": {}} | gate
    assert operator.get(f"{audience}/history")["items"] == []


def test_check_says_how_the_platform_is_and_what_to_do(operator: Api, place: Place) -> None:
    before = {one["platform"]: one["status"] for one in operator.get(PLATFORMS)}
    well = operator.post(f"{PLATFORMS}/google/check", expect=200)
    place.fault("revoked_grant", "token")
    ill = operator.post(f"{PLATFORMS}/google/check", expect=200)
    absent = operator.post(f"{PLATFORMS}/tiktok/check", expect=200)

    assert before == {
        "meta": "connected",
        "google": "connected",
        "tiktok": "not_configured",
        "snapchat": "not_configured",
    }
    assert (well["result"], well["advice"]) == ("ok", None)
    assert ill["result"] == "reauth"
    assert "Connect Google again" in ill["advice"]
    assert "docs/platforms/tiktok.md" in absent["advice"]
    assert "add" not in place.sandbox.requests


def test_disconnected_platform_rests_until_it_is_connected(
    operator: Api, audience: str, asks: Callable[[str], Api], tenant: Tenant
) -> None:
    why = {"reason": "Another agency has the account."}
    left = operator.post(f"{PLATFORMS}/google/disconnect", why, expect=200)
    assert left["status"] == "disconnected"
    (entry,) = operator.get("/cdp/audit", action="platform.disconnect")["items"]
    assert entry["detail"] == why
    assert operator.get(audience)["status"] == "paused"
    operator.post(f"{audience}/resume", expect=409)

    operator.post(f"{PLATFORMS}/google/connect", expect=403)
    assert (
        asks(tenant.admin).post(f"{PLATFORMS}/google/connect", expect=200)["status"] == "connected"
    )
    assert operator.post(f"{audience}/resume", expect=200)["status"] == "active"
    assert actions(operator)[0] == "audience.resume"
