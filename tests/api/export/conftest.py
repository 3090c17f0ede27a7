"""People who are exported, and hands to order, write and download files."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from domain.instants import DAY_MS
from tests.api.conftest import START_MS, Api, Tenant
from tests.support.exporting import write_all
from tests.support.transitions import EXPORTS, refuse_others

EXPORT = "/cdp/audiences/export"
Written = Callable[..., tuple[Any, bytes]]


@pytest.fixture
def postgres_dsn(postgres_dsn: str) -> str:
    """A database of the test's own that refuses transitions of exports which no table names."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        refuse_others(conn, EXPORTS)
    return postgres_dsn


@pytest.fixture
def operator(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.write)


@pytest.fixture
def segment(operator: Api) -> int:
    (found,) = operator.get("/cdp/segments")["items"]
    return int(found["id"])


def bought(tenant: Tenant, user: str, consent: bool, at_ms: int = START_MS, **traits: Any) -> bytes:
    context = {"traits": traits, "consent": {"categoryPreferences": {"advertising": consent}}}
    properties = {"revenue": 10, "currency": "USD"}
    return tenant.event(
        "track", at_ms, event="Order Completed", userId=user, properties=properties, context=context
    )


@pytest.fixture(autouse=True)
def customers(tenant: Tenant, postgres_dsn: str) -> None:
    """Two who consent, of whom one can be matched.

    One who does not and is a member all the same.
    """
    tenant.feed(
        bought(
            tenant, "u1", True, email="U1@Example.com", phone="+17067675127", plan="pro", seats=7
        ),
        bought(tenant, "u1", True, START_MS + DAY_MS),
        tenant.event("page", START_MS, userId="u1", name="Home"),
        bought(tenant, "u2", True, plan="=cmd()", seats="many"),
        bought(tenant, "u3", False, email="u3@example.com", plan="pro"),
    )
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("""
            INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)
            SELECT s.id, p.id, p.workspace_id, 1, now() FROM segments s
                JOIN profiles p USING (workspace_id)
            ON CONFLICT DO NOTHING
            """)


def ordered(api: Api, **body: Any) -> Any:
    return api.post(f"{EXPORT}?wait=false", body)


@pytest.fixture
def written(operator: Api, settings: Settings) -> Callable[..., tuple[Any, bytes]]:
    """Orders a file, lets it be written, downloads it."""

    def run(**body: Any) -> tuple[Any, bytes]:
        number = ordered(operator, **body)["id"]
        assert write_all(settings) == 1
        view = operator.get(f"/cdp/exports/{number}")
        assert view["status"] == "done", view
        answer = operator.http.get(view["download"])
        assert answer.status_code == 200
        return view, answer.content

    return run


def people(content: bytes) -> dict[str, Any]:
    """Exported people by their user id, of an NDJSON file."""
    found = [json.loads(line) for line in content.splitlines()]
    return {each["identifiers"]["user_id"][0]: each for each in found}
