"""Erased exactly once, proved on real processes: kill -9 while people are erased."""

import json
import os
import random
import signal
from typing import Any, Final

import psycopg

from cli.profiles.verify import verify_all
from config.settings import Settings
from domain.intake.envelope import encode_sealed
from domain.keys import command_id, identifier_key
from domain.privacy.erasure import NEVER_MS
from tests.conftest import TestWorkspace
from tests.integration.tables import canonical
from tests.integration.unify.test_kill import append, start_worker, undisturbed, wait_until, workers
from tests.integration.unify.traffic import RECEIVED_MS, messages, records
from tests.support.databases import copy_database, drop_database

KILLS = 100
EVENTS = 2_000
ERASURES = 150
_ERASED: Final = {
    "erased identifiers": "SELECT key, until_ms FROM erased_identifiers"
    f" WHERE until_ms <> {NEVER_MS}",  # those only keep a version
    "erased messages": "SELECT message_key FROM erased_messages",
    "erasures": "SELECT command, keys::text, until_ms FROM erasures",
}


def commands(workspace: TestWorkspace, rng: random.Random) -> list[bytes]:
    """People who ask to be erased, at any instant of the traffic, each once or again."""
    found = []
    for number in range(ERASURES):
        named = [
            ("user_id", f"user-{rng.randrange(EVENTS // 12)}"),
            ("anonymous_id", f"device-{rng.randrange(EVENTS // 10)}"),
        ]
        body = {
            "kind": "erase",
            "workspace": workspace.id,
            "id": command_id(workspace.salt, "erase", number),
            "identifiers": [identifier_key(workspace.salt, *one).hex() for one in named],
            "afterwards": rng.choice(("new", "refuse")),
        }
        at_ms = RECEIVED_MS - rng.randrange(50_000_000)
        found.append(encode_sealed(workspace.salt, at_ms, json.dumps(body).encode()))
    return found


def processed(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT coalesce(sum(value), 0) FROM observations WHERE metric IN ('accepted',"
            " 'duplicate', 'suppressed')) + (SELECT count(*) FROM dead_letters)"
            " + (SELECT count(*) FROM erasures)"
        ).fetchone()
    return int(row[0]) if row else 0


def lasting(dsn: str) -> dict[str, Any]:
    """What the order of arrival does not decide.

    Other people's events are freed of the erased when they come, or afterwards by upkeep.
    """
    tables = canonical(dsn)
    with psycopg.connect(dsn) as connection:
        erased = {name: set(connection.execute(sql)) for name, sql in _ERASED.items()}
    people = {
        keys: (stage, {name: value for name, value in view.items() if name != "traits"}, *rest)
        for keys, (stage, view, *rest) in tables["people"].items()
    }
    return {
        "events": [event[:-1] for event in tables["events"]],
        "people": people,
        "links": [(*link[:5], *link[6:]) for link in tables["links"]],
        "members": tables["members"],
        "dead letters": tables["dead letters"],
        **erased,
    }


def test_workers_killed_while_they_erase_leave_the_tables_of_an_undisturbed_run(
    settings: Settings, workspace: TestWorkspace, valkey_url: str
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    rng = random.Random(17)
    found = records(workspace.source_id, messages(EVENTS, seed=17)) + commands(workspace, rng)
    rng.shuffle(found)
    twin = f"{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}_twin"
    admin = psycopg.conninfo.make_conninfo(dsn, dbname="postgres")
    copy_database(admin, str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]), twin)
    chunk = len(found) // KILLS
    with workers(settings, 2, batch_records=8) as running:
        for number in range(KILLS):
            last = number == KILLS - 1
            append(valkey_url, found[number * chunk : None if last else (number + 1) * chunk])
            wait_until(lambda number=number: processed(dsn) > number * chunk, "traffic flows")  # type: ignore[misc]
            victim = rng.randrange(2)
            os.kill(running[victim].pid, signal.SIGKILL)
            running[victim].wait()
            running[victim] = start_worker(settings, 8)
        wait_until(lambda: processed(dsn) == len(found), "everything processed")
    undisturbed(psycopg.conninfo.make_conninfo(dsn, dbname=twin), found)
    disturbed, calm = lasting(dsn), lasting(psycopg.conninfo.make_conninfo(dsn, dbname=twin))
    drop_database(admin, twin)
    for table, rows in calm.items():
        assert disturbed[table] == rows, table
    (report,) = verify_all(settings)
    assert report.differences == []
