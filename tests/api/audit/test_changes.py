"""The audit log has a row of a command exactly when the command changed something.

Every route that commands is walked; none may be missing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest
from fastapi import FastAPI

from config.settings import Settings
from domain.alerts import Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.privacy.retention import SETTABLE
from store.alerts import outbox
from tests.api.conftest import Api, Tenant, connected
from tests.integration.activation.places import Place, listening

AUDIENCES: Final = "/cdp/audience-sync/audiences"
RULE: Final = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "vip"}}
COUNTED: Final = {"function": "count", "event": {"name": "Order Completed"}}
WHY: Final = {"reason": "a test"}
END: Final = {"expires_at": (datetime.now(UTC) + timedelta(hours=6)).isoformat()}
AT: Final = datetime(2026, 9, 21, 12, tzinfo=UTC)
SEGMENT: Final = {"name": "vips", "rule": RULE}
TRAIT: Final = {"name": "orders", "rule": COUNTED}


Act = tuple[str, str, dict[str, Any]]
"""Method, path, body."""


@dataclass(frozen=True)
class Scene:
    """A workspace, and who acts in it.

    Attributes:
        people: clients with keys of their own that may do everything.
        author: a client with another key, which speaks to the gate.
        dsn: of the database.
        audience: path of an active audience that was never pushed.
        segment: path of a live segment.
    """

    people: list[Api]
    author: Api
    tenant: Tenant
    dsn: str
    audience: str
    segment: str

    def made(self, path: str, body: dict[str, Any], who: Api | None = None) -> int:
        """Id of what is made so."""
        answer = (who or self.people[0]).http.post(path, json=body)
        assert answer.is_success, answer.text
        return int(answer.json()["id"])


def ask(api: Api, act: Act) -> int:
    """Status of the answer."""
    method, path, body = act
    answer = api.http.request(method, path, json=body or None)
    assert answer.status_code < 500, answer.text
    return answer.status_code


def simply(*acts: Act) -> Callable[[Scene], Act]:
    """The last of some acts, after the others."""

    def prepare(scene: Scene) -> Act:
        placed = [
            (method, path.format(audience=scene.audience, segment=scene.segment), body)
            for method, path, body in acts
        ]
        for act in placed[:-1]:
            assert ask(scene.people[0], act) < 300, act
        return placed[-1]

    return prepare


def on_new(path: str, made: dict[str, Any], method: str, after: str = "") -> Callable[[Scene], Act]:
    """An act on what is made before."""

    def prepare(scene: Scene) -> Act:
        number = scene.made(path, made)
        return method, f"{path}/{number}{after}", {}

    return prepare


def on_override(method: str, after: str = "") -> Callable[[Scene], Act]:
    """An act on an override by somebody else."""

    def prepare(scene: Scene) -> Act:
        body = {"scope": "workspace", "codes": ["stale"]} | WHY | END
        number = scene.made("/cdp/gate/overrides", body, scene.author)
        return method, f"/cdp/gate/overrides/{number}{after}", {}

    return prepare


def on_release(method: str, after: str = "") -> Callable[[Scene], Act]:
    """An act on a release by somebody else."""

    def prepare(scene: Scene) -> Act:
        number = scene.made(f"{scene.audience}/release", WHY | END, scene.author)
        return method, f"/cdp/gate/releases/{number}{after}", {}

    return prepare


def on_alert(path: str) -> Callable[[Scene], Act]:
    """An act on an alert that lasts, with a notice that was given up."""

    def prepare(scene: Scene) -> Act:
        level, at_ms = Severity.CRITICAL, to_ms(AT)
        episode = Episode("signal:a", "signal", at_ms, level, level, "a is unhealthy", (), at_ms)
        notice = Notice(WorkspaceId(scene.tenant.id), Step.OPENED, episode, at_ms)
        with psycopg.connect(scene.dsn) as conn:
            outbox.enqueue(conn, notice, ["oncall"], AT)
            (claimed,) = outbox.claim(conn, ["oncall"], AT, timedelta(minutes=1), 1)
            outbox.give_up(conn, claimed.id, "answered 401", AT)
        return "POST", path.format(alert=claimed.alert_id), {}

    return prepare


def approval_of_a_mode(scene: Scene) -> Act:
    assert ask(scene.author, mode("advisory", **END)) == 200
    return "POST", "/cdp/gate/mode/workspace/approve", {}


def saving_of_a_trait(scene: Scene) -> Act:
    number = scene.made("/cdp/traits", TRAIT)
    return "PUT", f"/cdp/traits/{number}", {"rule": COUNTED, "description": "how many"}


def end_of_an_export(scene: Scene) -> Act:
    number = scene.made(
        "/cdp/audiences/export?wait=false", {"rule": RULE, "purpose": "advertising"}
    )
    return "DELETE", f"/cdp/exports/{number}", {}


def end_of_a_write_key(scene: Scene) -> Act:
    source = scene.people[0].post("/cdp/sources", {"name": "shop"}, 201)
    return "DELETE", f"/cdp/sources/{source['id']}/keys/{source['keys'][0]['id']}", {}


def shorter_retention(scene: Scene) -> Act:
    """A policy that keeps letters for less than now, as it was previewed."""
    path, keep = "/cdp/privacy/retention", dict.fromkeys(SETTABLE) | {"dead_letters": 86_400}
    answer = scene.people[0].http.post(f"{path}/preview", json={"keep": keep})
    assert answer.is_success, answer.text
    return "PUT", path, {"keep": keep, "fingerprint": answer.json()["fingerprint"], **WHY}


def retry_of_dead_letters(scene: Scene) -> Act:
    scene.tenant.feed(scene.tenant.event("track", userId="u1"))  # without `event`
    return "POST", "/cdp/dead-letters/retry", {"status": "open"}


def mode(name: str, **more: str) -> Act:
    return "PUT", "/cdp/gate/mode", {"scope": "workspace", "mode": name} | WHY | more


PAUSE: Final[Act] = ("POST", "{audience}/pause", {})
PAUSE_SEGMENT: Final[Act] = ("POST", "{segment}/pause", {})
DISCONNECT: Final[Act] = ("POST", "/cdp/platforms/google/disconnect", {})
RFM: Final[Act] = ("PUT", "/cdp/rfm", {"rule": {}})
KEYS: Final = {"name": "report", "scopes": ["read"]}

# Action of the audit log → what prepares a command that it is written for.
COMMANDS: Final[list[tuple[str, Callable[[Scene], Act]]]] = [
    ("alert.acknowledge", on_alert("/cdp/alerts/{alert}/acknowledge")),
    ("alert.retry", on_alert("/cdp/alerts/dead/retry")),
    ("audience.update", simply(("PATCH", "{audience}", {"interval_s": 7200}))),
    ("audience.sync", simply(("POST", "{audience}/sync", {}))),
    ("audience.pause", simply(PAUSE)),
    ("audience.resume", simply(PAUSE, ("POST", "{audience}/resume", {}))),
    (
        "audience.cancel",
        simply(("POST", "{audience}/sync", {}), ("POST", "{audience}/cancel", {})),
    ),
    ("audience.reconcile", simply(("POST", "{audience}/reconcile", {"resend": False}))),
    ("audience.reconcile", simply(("POST", "{audience}/reconcile", {"resend": True}))),
    ("audience.delete", simply(("DELETE", "{audience}", {}))),
    ("platform.disconnect", simply(DISCONNECT)),
    ("platform.connect", simply(DISCONNECT, ("POST", "/cdp/platforms/google/connect", {}))),
    ("gate.confirm_first", simply(("POST", "{audience}/confirm", {}))),
    ("gate.mode", simply(mode("frozen"))),
    ("gate.mode", simply(mode("frozen", **END))),
    ("gate.mode", simply(mode("advisory", **END))),
    ("gate.mode", simply(mode("frozen"), mode("frozen", reason="another"))),
    ("gate.mode", simply(mode("frozen"), mode("frozen", **END))),
    ("gate.mode", simply(mode("frozen"), mode("enforce"))),
    ("gate.mode.approve", approval_of_a_mode),
    ("gate.override.approve", on_override("POST", "/approve")),
    ("gate.override.revoke", on_override("DELETE")),
    ("gate.release.approve", on_release("POST", "/approve")),
    ("gate.release.revoke", on_release("DELETE")),
    ("segment.save", simply(("PUT", "{segment}", {"name": "renamed", "rule": RULE}))),
    ("segment.publish", on_new("/cdp/segments", SEGMENT, "POST", "/publish")),
    ("segment.pause", simply(PAUSE_SEGMENT)),
    ("segment.resume", simply(PAUSE_SEGMENT, ("POST", "{segment}/resume", {}))),
    ("segment.delete", on_new("/cdp/segments", SEGMENT, "DELETE")),
    ("trait.save", saving_of_a_trait),
    ("trait.publish", on_new("/cdp/traits", TRAIT, "POST", "/publish")),
    ("trait.delete", on_new("/cdp/traits", TRAIT, "DELETE")),
    ("rfm.publish", simply(RFM)),
    ("rfm.delete", simply(RFM, ("DELETE", "/cdp/rfm", {}))),
    ("key.revoke", on_new("/cdp/keys", KEYS, "DELETE")),
    ("write_key.revoke", end_of_a_write_key),
    ("export.cancel", end_of_an_export),
    ("dead_letter.retry", retry_of_dead_letters),
    ("retention.set", shorter_retention),
]
ROUTES: Final = {
    "alert.acknowledge": "POST /cdp/alerts/{id}/acknowledge",
    "alert.retry": "POST /cdp/alerts/dead/retry",
    "audience.update": "PATCH /cdp/audience-sync/audiences/{id}",
    "audience.sync": "POST /cdp/audience-sync/audiences/{id}/sync",
    "audience.pause": "POST /cdp/audience-sync/audiences/{id}/pause",
    "audience.resume": "POST /cdp/audience-sync/audiences/{id}/resume",
    "audience.cancel": "POST /cdp/audience-sync/audiences/{id}/cancel",
    "audience.reconcile": "POST /cdp/audience-sync/audiences/{id}/reconcile",
    "audience.delete": "DELETE /cdp/audience-sync/audiences/{id}",
    "platform.disconnect": "POST /cdp/platforms/{platform}/disconnect",
    "platform.connect": "POST /cdp/platforms/{platform}/connect",
    "gate.confirm_first": "POST /cdp/audience-sync/audiences/{id}/confirm",
    "gate.mode": "PUT /cdp/gate/mode",
    "gate.mode.approve": "POST /cdp/gate/mode/{scope}/approve",
    "gate.override.approve": "POST /cdp/gate/{kind}/{id}/approve",
    "gate.override.revoke": "DELETE /cdp/gate/{kind}/{id}",
    "gate.release.approve": "POST /cdp/gate/{kind}/{id}/approve",
    "gate.release.revoke": "DELETE /cdp/gate/{kind}/{id}",
    "segment.save": "PUT /cdp/segments/{id}",
    "segment.publish": "POST /cdp/segments/{id}/publish",
    "segment.pause": "POST /cdp/segments/{id}/pause",
    "segment.resume": "POST /cdp/segments/{id}/resume",
    "segment.delete": "DELETE /cdp/segments/{id}",
    "trait.save": "PUT /cdp/traits/{id}",
    "trait.publish": "POST /cdp/traits/{id}/publish",
    "trait.delete": "DELETE /cdp/traits/{id}",
    "rfm.publish": "PUT /cdp/rfm",
    "rfm.delete": "DELETE /cdp/rfm",
    "key.revoke": "DELETE /cdp/keys/{id}",
    "write_key.revoke": "DELETE /cdp/sources/{id}/keys/{key}",
    "export.cancel": "DELETE /cdp/exports/{id}",
    "retention.set": "PUT /cdp/privacy/retention",
    "dead_letter.retry": "POST /cdp/dead-letters/retry",
}
"""Action → the route of its commands."""
MAKES: Final = {
    "POST /cdp/audience-sync/audiences",
    "POST /cdp/audience-sync/audiences/{id}/release",
    "POST /cdp/audiences/export",
    "POST /cdp/gate/overrides",
    "POST /cdp/keys",
    "POST /cdp/links/allow",
    "POST /cdp/login",
    "POST /cdp/privacy/access",
    "POST /cdp/privacy/erasures",
    "POST /cdp/privacy/objections",
    "POST /cdp/privacy/restrictions",
    "POST /cdp/privacy/restrictions/release",
    "POST /cdp/profiles/{id}/consent",
    "POST /cdp/profiles/{id}/unmerge",
    "POST /cdp/segments",
    "POST /cdp/sources",
    "POST /cdp/sources/{id}/keys",
    "POST /cdp/traits",
}
"""Routes whose every success is a change of its own."""
CHANGES_NOTHING: Final = {
    "POST /cdp/audience-sync/audiences/{id}/preview",
    "POST /cdp/audience-sync/preview",
    "POST /cdp/funnels",
    "POST /cdp/gate/rejudge",
    "POST /cdp/platforms/{platform}/check",
    "POST /cdp/privacy/erasures/preview",
    "POST /cdp/privacy/retention/preview",
    "POST /cdp/profiles/{id}/unmerge/preview",
    "POST /cdp/segments/preview",
    "POST /cdp/segments/validate",
    "POST /cdp/segments/why",
    "POST /cdp/segments/{id}/preview",
}
ELSEWHERE: Final = {
    "DELETE /cdp/login": "tests.api.access.test_login",
    "POST /cdp/dead-letters/{id}/retry": "a letter may be retried while it is",
    "POST /cdp/privacy/requests/{id}/extend": "tests.api.privacy.test_laws",
    "POST /cdp/privacy/requests/{id}/link": "tests.api.privacy.test_access",
    "POST /cdp/privacy/requests/{id}/retry": "tests.api.privacy.test_erasures",
}


@pytest.fixture
def place() -> Iterator[Place]:
    with listening("google") as found:
        yield found


@pytest.fixture
def settings(settings: Settings, place: Place) -> Settings:
    """Settings with Google connected."""
    return connected(settings, google=place.settings)


@pytest.fixture
def scene(asks: Callable[[str], Api], tenant: Tenant, postgres_dsn: str) -> Scene:
    first = asks(tenant.admin)
    (segment,) = first.get("/cdp/segments")["items"]
    audience = {"segment_id": segment["id"], "platform": "google", "name": "A", "interval_s": 3600}
    number = first.post(AUDIENCES, audience, 201)["id"]
    body = {"name": "second", "scopes": ["read", "write", "gate", "admin"]}
    second = asks(first.post("/cdp/keys", body, 201)["key"])
    return Scene(
        [first, second],
        asks(tenant.gate),
        tenant,
        postgres_dsn,
        f"{AUDIENCES}/{number}",
        f"/cdp/segments/{segment['id']}",
    )


def written(scene: Scene) -> list[str]:
    """Actions of the audit log, the newest first."""
    return [one["action"] for one in scene.people[0].everything("/cdp/audit", limit=200)]


@pytest.mark.parametrize(
    ("action", "prepare"),
    [pytest.param(*each, id=f"{each[0]}-{place}") for place, each in enumerate(COMMANDS)],
)
def test_what_several_people_do_at_once_and_once_more_is_one_row(
    scene: Scene, action: str, prepare: Callable[[Scene], Act]
) -> None:
    act = prepare(scene)
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", ROUTES[action]), f"{act[0]} {act[1]}")
    before = Counter(written(scene))

    with ThreadPoolExecutor(8) as asking:
        told = list(asking.map(lambda number: ask(scene.people[number % 2], act), range(8)))

    after = written(scene)
    assert any(status < 300 for status in told), told
    assert (Counter(after) - before)[action] == 1
    for api in scene.people:
        ask(api, act)
    assert written(scene) == after


@pytest.mark.parametrize(
    "act",
    [
        ("POST", "/cdp/alerts/dead/retry", {}),
        ("POST", "{audience}/cancel", {}),
        ("POST", "{audience}/resume", {}),
        ("POST", "/cdp/platforms/google/connect", {}),
        ("PUT", "{segment}", None),
        mode("enforce"),
        ("POST", "/cdp/dead-letters/retry", {"status": "open"}),
    ],
    ids=lambda act: act[1],
)
def test_where_there_is_nothing_to_do_there_is_no_row(scene: Scene, act: Act) -> None:
    method, path, body = simply(act)(scene)
    if body is None:  # as it is
        found = scene.people[0].get(path)
        body = {name: found[name] for name in ("name", "description", "purpose", "rule")}
    before, state = written(scene), scene.people[0].get(scene.audience)

    assert ask(scene.people[0], (method, path, body)) < 300

    assert written(scene) == before
    assert scene.people[0].get(scene.audience) == state


def test_a_mode_that_is_over_need_not_be_taken_back(scene: Scene) -> None:
    assert ask(scene.people[0], mode("frozen", **END)) == 200
    with psycopg.connect(scene.dsn) as conn:
        conn.execute("UPDATE gate_modes SET expires_at = now() - interval '1 minute'")
    before = written(scene)

    assert ask(scene.people[0], mode("enforce")) == 200

    assert written(scene) == before


@pytest.mark.parametrize("over", ["expired", "used"])
def test_what_is_over_cannot_be_taken_back(scene: Scene, over: str) -> None:
    method, path, body = on_release("DELETE")(scene)
    with psycopg.connect(scene.dsn) as conn:
        if over == "expired":
            conn.execute("UPDATE gate_releases SET expires_at = now() - interval '2 hours'")
        else:
            conn.execute(
                "WITH made AS (INSERT INTO pushes (workspace_id, audience_id, kind, status,"
                " started_at) SELECT workspace_id, id, 'manual', 'done', now() FROM audiences"
                " RETURNING id) UPDATE gate_releases SET push_id = made.id FROM made"
            )
    before, state = written(scene), scene.people[0].get(path)
    assert state["state"] == over

    assert ask(scene.people[0], (method, path, body)) == 200

    assert (written(scene), scene.people[0].get(path)) == (before, state)


def test_every_route_that_commands_is_walked(app: FastAPI) -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        if path.startswith("/cdp/")
        for method in operations
        if method != "get"
    }

    walked = {ROUTES[action] for action, _ in COMMANDS}
    assert routes == walked | MAKES | CHANGES_NOTHING | set(ELSEWHERE)
