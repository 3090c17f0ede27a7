"""Law 8: one workspace's key reads and changes nothing of another.

Every route of the application is walked; none may be missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from api.app import ROUTES
from api.web import methods
from config.settings import Settings
from domain.privacy.retention import SETTABLE
from tests.api.conftest import START_MS, Api, Tenant, with_meta
from tests.api.opendsr.conftest import IDS as DSR_IDS
from tests.api.opendsr.conftest import request as dsr_request
from tests.api.opendsr.conftest import with_opendsr
from tests.support.certificates import make_pair

EMPTY = "empty"
"""A listing that must hold nothing."""
OPEN = "open"
"""Answers anybody the same; must hold no mark of the first workspace."""
MARK = "topsecret"
"""Part of every name and value of the first workspace."""
SOON = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
COUNTED = {"function": "count", "event": {"name": "Order Completed"}}

DSR = dsr_request("access", 1)
"""A request of another system, for somebody whom only the first workspace knows."""

# Route → (body, what another workspace's key must get: a status, EMPTY, or OPEN). Path parameters
# name things of the first workspace.
TABLE: dict[str, tuple[Any, int | str]] = {
    "GET /cdp/audience-sync/platforms": (None, OPEN),
    "GET /cdp/audience-sync/audiences": (None, EMPTY),
    "POST /cdp/audience-sync/audiences": (
        {"segment_id": "{segment}", "platform": "meta", "name": "mine", "interval_s": 3600},
        404,
    ),
    "POST /cdp/audience-sync/preview": ({"segment_id": "{segment}", "platform": "meta"}, 404),
    "GET /cdp/audience-sync/audiences/{audience}/people": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/sync": (None, 404),
    "GET /cdp/audience-sync/audiences/{audience}": (None, 404),
    "PATCH /cdp/audience-sync/audiences/{audience}": ({"interval_s": 7200}, 404),
    "POST /cdp/audience-sync/audiences/{audience}/pause": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/resume": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/cancel": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/reconcile": ({"resend": True}, 404),
    "POST /cdp/audience-sync/audiences/{audience}/preview": (None, 404),
    "GET /cdp/audience-sync/audiences/{audience}/history/{audience}": (None, 404),
    "GET /cdp/platforms": (None, OPEN),
    "POST /cdp/platforms/{signal}/check": (None, 422),
    "POST /cdp/platforms/{signal}/connect": (None, 422),
    "POST /cdp/platforms/{signal}/disconnect": (None, 422),
    "GET /cdp/audience-sync/audiences/{audience}/gate": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/confirm": (None, 404),
    "POST /cdp/audience-sync/audiences/{audience}/release": (
        {"reason": "mine", "expires_at": SOON},
        404,
    ),
    "GET /cdp/gate": (None, OPEN),
    "GET /cdp/gate/audiences": (None, OPEN),
    "PUT /cdp/gate/mode": ({"scope": "audience:1", "mode": "frozen", "reason": "mine"}, 422),
    "POST /cdp/gate/mode/{scope}/approve": (None, 404),
    "GET /cdp/gate/overrides": (None, OPEN),
    "POST /cdp/gate/overrides": (
        {"scope": "workspace", "codes": ["stale"], "reason": "mine", "expires_at": SOON},
        OPEN,
    ),
    "POST /cdp/gate/{said}/{override}/approve": (None, 404),
    "GET /cdp/gate/{said}/{override}": (None, 404),
    "DELETE /cdp/gate/{said}/{override}": (None, 404),
    "POST /cdp/gate/rejudge": (
        {"since": "2026-03-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"},
        OPEN,
    ),
    "GET /cdp/audience-sync/audiences/{audience}/history": (None, 404),
    "DELETE /cdp/audience-sync/audiences/{audience}": (None, 404),
    "POST /cdp/audiences/export": ({"segment_id": "{segment}"}, 404),
    "POST /cdp/audiences/export?wait=false": (
        {"rule": {"type": "segment", "segment": "{segment}"}, "purpose": "advertising"},
        422,
    ),
    "GET /cdp/exports": (None, EMPTY),
    "GET /cdp/exports/{export}": (None, 404),
    "GET /cdp/exports/{export}/download": (None, 404),
    "DELETE /cdp/exports/{export}": (None, 404),
    "GET /cdp/audit": (None, OPEN),
    "GET /cdp/keys": (None, OPEN),
    "POST /cdp/keys": ({"name": "mine", "scopes": ["read"]}, OPEN),
    "DELETE /cdp/keys/{key}": (None, 404),
    "GET /cdp/sources": (None, OPEN),
    "POST /cdp/sources": ({"name": "mine"}, OPEN),
    "POST /cdp/sources/{source}/keys": (None, 404),
    "DELETE /cdp/sources/{source}/keys/{write_key}": (None, 404),
    "POST /cdp/login": ({"api_key": "topsecret"}, 401),
    "GET /cdp/login": (None, OPEN),
    "DELETE /cdp/login": (None, 409),
    "GET /cdp/audit/verify": (None, OPEN),
    "GET /cdp/audit/export": (None, OPEN),
    "GET /cdp/statistics/dead-letters": (None, OPEN),
    "GET /cdp/catalogue/events": (None, EMPTY),
    "GET /cdp/catalogue/properties?name=Order+Completed": (None, EMPTY),
    "GET /cdp/catalogue/identifiers": (None, OPEN),
    "GET /cdp/catalogue/traits": (None, EMPTY),
    "GET /cdp/catalogue/purposes": (None, OPEN),
    "POST /cdp/profiles/{profile}/unmerge": (
        {"identifiers": [{"kind": "user_id", "value": "topsecret-1"}], "reason": "theft"},
        404,
    ),
    "POST /cdp/profiles/{profile}/consent": (
        {"purpose": "advertising", "state": "refused", "reason": "theft"},
        404,
    ),
    "POST /cdp/profiles/{profile}/unmerge/preview": (
        {"identifiers": [{"kind": "user_id", "value": "topsecret-1"}], "reason": "theft"},
        404,
    ),
    "POST /cdp/links/allow": (
        {
            "links": [
                [
                    {"kind": "user_id", "value": "topsecret-1"},
                    {"kind": "email", "value": "topsecret@example.com"},
                ]
            ],
            "reason": "theft",
        },
        422,
    ),
    "GET /cdp/commands/{command}": (None, 404),
    "POST /cdp/privacy/erasures/preview": ({"profile_id": "{profile}"}, 404),
    "POST /cdp/privacy/erasures": ({"profile_id": "{profile}", "reason": "theft"}, 404),
    "GET /cdp/privacy/requests": (None, EMPTY),
    "GET /cdp/privacy/requests/statistics": (None, OPEN),
    "GET /cdp/privacy/requests/{request}": (None, 404),
    "POST /cdp/privacy/requests/{request}/retry": (None, 404),
    "GET /cdp/privacy/requests/{request}/receipt": (None, 404),
    "POST /cdp/privacy/requests/{request}/extend": ({"reason": "theft"}, 404),
    "GET /opendsr/v3/discovery": (None, OPEN),
    "GET /opendsr/v3/certificate": (None, OPEN),
    "POST /opendsr/v3/requests": (DSR, OPEN),
    "GET /opendsr/v3/requests/{dsr}": (None, 404),
    "DELETE /opendsr/v3/requests/{dsr}": (None, 404),
    "GET /cdp/privacy/map": (None, OPEN),
    "POST /cdp/privacy/restrictions": ({"profile_id": "{profile}", "reason": "theft"}, 404),
    "POST /cdp/privacy/restrictions/release": (
        {"profile_id": "{profile}", "reason": "theft"},
        404,
    ),
    "POST /cdp/privacy/objections": ({"profile_id": "{profile}", "reason": "theft"}, 404),
    "GET /cdp/privacy/retention": (None, OPEN),
    "POST /cdp/privacy/retention/preview": ({"keep": dict.fromkeys(SETTABLE)}, OPEN),
    "PUT /cdp/privacy/retention": ({"keep": dict.fromkeys(SETTABLE), "reason": "theft"}, OPEN),
    "POST /cdp/privacy/access": ({"profile_id": "{profile}", "reason": "theft"}, 404),
    "POST /cdp/privacy/requests/{request}/link": (None, 404),
    "GET /cdp/privacy/download/{request}": (None, 404),
    "GET /cdp/dead-letters": (None, EMPTY),
    "GET /cdp/dead-letters/{letter}": (None, 404),
    "POST /cdp/dead-letters/retry": ({}, OPEN),
    "POST /cdp/dead-letters/{letter}/retry": (None, 404),
    "GET /cdp/decisions": (None, EMPTY),
    "GET /cdp/decisions/{decision}": (None, 404),
    "GET /cdp/readings/{reading}": (None, 404),
    "GET /cdp/pushes": (None, EMPTY),
    "GET /cdp/profiles/{profile}/audiences": (None, 404),
    "GET /cdp/profiles/{profile}/events": (None, 404),
    "GET /cdp/profiles/{profile}/consent/history": (None, 404),
    "GET /cdp/events": (None, EMPTY),
    "GET /cdp/health": (None, OPEN),
    "GET /cdp/health/live": (None, OPEN),
    "GET /cdp/profiles/{profile}/graph": (None, 404),
    "GET /cdp/profiles/{profile}/merges": (None, 404),
    "GET /cdp/merges": (None, EMPTY),
    "GET /cdp/live?topics=nothing": (None, 422),  # what it tells is in tests/api/live
    "GET /cdp/conflicts": (None, EMPTY),
    "GET /cdp/profiles": (None, EMPTY),
    "GET /cdp/profiles?search=topsecret": (None, EMPTY),
    "GET /cdp/profiles/lookup?kind=user_id&value=topsecret-1": (None, 404),
    "GET /cdp/profiles/{profile}": (None, 404),
    "GET /cdp/segments": (None, OPEN),
    "POST /cdp/segments": ({"name": "mine", "rule": {"type": "segment", "segment": 1}}, OPEN),
    "POST /cdp/segments/validate": ({"rule": {"type": "segment", "segment": "{segment}"}}, 422),
    "POST /cdp/segments/preview": ({"rule": {"type": "segment", "segment": "{segment}"}}, 422),
    "POST /cdp/segments/why": (
        {"rule": {"type": "all", "of": []}, "profile_id": "{profile}"},
        404,
    ),
    "POST /cdp/segments/{segment}/preview": (None, 404),
    "GET /cdp/segments/{segment}": (None, 404),
    "PUT /cdp/segments/{segment}": ({"name": "mine", "rule": {"type": "all", "of": []}}, 404),
    "GET /cdp/segments/{segment}/versions": (None, 404),
    "POST /cdp/segments/{segment}/publish": (None, 404),
    "POST /cdp/segments/{segment}/pause": (None, 404),
    "POST /cdp/segments/{segment}/resume": (None, 404),
    "DELETE /cdp/segments/{segment}": (None, 404),
    "GET /cdp/segments/{segment}/members": (None, 404),
    "GET /cdp/traits": (None, EMPTY),
    "POST /cdp/traits": ({"name": "mine", "rule": COUNTED}, OPEN),
    "GET /cdp/traits/{trait}": (None, 404),
    "PUT /cdp/traits/{trait}": ({"rule": COUNTED}, 404),
    "GET /cdp/traits/{trait}/versions": (None, 404),
    "POST /cdp/traits/{trait}/publish": (None, 404),
    "DELETE /cdp/traits/{trait}": (None, 404),
    "GET /cdp/rfm": (None, 404),
    "GET /cdp/rfm/versions": (None, EMPTY),
    "DELETE /cdp/rfm": (None, 404),
    "PUT /cdp/rfm": ({"rule": {}}, OPEN),
    "GET /cdp/sweeps": (None, OPEN),
    "GET /cdp/sweeps/{sweep}": (None, 404),
    "GET /cdp/alerts": (None, EMPTY),
    "GET /cdp/alerts/dead": (None, OPEN),
    "POST /cdp/alerts/dead/retry": (None, 202),
    "GET /cdp/alerts/{alert}": (None, 404),
    "POST /cdp/alerts/{alert}/acknowledge": (None, 404),
    "GET /cdp/anomalies": (None, EMPTY),
    "GET /cdp/anomalies/{anomaly}": (None, 404),
    "GET /cdp/signals": (None, OPEN),
    "GET /cdp/signals/hours": (None, OPEN),
    "GET /cdp/statistics/pushes?audience={audience}": (None, 404),
    "GET /cdp/signals/{signal}": (None, 404),
    "GET /cdp/signals/{signal}/hours": (None, EMPTY),
    "GET /cdp/signals/{signal}/readings": (None, EMPTY),
    "GET /cdp/signals/{signal}/series?metric=latency_ms": (None, OPEN),
    "GET /cdp/statistics": (None, OPEN),
    "GET /cdp/statistics/hours": (None, OPEN),
    "GET /cdp/lag": (None, OPEN),
    "GET /cdp/workspace": (None, OPEN),
    "POST /cdp/funnels": (
        {
            "steps": [{"name": None}, {"name": "Order Completed"}],
            "window": "1d",
            "since": "2026-09-01T00:00:00Z",
            "until": "2026-10-01T00:00:00Z",
            "breakdown": {"property": "revenue"},
        },
        OPEN,
    ),
    "GET /cdp/profiles/{profile}/changes?since=2026-01-01T00:00:00Z": (None, 404),
    "GET /cdp/profiles/{profile}/segments/{segment}/why": (None, 404),
    "GET /cdp/segments/{segment}/changes": (None, 404),
    "GET /cdp/statistics/segments": (None, OPEN),
    "GET /cdp/statistics/segments/{segment}": (None, 404),
    "GET /cdp/statistics/lifecycle": (None, OPEN),
    "GET /cdp/statistics/rfm": (None, OPEN),
    "GET /cdp/statistics/events?since=2026-09-20T00:00:00Z&until=2026-09-25T00:00:00Z": (
        None,
        OPEN,
    ),
}

READING = {
    "POST /cdp/funnels", "POST /cdp/segments/validate", "POST /cdp/segments/preview",
    "POST /cdp/segments/why",
    "POST /cdp/segments/{segment}/preview",
    "POST /cdp/audience-sync/preview",
    "POST /cdp/audience-sync/audiences/{audience}/preview", "POST /cdp/gate/rejudge",
}  # fmt: skip
"""Routes that read although they are posted to, because what they ask for is too long for a path.
"""

ANYBODY = {"POST /cdp/login", "DELETE /cdp/login"}
"""Routes that take a key of any scope, or none yet."""

TABLES = (
    "workspaces", "sources", "api_keys", "events", "identifiers", "profiles", "links", "merges",
    "segments", "memberships", "changes",
    "dead_letters", "observations", "readings", "anomalies", "audiences", "pushes", "decisions",
    "gate_states", "audit",
    "traits", "rfm", "definition_versions", "aggregates", "sweeps", "exports", "alerts",
    "gate_modes", "gate_overrides", "gate_releases", "privacy_requests", "erasures",
    "opendsr_requests", "opendsr_parts",
    "retention_policies", "retention_runs",
)  # fmt: skip


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with Meta connected, and with OpenDSR."""
    return with_opendsr(with_meta(settings), make_pair(), tmp_path)


@dataclass
class First:
    """What the first workspace has, by name of path parameter, and all that may not be seen."""

    names: dict[str, str]
    marks: set[str]


@pytest.fixture
def first(tenant: Tenant, api: Api, settings: Settings) -> First:
    """A workspace with something of everything."""
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    tenant.feed(
        tenant.event("page", START_MS, anonymousId="topsecret-a", name="topsecret page"),
        tenant.event(
            event="Order Completed",
            at_ms=START_MS + 1,
            userId="topsecret-1",
            properties={"revenue": 31337.77},
            context=consent,
        ),
    )
    tenant.feed(
        tenant.event(
            "identify",
            START_MS + 2,
            userId="topsecret-1",
            anonymousId="topsecret-a",
            messageId="topsecret-m",
        ),
        tenant.event("identify", START_MS + 3, userId="topsecret-2", anonymousId="topsecret-a"),
        tenant.event("track", userId="topsecret-1"),
    )
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="topsecret-1")
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:

        def insert(statement: str, *values: object) -> str:
            row = conn.execute(statement.encode(), (tenant.id, *values)).fetchone()
            assert row is not None
            return str(row[0])

        segment = insert("SELECT id FROM segments WHERE workspace_id = %s")
        audience = insert(
            "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id,"
            " interval_s) VALUES (%s, %s, 'meta', 'topsecret', '1', 3600) RETURNING id",
            segment,
        )
        anomaly = insert(
            "INSERT INTO anomalies (workspace_id, signal, metric, started_at, peak_at, direction,"
            " score, value, expected, expected_low, expected_high, picture) VALUES (%s,"
            " 'platform:topsecret', 'events', now(), now(), 'up', 1, 31337, 1, 1, 1, '[]')"
            " RETURNING id"
        )
        alert = insert(
            "INSERT INTO alerts (workspace_id, dedup_key, key, kind, severity, worst, summary,"
            " members, opened_at, changed_at) VALUES (%s, 'topsecret', 'signal:topsecret',"
            " 'signal', 'critical', 'critical', 'topsecret', '[]', now(), now()) RETURNING id"
        )
        insert(
            "INSERT INTO alert_notices (alert_id, channel, step, notice, created_at, next_at,"
            " dead_at, error) SELECT id, 'topsecret', 'opened', '{}', now(), now(), now(),"
            " 'topsecret' FROM alerts WHERE workspace_id = %s RETURNING id"
        )
        override = insert(
            "INSERT INTO gate_overrides (workspace_id, scope, codes, reason, author, created_at,"
            " expires_at) VALUES (%s, 'workspace', '{stale}', 'topsecret', 'key:0', now(), now() +"
            " interval '1 hour') RETURNING id"
        )
        insert(
            "INSERT INTO gate_modes (workspace_id, scope, mode, reason, author, set_at, expires_at)"
            " VALUES (%s, 'workspace', 'advisory', 'topsecret', 'key:0', now(), now() + interval '1"
            " hour') RETURNING workspace_id"
        )
        insert(
            "INSERT INTO gate_releases (workspace_id, audience_id, reason, author, created_at,"
            " expires_at) VALUES (%s, %s, 'topsecret', 'key:0', now(), now() + interval '1 hour')"
            " RETURNING id",
            audience,
        )
        decision = insert(
            "INSERT INTO decisions (workspace_id, destination, action, verdict, automation,"
            " reasons, reading_ids, decided_at) VALUES (%s, 'topsecret', 'push', 'pass', 'execute',"
            " '[]', '{}', now()) RETURNING id"
        )
        insert(
            "INSERT INTO pushes (workspace_id, audience_id, kind, status, error, started_at)"
            " VALUES (%s, %s, 'manual', 'failed', 'topsecret', now()) RETURNING id",
            audience,
        )
        reading = insert(
            "INSERT INTO readings (workspace_id, signal, read_at, score, status, sample,"
            " components, reasons) VALUES (%s, 'platform:topsecret', now(), 80, 'healthy', 100,"
            " %s, '[]') RETURNING id",
            Jsonb({}),
        )
    command = api.post(
        f"/cdp/profiles/{profile['id']}/unmerge", TABLE["POST /cdp/profiles/{profile}/unmerge"][0]
    )["command_id"]
    request = api.post(
        "/cdp/privacy/erasures", {"profile_id": profile["id"], "reason": "topsecret case"}
    )
    api.post("/opendsr/v3/requests", dsr_request("access", 2, group_id="topsecret"), 201)
    letter = api.get("/cdp/dead-letters")["items"][0]["id"]
    trait = api.post("/cdp/traits", {"name": "topsecret", "rule": COUNTED}, 201)["id"]
    sweep = api.post(f"/cdp/traits/{trait}/publish")["sweep"]
    export = api.post(
        "/cdp/audiences/export?wait=false",
        {"segment_id": int(segment), "traits": ["topsecret"]},
        202,
    )["id"]
    api.http.put("/cdp/rfm", json={"rule": {"property": "topsecret"}})
    key = api.post("/cdp/keys", {"name": "topsecret", "scopes": ["read"]}, 201)["id"]
    source = api.post("/cdp/sources", {"name": "topsecret"}, 201)
    names = {
        "profile": profile["id"],
        "key": str(key),
        "source": str(source["id"]),
        "write_key": str(source["keys"][0]["id"]),
        "alert": alert,
        "anomaly": anomaly,
        "segment": segment,
        "audience": audience,
        "decision": decision,
        "reading": reading,
        "override": override,
        "said": "overrides",
        "scope": "workspace",
        "signal": "platform:topsecret",
        "command": command,
        "request": str(request["id"]),
        "dsr": DSR_IDS[2],
        "letter": str(letter),
        "trait": str(trait),
        "sweep": str(sweep),
        "export": str(export),
    }
    keys = {each["key"] for each in profile["identifiers"]}
    return First(names, {MARK, "31337", profile["id"], *keys})


def fill(value: Any, names: dict[str, str]) -> Any:
    """Put the first workspace's names into a path or a body."""
    if isinstance(value, dict):
        return {key: fill(item, names) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        name = names[value[1:-1]]
        return int(name) if name.isdigit() else name
    return value


def dump(settings: Settings, workspace: int) -> dict[str, list[str]]:
    """Every row of a workspace, without the notes when keys were used."""
    rows: dict[str, list[str]] = {}
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        for table in TABLES:
            column = "id" if table == "workspaces" else "workspace_id"
            statement = SQL(
                "SELECT (to_jsonb(t) - 'last_used_at')::text FROM {} t WHERE {} = %s ORDER BY 1"
            ).format(Identifier(table), Identifier(column))
            found = conn.execute(statement, (workspace,))
            rows[table] = [row[0] for row in found]
    return rows


def shape(path: str) -> str:
    """A path with its parameters left blank."""
    return "/".join(
        "{}" if part.startswith("{") else part for part in path.partition("?")[0].split("/")
    )


def ask(api: Api, route: str, body: Any, names: dict[str, str]) -> httpx.Response:
    method, path = route.split(" ", 1)
    return api.http.request(method, path.format(**names), json=fill(body, names))


def test_no_route_is_missing_from_the_table() -> None:
    every = (route for router in ROUTES for route in router.routes if isinstance(route, APIRoute))
    found = [route for route in every if route.endpoint.__module__ != methods.__name__]
    routes = {f"{method} {shape(route.path)}" for route in found for method in route.methods or ()}

    assert {
        f"{route.split(' ', 1)[0]} {shape(route.split(' ', 1)[1])}" for route in TABLE
    } == routes


def test_another_workspaces_key_reads_and_changes_nothing(
    first: First,
    settings: Settings,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    drain: Callable[[], list[bytes]],
    tenant: Tenant,
) -> None:
    stranger = asks(tenants("second").admin)
    drain()
    before = dump(settings, tenant.id)
    mistakes = []
    for route, (body, wanted) in TABLE.items():
        answer = ask(stranger, route, body, first.names)
        status = wanted if isinstance(wanted, int) else answer.status_code
        fine = answer.status_code == status and (
            isinstance(wanted, int) or answer.status_code < 300
        )
        if wanted == EMPTY:
            fine = fine and answer.json()["items"] == [] and answer.json()["next"] is None
        if not fine or any(mark in answer.text for mark in first.marks):
            mistakes.append((route, answer.status_code, answer.text))

    assert mistakes == []
    assert dump(settings, tenant.id) == before
    assert drain() == []


def test_another_workspaces_numbers_are_its_own(
    first: First, tenants: Callable[[str], Tenant], asks: Callable[[str], Api], tenant: Tenant
) -> None:
    second = tenants("second")
    stranger = asks(second.admin)

    totals = stranger.get("/cdp/statistics")
    segments = stranger.get("/cdp/segments")["items"]
    signals = stranger.get("/cdp/signals")["items"]

    assert (
        totals["people"]["value"],
        totals["events"],
        totals["orders"],
        totals["revenue"],
        totals["throughput"],
    ) == (0, 0, 0, [], [])
    assert {count["value"] for count in totals["identifiers"].values()} == {0}
    assert (
        totals["merges"]["value"],
        totals["dead_letters_open"]["value"],
        totals["rejected"],
    ) == (0, 0, 0)
    assert [segment["members"]["value"] for segment in segments] == [0]
    assert first.names["segment"] not in {str(segment["id"]) for segment in segments}
    assert [signal["signal"] for signal in signals] == [f"source:{second.source}"]
    assert tenant.source != second.source


def test_the_same_identifier_is_two_people_in_two_workspaces(
    first: First, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    second = tenants("second")
    second.feed(second.event("page", userId="topsecret-1"))

    found = asks(second.read).get("/cdp/profiles/lookup", kind="user_id", value="topsecret-1")

    assert found["events"]["total"] == 1
    assert found["id"] != first.names["profile"]


@pytest.mark.parametrize("key", ["", "no such key"])
def test_without_a_key_nothing_but_health_is_answered(
    first: First, asks: Callable[[str], Api], key: str
) -> None:
    nobody = asks(key)

    statuses = {
        route: ask(nobody, route, body, first.names).status_code
        for route, (body, _) in TABLE.items()
    }

    assert {route for route, status in statuses.items() if status != 401} == {
        "GET /cdp/health",
        "GET /cdp/health/live",
        "GET /cdp/privacy/download/{request}",
        "GET /opendsr/v3/certificate",
        "GET /opendsr/v3/discovery",
    }


@pytest.mark.parametrize("of", ["first", "second", ""])
def test_no_cache_keeps_what_any_route_answers(
    first: First,
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    of: str,
) -> None:
    api = asks({"first": tenant.admin, "second": tenants("second").admin, "": ""}[of])

    kept = [
        (route, answer.status_code)
        for route, (body, _) in TABLE.items()
        if "no-store"
        not in (answer := ask(api, route, body, first.names)).headers.get("cache-control", "")
    ]

    assert kept == []


def test_a_reader_changes_nothing(
    first: First,
    settings: Settings,
    tenant: Tenant,
    asks: Callable[[str], Api],
    drain: Callable[[], list[bytes]],
) -> None:
    reader = asks(tenant.read)
    drain()
    before = dump(settings, tenant.id)

    statuses = {
        route: ask(reader, route, body, first.names).status_code
        for route, (body, _) in TABLE.items()
    }

    assert {
        status
        for route, status in statuses.items()
        if not route.startswith("GET") and route not in READING | ANYBODY
    } == {403}
    assert dump(settings, tenant.id) == before
    assert drain() == []


def test_no_get_changes_anything(
    first: First, settings: Settings, tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    # With the cookie of a login, other sites may make a browser send a GET.
    reading = [route for route in TABLE if route.startswith("GET ")]
    documented = {
        shape(path)
        for path, methods in api.get("/openapi.json")["paths"].items()
        if path.startswith(("/cdp/", "/opendsr/")) and "get" in methods
    }
    assert {shape(route.removeprefix("GET ")) for route in reading} == documented
    drain()
    before = dump(settings, tenant.id)

    for route in reading:
        ask(api, route, None, first.names)

    assert dump(settings, tenant.id) == before
    assert drain() == []
