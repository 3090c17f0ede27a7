"""Speaking to the gate: modes, overrides, releases, confirmations, past pushes judged anew –
audited, per workspace, per scope."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from domain.gate import Code
from domain.instants import to_ms
from domain.signals.reading import Reading, Status
from store.signals.signals import write_readings
from store.workspaces.bootstrap import create_api_key
from tests.api.conftest import Api, Tenant, with_meta

GATE = "/cdp/gate"
AUDIENCES = "/cdp/audience-sync/audiences"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with Meta connected."""
    return with_meta(settings)


@pytest.fixture
def operator(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.write)


@pytest.fixture
def admin(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.admin)


@pytest.fixture
def releaser(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    """Holds the scope gate and no other."""
    return asks(tenant.gate)


@pytest.fixture
def audience(operator: Api) -> int:
    (segment,) = operator.get("/cdp/segments")["items"]
    body = {
        "segment_id": segment["id"],
        "platform": "meta",
        "name": "Customers",
        "interval_s": 7200,
    }
    return int(operator.post(AUDIENCES, body, expect=201)["id"])


def soon(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def test_a_gate_to_which_nobody_spoke_enforces(operator: Api) -> None:
    found = operator.get(GATE)
    assert found["thresholds"]["healthy"] == 70
    assert (found["modes"], found["overrides"], found["releases"]) == ([], [], [])


def test_freezing_holds_until_it_is_lifted_and_both_are_audited(
    admin: Api, operator: Api, audience: int
) -> None:
    frozen = admin.put(
        f"{GATE}/mode",
        {"scope": f"audience:{audience}", "mode": "frozen", "reason": "moving house"},
    )
    assert [(one["mode"], one["expires_at"]) for one in frozen] == [("frozen", None)]
    assert operator.get(f"{AUDIENCES}/{audience}/gate")["codes"][0] == "frozen"

    assert (
        admin.put(
            f"{GATE}/mode",
            {"scope": f"audience:{audience}", "mode": "enforce", "reason": "we are there"},
        )
        == []
    )
    assert operator.get(f"{AUDIENCES}/{audience}/gate")["codes"] == ["no_signal"]
    said = [
        entry["detail"]["mode"] for entry in operator.get("/cdp/audit", action="gate.mode")["items"]
    ]
    assert said == ["enforce", "frozen"]


def test_nothing_lasts_for_ever(admin: Api, operator: Api, releaser: Api, audience: int) -> None:
    advisory = {"scope": "workspace", "mode": "advisory", "reason": "first weeks"}
    override = {"scope": "workspace", "codes": ["degraded"], "reason": "known"}
    assert "when it ends" in admin.put(f"{GATE}/mode", advisory, expect=422)["detail"]
    for ends in (soon(days=8), soon(seconds=-1)):
        admin.put(f"{GATE}/mode", advisory | {"expires_at": ends}, expect=422)
        admin.post(f"{GATE}/overrides", override | {"expires_at": ends}, expect=422)
        releaser.post(
            f"{AUDIENCES}/{audience}/release", {"reason": "checked", "expires_at": ends}, expect=422
        )
    admin.post(f"{GATE}/overrides", override, expect=422)
    assert operator.get(f"{GATE}/overrides") == []


def test_an_override_is_approved_by_somebody_else_and_can_be_taken_back(
    admin: Api, operator: Api, releaser: Api
) -> None:
    body = {
        "scope": "platform:meta",
        "codes": ["mass_addition", "degraded"],
        "reason": "spring campaign",
        "expires_at": soon(hours=2),
    }
    made = admin.post(f"{GATE}/overrides", body, expect=201)
    assert (made["codes"], made["approved_by"]) == (["degraded", "mass_addition"], None)

    admin.post(f"{GATE}/overrides/{made['id']}/approve", {}, expect=422)
    operator.post(f"{GATE}/overrides/{made['id']}/approve", {}, expect=403)
    approved = releaser.post(f"{GATE}/overrides/{made['id']}/approve", {}, expect=200)
    assert approved["approved_by"] not in {None, made["author"]}
    releaser.post(f"{GATE}/overrides/{made['id']}/approve", {}, expect=409)

    assert [one["id"] for one in operator.get(GATE)["overrides"]] == [made["id"]]
    operator.delete(f"{GATE}/overrides/{made['id']}")
    assert operator.get(GATE)["overrides"] == []
    assert operator.get(f"{GATE}/overrides")[0]["revoked_by"] is not None
    actions = {entry["action"] for entry in operator.get("/cdp/audit")["items"]}
    assert {"gate.override", "gate.override.approve", "gate.override.revoke"} <= actions


@pytest.mark.parametrize("code", [Code.FROZEN, Code.MISTAKEN, Code.TAKES_OFF])
def test_some_reasons_nobody_may_override(admin: Api, code: Code) -> None:
    body = {
        "scope": "workspace",
        "codes": [code.value],
        "reason": "let me",
        "expires_at": soon(hours=1),
    }
    assert code.value in admin.post(f"{GATE}/overrides", body, expect=422)["detail"]


def test_a_release_is_of_one_audience_and_shown_until_it_is_used(
    operator: Api, releaser: Api, audience: int
) -> None:
    made = releaser.post(
        f"{AUDIENCES}/{audience}/release",
        {"reason": "checked by hand", "expires_at": soon(hours=1)},
        expect=201,
    )
    assert (made["kind"], made["scope"], made["push_id"]) == (
        "release",
        f"audience:{audience}",
        None,
    )
    assert operator.get(GATE)["releases"] == [made]
    now = operator.get(f"{AUDIENCES}/{audience}/gate")
    assert (now["verdict"], now["codes"]) == ("pass", ["released", "no_signal"])


def test_the_first_push_is_confirmed_once(operator: Api, admin: Api, audience: int) -> None:
    assert operator.get(f"{AUDIENCES}/{audience}/gate")["confirmed_first"] is False
    for reason in ("it is meant", "again"):
        body = {"reason": reason}
        found = admin.post(f"{AUDIENCES}/{audience}/confirm", body, expect=200)
        assert found["confirmed_first"] is True
    (entry,) = operator.get("/cdp/audit", action="gate.confirm_first")["items"]
    assert entry["detail"] == {"reason": "it is meant"}


@pytest.mark.parametrize(
    "scope", ["audience:999999", "audience:x", "everything", "platform:", "platform:facebook"]
)
def test_a_scope_that_is_none_is_refused(admin: Api, scope: str) -> None:
    admin.put(f"{GATE}/mode", {"scope": scope, "mode": "frozen", "reason": "why not"}, expect=422)


def test_reading_keys_say_nothing_and_other_workspaces_see_nothing(
    tenant: Tenant,
    releaser: Api,
    audience: int,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
) -> None:
    reader = asks(tenant.read)
    body = {"reason": "checked by hand", "expires_at": soon(hours=1)}
    reader.post(f"{AUDIENCES}/{audience}/release", body, expect=403)
    reader.post(f"{AUDIENCES}/{audience}/confirm", {}, expect=403)
    reader.put(
        f"{GATE}/mode", {"scope": "workspace", "mode": "frozen", "reason": "why not"}, expect=403
    )
    made = releaser.post(f"{AUDIENCES}/{audience}/release", body, expect=201)
    stranger = asks(tenants("elsewhere").admin)
    assert stranger.get(f"{GATE}/overrides") == []
    stranger.post(f"{AUDIENCES}/{audience}/release", body, expect=404)
    stranger.post(f"{GATE}/releases/{made['id']}/approve", {}, expect=404)
    stranger.delete(f"{GATE}/releases/{made['id']}", expect=404)


def test_whatever_lets_a_push_pass_takes_the_scope_gate_and_stopping_does_not(
    operator: Api,
    releaser: Api,
    asks: Callable[[str], Api],
    audience: int,
    settings: Settings,
    tenant: Tenant,
) -> None:
    """Every way to let pass what the gate would not, and everything that ends what holds pushes,
    now or later."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        everything_else = asks(
            create_api_key(conn, tenant.id, "all but one", ["read", "write", "admin"])  # type: ignore[arg-type]
        )
    frozen = {"scope": "workspace", "mode": "frozen", "reason": "moving house"}
    until = {"reason": "checked by hand", "expires_at": soon(hours=1)}
    override = {"scope": "workspace", "codes": ["degraded"]} | until
    release = releaser.post(f"{AUDIENCES}/{audience}/release", until, expect=201)["id"]
    said = release, releaser.post(f"{GATE}/overrides", override, expect=201)["id"]
    for api in (operator, everything_else):
        api.post(f"{AUDIENCES}/{audience}/release", until, expect=403)
        api.post(f"{AUDIENCES}/{audience}/confirm", {}, expect=403)
        api.post(f"{GATE}/overrides", override, expect=403)
        api.post(f"{GATE}/releases/{said[0]}/approve", {}, expect=403)
        api.post(f"{GATE}/overrides/{said[1]}/approve", {}, expect=403)
        api.post(f"{GATE}/mode/workspace/approve", {}, expect=403)
        api.put(f"{GATE}/mode", frozen)
        for loosens in (
            {"mode": "enforce"},
            {"mode": "advisory"} | until,
            {"mode": "frozen"} | until,
        ):
            api.put(f"{GATE}/mode", frozen | loosens, expect=403)
        assert [one["mode"] for one in api.get(GATE)["modes"]] == ["frozen"]
    operator.delete(f"{GATE}/releases/{said[0]}")
    releaser.delete(f"{GATE}/overrides/{said[1]}")
    releaser.put(f"{GATE}/mode", frozen)
    assert releaser.put(f"{GATE}/mode", frozen | {"mode": "enforce"}) == []
    releaser.get(GATE, expect=403)


def test_an_audience_shows_what_its_pushes_rest_on(
    operator: Api, audience: int, tenant: Tenant, settings: Settings
) -> None:
    tenant.feed(tenant.event(event="Viewed", userId="u1"))
    signal = f"source:{tenant.source}"
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute("UPDATE observations SET minute_at = date_trunc('minute', now())")
        now_ms = to_ms(datetime.now(UTC))
        (stored,) = write_readings(
            conn,
            [Reading(tenant.id, signal, now_ms, 63.0, Status.DEGRADED, 90, (), ("because",))],  # type: ignore[arg-type]
        )
    found = operator.get(f"{AUDIENCES}/{audience}/gate")
    assert (found["verdict"], found["codes"], found["mode"]) == ("hold", ["degraded"], "enforce")
    (shown,) = found["depends_on"]
    assert (shown["signal"], shown["reading_id"], shown["score"], shown["status"]) == (
        signal,
        stored.id,
        63.0,
        "degraded",
    )


@pytest.mark.parametrize(
    ("last", "code"), [(timedelta(minutes=-5), "stale"), (timedelta(hours=1), "future")]
)
def test_a_signal_that_a_push_rests_on_is_unknown_where_its_reading_says_nothing_of_now(
    operator: Api, audience: int, tenant: Tenant, settings: Settings, last: timedelta, code: str
) -> None:
    tenant.feed(tenant.event(event="Viewed", userId="u1"))
    signal, read_ms = f"source:{tenant.source}", to_ms(datetime.now(UTC) + last)
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute("UPDATE observations SET minute_at = date_trunc('minute', now())")
        (stored,) = write_readings(
            conn,
            [Reading(tenant.id, signal, read_ms, 99.0, Status.HEALTHY, 90)],  # type: ignore[arg-type]
        )
    found = operator.get(f"{AUDIENCES}/{audience}/gate")
    assert (found["verdict"], found["codes"]) == ("hold", [code])
    assert found["reasons"][0].startswith(f"{signal} is unknown: its newest reading ")
    (shown,) = found["depends_on"]
    assert (shown["reading_id"], shown["score"], shown["status"]) == (stored.id, 99.0, "unknown")


def decided(conn: psycopg.Connection[Any], tenant: Tenant, at: datetime, verdict: str) -> None:
    """A recorded decision over one reading of 75."""
    reading = Reading(tenant.id, "source:1", to_ms(at), 75.0, Status.HEALTHY, 90)  # type: ignore[arg-type]
    history = [
        Reading(tenant.id, "source:1", reading.read_ms - age, 75.0, Status.HEALTHY, 90)  # type: ignore[arg-type]
        for age in (2, 1, 0)
    ]
    write_readings(conn, history)
    conn.execute(
        """
        INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation,
            reasons, reading_ids, decided_at,
                               depends_on)
        VALUES (%s, 'meta:1', 1, 'push', %s, 'execute', %s, '{}', %s, '{source:1}')
        """,
        (tenant.id, verdict, Jsonb(["because"]), at),
    )


def test_past_pushes_are_judged_with_other_thresholds(
    api: Api, tenant: Tenant, settings: Settings
) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        for minutes in (30, 20, 10):
            decided(conn, tenant, now - timedelta(minutes=minutes), "pass")
    body = {"since": soon(hours=-1), "until": soon(hours=1)}

    assert api.post(f"{GATE}/rejudge", body, expect=200)["counts"] == {"pass → pass": 3}
    stricter = api.post(f"{GATE}/rejudge", body | {"thresholds": {"healthy": 80}}, expect=200)
    assert (stricter["judged"], stricter["complete"], stricter["counts"]) == (
        3,
        True,
        {"pass → hold": 3},
    )
    assert {one["codes"][0] for one in stricter["differing"]} == {"degraded"}
    assert (
        "healthy"
        in api.post(f"{GATE}/rejudge", body | {"thresholds": {"healthy": 10}}, expect=422)["detail"]
    )
    assert (
        "speed"
        in api.post(f"{GATE}/rejudge", body | {"thresholds": {"speed": 10}}, expect=422)["detail"]
    )
    api.post(f"{GATE}/rejudge", {"since": soon(hours=1), "until": soon(hours=-1)}, expect=422)


def test_audiences_are_counted_by_what_the_gate_says_of_them(
    admin: Api,
    operator: Api,
    audience: int,
    asks: Callable[[str], Api],
    tenants: Callable[[str], Tenant],
) -> None:
    counts = operator.get(f"{GATE}/audiences")
    assert (counts["passing"], counts["held"], counts["blocked"]) == (0, 1, 0)
    assert counts["exact"] is True
    listed = operator.get(AUDIENCES)["items"]
    assert [one["gate"]["verdict"] for one in listed] == ["hold"]

    admin.post(
        f"{GATE}/overrides",
        {
            "scope": "workspace",
            "codes": ["no_signal", "first_sync"],
            "reason": "first weeks",
            "expires_at": soon(hours=1),
        },
        expect=201,
    )
    counts = operator.get(f"{GATE}/audiences")
    assert (counts["passing"], counts["held"], counts["blocked"]) == (1, 0, 0)

    operator.delete(f"{AUDIENCES}/{audience}", expect=202)
    counts = operator.get(f"{GATE}/audiences")
    assert (counts["passing"], counts["held"], counts["blocked"]) == (0, 0, 0)
    other = asks(tenants("second").read).get(f"{GATE}/audiences")
    assert (other["passing"], other["held"], other["blocked"]) == (0, 0, 0)


def test_an_audience_names_what_people_let_pass_of_it_by_any_scope(
    admin: Api, operator: Api, releaser: Api, audience: int
) -> None:
    def override(scope: str) -> int:
        body = {"codes": ["degraded"], "reason": "known", "expires_at": soon(hours=1)}
        return int(admin.post(f"{GATE}/overrides", body | {"scope": scope}, expect=201)["id"])

    body = {"platform": "meta", "name": "Others", "interval_s": 7200}
    (segment,) = operator.get("/cdp/segments")["items"]
    other = operator.post(AUDIENCES, body | {"segment_id": segment["id"]}, expect=201)["id"]
    scopes = ["workspace", "platform:meta", f"audience:{audience}"]
    made = {scope: override(scope) for scope in scopes}
    for scope in ("platform:google", f"audience:{other}"):
        override(scope)
    release = {"reason": "checked", "expires_at": soon(hours=1)}
    releaser.post(f"{AUDIENCES}/{audience}/release", release, expect=201)

    found = operator.get(f"{AUDIENCES}/{audience}/gate")

    assert {(one["kind"], one["scope"]) for one in found["interventions"]} == {
        *(("override", scope) for scope in scopes),
        ("release", f"audience:{audience}"),
    }
    assert {one["state"] for one in found["interventions"]} == {"in_force"}
    assert found["thresholds"] == operator.get(GATE)["thresholds"]

    operator.delete(f"{GATE}/overrides/{made['workspace']}")
    found = operator.get(f"{AUDIENCES}/{audience}/gate")
    assert "workspace" not in {one["scope"] for one in found["interventions"]}
    states = {one["id"]: one["state"] for one in operator.get(f"{GATE}/overrides")}
    assert states[made["workspace"]] == "revoked"


def test_where_two_persons_are_needed_an_override_says_that_it_waits(
    settings: Settings, tenant: Tenant, api_with: Callable[[Settings, str], Api]
) -> None:
    careful = settings.model_copy(update={"gate": replace(settings.gate, two_persons=True)})
    body = {"scope": "workspace", "codes": ["degraded"], "reason": "known"}
    made = api_with(careful, tenant.admin).post(
        f"{GATE}/overrides", body | {"expires_at": soon(hours=1)}, expect=201
    )
    assert made["state"] == "unapproved"
    approved = api_with(careful, tenant.gate).post(
        f"{GATE}/overrides/{made['id']}/approve", {}, expect=200
    )
    assert approved["state"] == "in_force"


def test_one_override_or_release_is_read_by_its_kind_and_id_also_when_it_is_over(
    admin: Api, operator: Api, releaser: Api, audience: int
) -> None:
    body = {"codes": ["degraded"], "reason": "known", "expires_at": soon(hours=1)}
    made = admin.post(f"{GATE}/overrides", body | {"scope": "workspace"}, expect=201)
    release = {"reason": "checked", "expires_at": soon(hours=1)}
    released = releaser.post(f"{AUDIENCES}/{audience}/release", release, expect=201)

    assert operator.get(f"{GATE}/overrides/{made['id']}") == made
    assert operator.get(f"{GATE}/releases/{released['id']}") == released
    operator.delete(f"{GATE}/overrides/{made['id']}")
    assert operator.get(f"{GATE}/overrides/{made['id']}")["state"] == "revoked"
    operator.get(f"{GATE}/releases/{released['id'] + 1}", expect=404)
