"""Whoever granted consent is off the platform's list after a refusal in any form, from the record
in the log to the list at Meta."""

import json
from collections.abc import Iterator
from hashlib import sha256

import psycopg
import pytest

from config.settings import Engine as EngineParams
from dataflows.unify import definitions
from dataflows.unify.commits import Clock
from dataflows.unify.unifier import Unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from oracle.tables import Rules, Totals
from oracle.verification import differences
from sinks.ads.meta.codec import Meta
from sinks.http.client import HttpRunner
from store.definitions.load import load_registry
from store.profiles.verify import PostgresTables, snapshot
from store.unify.unit_of_work import PostgresUnitOfWork
from store.workspaces.bootstrap import BUILT_IN
from tests.conftest import TestWorkspace
from tests.integration.activation.world import ACCOUNT, Engine, Server, World
from tests.support.builders import NOON_MS

NOW_MS = NOON_MS + 1_000
GRANT = '{"consent":{"categoryPreferences":{"advertising":true}}}'
REFUSALS = (
    '{"consent":{"categoryPreferences":{"advertising":false}}}',
    '{"consent":{"categoryPreferences":{"advertising":"false"}}}',
    '{"consent":{"categoryPreferences":{"advertising":null}}}',
    '{"consent":{"categoryPreferences":{"advertising":0}}}',
    '{"consent":{"categoryPreferences":{"advertising":"denied"}}}',
    '{"consent":{"categoryPreferences":{"advertising":false,"functional":"true"}}}',
    '{"consent":{"categoryPreferences":{" advertising ":false}}}',
    '{"consent":{"categoryPreferences":{"advertising":false,"advertising":true}}}',
    '{"consent":{"categoryPreferences":[{"id":"advertising","granted":false}]}}',
    '{"consent":{"categoryPreferences":"no"}}',
    '{"consent":"no"}',
    '{"consent":{"advertising":false}}',
    '{"consent":{"categoryPreferences":{"advertising":false}},"device":"","externalIds":7,"traits":[]}',
    '{"consentManagement":{"provider":"oneTrust","resolutionStrategy":"and","allowedConsentIds":[],"deniedConsentIds":["advertising"]}}',
    '{"consentManagement":{"provider":"oneTrust","allowedConsentIds":{"C0001":"NECESSARY"},"deniedConsentIds":["Advertising",""]}}',
    '{"consentManagement":{"provider":"custom","allowedConsentIds":["advertising"],"deniedConsentIds":"advertising"}}',
    '{"consentManagement":"denied"}',
)
SILENCES = (
    '{"consent":{"categoryPreferences":[]}}',
    '{"consent":{"categoryPreferences":{}}}',
    '{"consent":{"categoryPreferences":{"email":false}}}',
    '{"consentManagement":{"provider":"custom","allowedConsentIds":[],"deniedConsentIds":[]}}',
    "[]",
)


class Log:
    """Records of one partition, processed as a worker processes them."""

    def __init__(self, dsn: str, workspace: TestWorkspace) -> None:
        self._store = PostgresUnitOfWork(dsn, 100)
        self._unify = Unifier(
            self._store,
            definitions.Rules(IdentityRules(), ProfileRules()),
            EngineParams(),
            lambda *_: None,
            Clock(lambda: NOW_MS),
        )
        self._source = workspace.source_id
        self._next = 0

    def __call__(self, events: list[str]) -> None:
        start, self._next = self._next, self._next + len(events)
        records = tuple(
            Record(
                place,
                0,
                encode_event(self._source, NOON_MS + place, 0, event.encode(), f"m{place}"),
            )
            for place, event in enumerate(events, start)
        )
        assert self._unify(Batch("log", 0, start, self._next, records))

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def log(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[Log]:
    log = Log(postgres_dsn, workspace)
    yield log
    log.close()


@pytest.fixture
def world(postgres_dsn: str, workspace: TestWorkspace, meta: Meta) -> Iterator[World]:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        (segment,) = (
            conn.execute("SELECT id FROM segments WHERE name = %s", (BUILT_IN,)).fetchone() or ()
        )
        sql = (
            "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, intent,"
            " interval_s) VALUES (%s, %s, 'meta', 'Reachable', %s, 'stratum:test', 3600)"
            " RETURNING id"
        )
        (audience,) = conn.execute(sql, (workspace.id, segment, ACCOUNT)).fetchone() or ()
        yield World(conn, workspace.id, workspace.salt, meta, segment, audience)


def bought(user: str) -> str:
    context = {"traits": {"email": f"{user}@example.com"}}
    return json.dumps(
        {"type": "track", "event": "Order Completed", "userId": user, "context": context}
    )


def stated(user: str, context: str) -> str:
    return f'{{"type":"track","event":"Banner Closed","userId":"{user}","context":{context}}}'


def unequal(dsn: str, workspace: TestWorkspace) -> list[str]:
    with snapshot(dsn) as connection:
        definitions = load_registry(connection).definitions[workspace.id]
        rules = Rules(workspace.salt, IdentityRules(), ProfileRules(), definitions)
        return list(
            map(str, differences(PostgresTables(connection, workspace.id), rules, NOW_MS, Totals()))
        )


def emails(rows: set[tuple[str, str, str, str]]) -> set[str]:
    return {row[1] for row in rows}


def test_every_form_of_refusal_takes_the_person_off_and_nothing_else_does(
    world: World,
    log: Log,
    server: Server,
    postgres_dsn: str,
    workspace: TestWorkspace,
    http: HttpRunner,
) -> None:
    refusing = {f"refuses{number}": context for number, context in enumerate(REFUSALS)}
    staying = {f"stays{number}": context for number, context in enumerate(SILENCES)}
    people = refusing | staying
    log([bought(user) for user in people])
    log([stated(user, GRANT) for user in people])
    engine = Engine(world, http)
    engine.push()
    assert len(server.only()) == len(people)
    digest = {
        sha256(f"{user}@example.com".encode()).hexdigest(): context
        for user, context in people.items()
    }
    assert emails(server.only()) == digest.keys()

    log([stated(user, context) for user, context in people.items()])
    engine.withdraw()
    engine.drain()

    assert {digest[email] for email in emails(server.only())} == set(SILENCES)
    assert world.column("SELECT reason FROM dead_letters") == []
    assert unequal(postgres_dsn, workspace) == []


def test_a_grant_in_rudderstack_s_form_puts_the_person_on(
    world: World, log: Log, server: Server, http: HttpRunner
) -> None:
    allowed = (
        '{"consentManagement":{"provider":"custom",'
        '"allowedConsentIds":["advertising"],"deniedConsentIds":[]}}'
    )
    log([bought("ada"), stated("ada", allowed)])
    engine = Engine(world, http)
    engine.push()
    assert len(server.only()) == 1

    log([stated("ada", '{"consent":"unreadable"}')])
    engine.withdraw()
    engine.drain()
    assert server.only() == set()

    log([stated("ada", GRANT)])
    engine.push()
    assert len(server.only()) == 1
