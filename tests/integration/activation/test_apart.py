"""The process as it is started, with several platforms: one that hangs delays no other, and limits
hold."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from config.settings import Settings
from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from store.signals import observations
from store.signals.signals import write_readings
from tests.conftest import TestWorkspace
from tests.integration.activation.places import Place, listening, values
from tests.integration.activation.world import World, new_world

Wait = Callable[[Callable[[], bool]], None]
_RUN = (
    "from config.load import load_settings; from dataflows.activation import run;"
    " run(load_settings())"
)


@contextmanager
def process(dsn: str, valkey_url: str, *places: Place) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {
        "STRATUM_POSTGRES__DSN": dsn,
        "STRATUM_REDIS__URL": valkey_url,
        "STRATUM_GATE__COOL_DOWN": "0",
        "STRATUM_GATE__SWING": "100",
        "STRATUM_GATE__CONFIRM_FIRST": "false",
    }
    for place in places:
        env |= {
            f"STRATUM_{place.name}__{key}".upper(): json.dumps(value)
            for key, value in place.settings.items()
        }
    running = subprocess.Popen(
        [sys.executable, "-c", _RUN], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        print(running.stdout.read().decode())
        running.stdout.close()


def world_of(conn: psycopg.Connection, workspace: TestWorkspace, place: Place) -> World:
    """An audience on one platform, of people of its own, and a source that is well."""
    settings: Mapping[str, object] = {place.name: place.settings}
    platform = Settings.model_validate(settings).platforms[place.name].codec
    now = datetime.now(UTC)
    minute = int(now.timestamp()) // 60 * 60_000
    with conn.transaction():
        observations.add(conn, [(workspace.id, "source:1", minute, 0, metrics.ACCEPTED, 100.0)])
        for age_ms in (3, 2, 1, 0):
            write_readings(
                conn,
                [
                    Reading(
                        workspace.id,
                        "source:1",
                        to_ms(now) - age_ms,
                        95,
                        Status.HEALTHY,
                        1_000,
                    )
                ],
            )
    return new_world(conn, workspace, platform, f"{place.name}-", place.account)


def test_platform_that_hangs_delays_no_other(
    postgres_dsn: str, valkey_url: str, workspace: TestWorkspace, wait_until: Wait
) -> None:
    with (
        listening("snapchat") as hanging,
        listening("meta") as well,
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
    ):
        hanging.fault("timeout", "find", seconds=3600)
        there, here = world_of(conn, workspace, hanging), world_of(conn, workspace, well)
        there.join(1)
        with process(postgres_dsn, valkey_url, hanging, well) as running:
            wait_until(lambda: hanging.sandbox.requests.get("find") == 1)
            for number in range(7):
                here.join(number)
            conn.execute(
                "UPDATE audiences SET requested_at = now() WHERE id = %s", (here.audience,)
            )
            wait_until(lambda: well.sandbox.requests.get("add") == 3)
            here.withdraw(2)
            wait_until(lambda: ("urgent", "done") in here.pushes())
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0

        assert well.only() == values(here.people.values())
        assert there.pushes() == [("scheduled", "running")], "nobody answered it yet"
        assert hanging.sandbox.requests["find"] == 1


@pytest.mark.parametrize("name", ["tiktok", "snapchat"])
def test_limits_are_never_exceeded(
    name: str,
    postgres_dsn: str,
    valkey_url: str,
    workspace: TestWorkspace,
    wait_until: Wait,
) -> None:
    """Two processes, an audience each and one account: everything they ask counts, and nothing is
    refused."""
    with (
        listening(name, strict=True, max_rows=2) as strict,
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
    ):
        world = world_of(conn, workspace, strict)
        other = new_world(conn, workspace, world.meta, "other-", strict.account)
        for number in range(16):
            world.join(number)
            other.join(number)
        with process(postgres_dsn, valkey_url, strict), process(postgres_dsn, valkey_url, strict):
            wait_until(
                lambda: (
                    ("scheduled", "done") in world.pushes()
                    and ("scheduled", "done") in other.pushes()
                )
            )
        outcomes = {row[0] for row in conn.execute("SELECT outcome->>'outcome' FROM push_requests")}
        retried = conn.execute("SELECT sum(attempts) - count(*) FROM push_requests").fetchone()

    assert strict.writes >= 16
    assert outcomes == {"delivered"}
    assert retried == (0,)
