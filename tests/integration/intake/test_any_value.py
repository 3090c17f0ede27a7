"""Laws 10 and 11 on real servers: any JSON value in any position stops no worker, loses no record,
and its neighbours do not matter."""

import os
import random
import time
from collections.abc import Iterable

import psycopg
import pytest
import redis

from cli.profiles.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.partitioning import partition_of, record_key, stream_key
from domain.policies import IdentityRules, ProfileRules
from store.definitions.load import load_registry
from tests.conftest import TestWorkspace
from tests.integration.tables import canonical
from tests.integration.unify.test_kill import PARTITIONS, seen, workers
from tests.simulation.postgres import write_definitions
from tests.support import odd_records
from tests.support.databases import copy_database, drop_database

DEADLINE_S = 600.0
RECORDS = int(os.environ.get("FUZZ_RECORDS", "50000"))
SEED = int(os.environ.get("FUZZ_SEED", "9"))
PACKED = 20
NEIGHBOURS = 600


def define(dsn: str, workspace: TestWorkspace) -> None:
    """Publish what looks at odd values."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        registry = load_registry(connection)
        revision = registry.revision + 1
        live = {workspace.id: odd_records.looked_at(workspace.id, revision)}
        write_definitions(
            connection, type(registry)(registry.sources, registry.salts, live, revision)
        )


def append(valkey_url: str, found: Iterable[bytes]) -> None:
    """Append records as collectors do: by the key of their event, several in one entry."""
    waiting: dict[int, list[bytes]] = {number: [] for number in range(PARTITIONS)}
    with redis.Redis.from_url(valkey_url) as client, client.pipeline(transaction=False) as pipeline:
        for one in found:
            packed = waiting[partition_of(record_key(one), PARTITIONS)]
            packed.append(one)
            if len(packed) == PACKED:
                _pack(pipeline, waiting, packed)
        for packed in waiting.values():
            _pack(pipeline, waiting, packed)
        pipeline.execute()


def _pack(
    pipeline: "redis.client.Pipeline", waiting: dict[int, list[bytes]], packed: list[bytes]
) -> None:
    number = next(number for number, one in waiting.items() if one is packed)
    if packed:
        pipeline.xadd(
            stream_key("stratum.events", number),
            {str(place): one for place, one in enumerate(packed)},
        )
        packed.clear()


@pytest.mark.timeout(900)
def test_any_json_value_in_any_position_stops_no_worker_and_loses_no_record(
    settings: Settings, workspace: TestWorkspace, valkey_url: str
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    define(dsn, workspace)
    found = odd_records.records(SEED, RECORDS, workspace.source_id, people=RECORDS // 10)
    with workers(settings, 2, batch_records=2_000) as running:
        append(valkey_url, found)
        deadline = time.monotonic() + DEADLINE_S
        while seen(dsn) < len(found) and not any(worker.poll() is not None for worker in running):
            assert time.monotonic() < deadline, "everything is processed"
            time.sleep(0.3)
        assert [worker.poll() for worker in running] == [None, None]
    with psycopg.connect(dsn) as connection:
        reasons = [row[0] for row in connection.execute("SELECT DISTINCT reason FROM dead_letters")]
        rows = connection.execute(
            "SELECT detail, payload FROM dead_letters WHERE reason = 'internal_error'"
        ).fetchall()
    assert seen(dsn) == len(found)
    assert rows == []  # what is known to be odd is refused by name
    assert len(reasons) >= 8
    (report,) = verify_all(settings)
    assert report.differences == []


def test_any_cutting_of_the_same_records_gives_the_same_tables(
    settings: Settings, workspace: TestWorkspace
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    define(dsn, workspace)
    found = odd_records.records(SEED + 1, NEIGHBOURS, workspace.source_id, people=60)
    admin = psycopg.conninfo.make_conninfo(dsn, dbname="postgres")
    name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    tables = []
    for most in (1, 7, NEIGHBOURS):
        twin = f"{name}_{most}"
        copy_database(admin, name, twin)
        feed(psycopg.conninfo.make_conninfo(dsn, dbname=twin), found, most)
        tables.append(everything(psycopg.conninfo.make_conninfo(dsn, dbname=twin)))
        drop_database(admin, twin)
    one_by_one, few, whole = tables
    for table, rows in one_by_one.items():
        assert few[table] == rows, table
        assert whole[table] == rows, table


def feed(dsn: str, found: list[bytes], most: int) -> None:
    """Commit records in batches of at most so many."""
    rng = random.Random(most)
    unify = build_unifier(
        dsn,
        IdentityRules(),
        ProfileRules(),
        Engine(),
        lambda _log, _partition: pytest.fail("fenced"),
    )
    start = 0
    while start < len(found):
        taken = found[start : start + rng.randint(max(1, most // 2), most)]
        rows = tuple(
            Record(start + place, 0, one, 0, odd_records.RECEIVED_MS)
            for place, one in enumerate(taken)
        )
        unify(Batch("log", 0, start, start + len(taken), rows))
        start += len(taken)
    unify.close()


def everything(dsn: str) -> dict[str, object]:
    """The tables with all counters, except those that speak of the instant of processing and of how
    people came about."""
    with psycopg.connect(dsn) as connection:
        counted = connection.execute(
            "SELECT signal, minute_at, metric, sum(value) FROM observations WHERE metric <>"
            " 'new_people' AND metric NOT LIKE 'lag%%' AND metric <> 'rejected:internal_error'"
            " GROUP BY 1, 2, 3"
        ).fetchall()
    return {**canonical(dsn), "observations": {row[:3]: round(row[3], 6) for row in counted}}
