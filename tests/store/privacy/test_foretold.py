"""What an erasure would remove is found by indexes, whoever else there is."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from store.privacy import foretold as statements
from store.privacy.foretold import foretold
from tests.conftest import TestWorkspace

KEYS = [UUID(int=number) for number in range(1, 201)]
EVENTS = 10_000


FILL = """
    CREATE FUNCTION key_of(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
    INSERT INTO events SELECT md5('m' || n)::uuid, {workspace}, {source}, 'track', 'x',
        key_of(1 + n % 200), now() - n * interval '1 second', now(), 0, 'payload'
        FROM generate_series(1, {events}) n;
    INSERT INTO events SELECT md5('o' || n)::uuid, {workspace}, {source}, 'track', 'x',
        key_of(1000000 + n % 2000), now(), now(), 0, 'payload'
        FROM generate_series(1, 5 * {events}) n;
    INSERT INTO links SELECT key_of(n), key_of(n + 1), {workspace}, 0, 0, NULL, 0, 'linked', '', 0
        FROM generate_series(1, 10000) n;
    INSERT INTO merges (workspace_id, kind, survivor, other, cause, occurred_at, recorded_at)
        SELECT {workspace}, 'merge', key_of(n), key_of(n + 1), key_of(n), now(), now()
        FROM generate_series(1, 10000) n;
    INSERT INTO memberships SELECT 1 + n % 20, key_of(n), {workspace}, 1, now()
        FROM generate_series(1, 10000) n;
    INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)
        SELECT {workspace}, min(id), 'meta', 'Buyers', '1', 60 FROM segments;
    INSERT INTO audience_members SELECT a.id, key_of(n), '[]', 'present', now()
        FROM audiences a, generate_series(1, 10000) n;
    INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)
        SELECT {workspace}, id, 'manual', 'done', now() FROM audiences;
    INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)
        SELECT p.id, n, 'add', jsonb_build_array(jsonb_build_array(key_of(n), '[]'::jsonb)),
            'delivered', now() FROM pushes p, generate_series(1, 10000) n;
"""


@pytest.fixture
def dsn(postgres_dsn: str, workspace: TestWorkspace) -> str:
    """One person of 200 identifiers and 10,000 events, among many others."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        conn.execute(
            FILL.format(workspace=workspace.id, source=workspace.source_id, events=EVENTS).encode()
        )
        conn.execute("ANALYZE")
    return postgres_dsn


def test_a_person_of_ten_thousand_events_is_foretold(dsn: str, workspace: TestWorkspace) -> None:
    with psycopg.connect(dsn) as conn:
        found = foretold(conn, workspace.id, KEYS[0], KEYS)

    (events,) = found.events
    assert events.events == EVENTS
    assert (found.links, found.merges, found.pushes[0].pushes) == (200, 200, 1)


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        (statements.EVENTS, {"events_leaf"}),
        (statements.LINKS, {"links_pkey", "links_b"}),
        (statements.MERGES, {"merges_survivor", "merges_other"}),
        (statements.SEGMENTS, {"memberships_profile"}),
        (statements.AUDIENCES, {"audience_members_person"}),
        (statements.PUSHES, {"push_requests_people"}),
        (statements.SHARED, {"links_pkey", "links_b"}),
    ],
)
def test_what_grows_with_everybody_is_read_by_an_index(
    dsn: str, workspace: TestWorkspace, statement: Any, indexes: set[str]
) -> None:
    params = {
        "workspace": workspace.id,
        "profile": KEYS[0],
        "keys": KEYS[:3],
        "commands": ["erase"],
    }
    with psycopg.connect(dsn) as conn:
        plan = "\n".join(row[0] for row in conn.execute("EXPLAIN " + statement, params))

    assert {index for index in indexes if index in plan} == indexes, plan
