"""A person of many places, and the hand of the engine: what it and its job write of an erasure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from domain.privacy.erasure import Step
from store.audit import trail
from tests.api.conftest import START_MS, Api, Tenant

COUNTS: Final = {"identifiers": 3, "events": 4, "links": 2, "merges": 1, "memberships": 1}
"""What the engine's hand removes."""


def mary(tenant: Tenant) -> None:
    """Mary, merged of a browser, a login and an address; she buys and consents."""
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    tenant.feed(tenant.event("page", anonymousId="browser", name="Home"))
    tenant.feed(
        tenant.event(
            "identify",
            START_MS + 1_000,
            userId="mary",
            traits={"email": "mary@example.com"},
            context=consent,
        ),
        tenant.event(
            event="Order Completed",
            at_ms=START_MS + 2_000,
            userId="mary",
            properties={"revenue": 10, "currency": "USD"},
        ),
    )
    tenant.feed(tenant.event("identify", START_MS + 3_000, userId="mary", anonymousId="browser"))


@dataclass
class Hand:
    """Writes what the engine and its job write."""

    dsn: str
    workspace: int

    def audience(self, profile: str, name: str = "Buyers") -> int:
        """An audience on Meta that lists a person; answers its id."""
        with psycopg.connect(self.dsn) as conn:
            row = conn.execute(
                "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id,"
                " interval_s) SELECT workspace_id, min(id), 'meta', %s, '1', 3600 FROM segments"
                " WHERE workspace_id = %s GROUP BY workspace_id RETURNING id",
                (name, self.workspace),
            ).fetchone()
            assert row is not None
            conn.execute(
                "INSERT INTO audience_members VALUES (%s, %s, '[]', 'present', now())",
                (row[0], profile),
            )
            push = conn.execute(
                "INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)"
                " VALUES (%s, %s, 'manual', 'done', now()) RETURNING id",
                (self.workspace, row[0]),
            ).fetchone()
            assert push is not None
            conn.execute(
                "INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)"
                " VALUES (%s, 1, 'add', %s, 'delivered', now())",
                (push[0], Jsonb([[profile, ["h"]]])),
            )
        return int(row[0])

    def process(self, request: dict[str, Any], joined: tuple[str, ...] = ()) -> None:
        """The engine removes the person, and says so."""
        command = request["command"]
        with psycopg.connect(self.dsn) as conn:
            row = conn.execute(
                "INSERT INTO erasures (command, workspace_id, keys, people, joined, neighbours,"
                " until_ms, identifiers, events, links, merges, memberships, processed_at)"
                " SELECT command, workspace_id, keys, ARRAY[profile], %s::uuid[], '{}', %s, 3, 4,"
                " 2, 1, 1, now() FROM privacy_requests WHERE command = %s RETURNING processed_at",
                ([*map(UUID, joined)], START_MS + 9_000, command),
            ).fetchone()
            assert row is not None
            self._say(conn, request, "processed", COUNTS | {"processed_at": row[0].isoformat()})

    def recipient(self, request: dict[str, Any], audience: int) -> None:
        """A platform that had the person."""
        with psycopg.connect(self.dsn) as conn:
            conn.execute(
                "INSERT INTO erasure_recipients VALUES (%s, %s, 'meta', true, NULL, '')",
                (request["command"], audience),
            )

    def complete(self, request: dict[str, Any], at: str = "2026-03-02T10:00:00+00:00") -> None:
        """The job does every step, and says so."""
        steps = {step.value: {"at": at, "rows": 1} for step in Step}
        named = (request["command"],)
        with psycopg.connect(self.dsn) as conn:
            conn.execute(
                "UPDATE erasure_recipients SET confirmed_at = now(), outcome = 'removed'"
                " WHERE command = %s",
                named,
            )
            for table in ("erasures", "privacy_requests"):
                sql = f"UPDATE {table} SET completed_at = now() WHERE command = %s"
                conn.execute(sql.encode(), named)
            sql = "UPDATE erasures SET steps = %s WHERE command = %s RETURNING processed_at, now()"
            row = conn.execute(sql, (Jsonb(steps), *named)).fetchone()
            assert row is not None
            recipients = conn.execute(
                "SELECT jsonb_build_object('audience', audience_id, 'platform', platform, 'listed',"
                " listed, 'outcome', outcome, 'confirmed_at', confirmed_at)"
                " FROM erasure_recipients WHERE command = %s",
                named,
            ).fetchall()
            done = {
                "processed_at": row[0].isoformat(),
                "completed_at": row[1].isoformat(),
                "steps": steps,
                "recipients": [each for (each,) in recipients],
            }
            self._say(conn, request, "completed", COUNTS | done)

    def _say(
        self, conn: psycopg.Connection[Any], request: dict[str, Any], what: str, said: Any
    ) -> None:
        subject = f"erasure:{request['command']}"
        trail.append(conn, self.workspace, "engine", f"erasure.{what}", subject, said)


@pytest.fixture
def hand(settings: Settings, tenant: Tenant) -> Hand:
    """The engine's hand in the first workspace."""
    return Hand(settings.postgres.dsn.get_secret_value(), tenant.id)


@pytest.fixture
def erase(api: Api) -> Callable[..., dict[str, Any]]:
    """Asks for Mary's erasure; answers the request as it is read afterwards."""

    def run(**more: Any) -> dict[str, Any]:
        body = {"identifier": {"kind": "user_id", "value": "mary"}, "reason": "case 114"} | more
        accepted = api.post("/cdp/privacy/erasures", body)
        found: dict[str, Any] = api.get(f"/cdp/privacy/requests/{accepted['id']}")
        return found

    return run
