"""The reading that a restarted reader continues from is the one that was written last, whatever the
clocks dated it."""

from collections.abc import Iterator

import msgspec
import psycopg
import pytest

from domain.signals.reading import ComponentReading, Reading, Status
from store.signals.signals import newest_readings, write_readings
from tests.conftest import TestWorkspace

NOW_MS = 1_790_000_000_000
Conn = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[Conn]:
    with psycopg.connect(postgres_dsn, autocommit=True) as opened:
        yield opened


def test_the_reading_that_was_written_last_is_the_newest_and_comes_whole(
    conn: Conn, workspace: TestWorkspace
) -> None:
    freshness = ComponentReading(
        "freshness", 0.0, 0.2, {"last_accepted_ms": float(NOW_MS - 1)}, 1, "last accepted 9 s ago"
    )
    ahead = Reading(workspace.id, "source:1", NOW_MS + 1_200_000, 99.0, Status.HEALTHY, 500)
    last = Reading(
        workspace.id,
        "source:1",
        NOW_MS,
        None,
        Status.UNKNOWN,
        3,
        (freshness,),
        ("unknown: 3 observations",),
    )
    other = Reading(workspace.id, "source:2", NOW_MS - 1, 50.0, Status.DEGRADED, 40)
    write_readings(conn, [ahead])
    _, number = (one.id for one in write_readings(conn, [other, last]))

    asked = [(workspace.id, f"source:{source}") for source in (1, 2, 3)]
    found = newest_readings(conn, asked)
    assert found.keys() == set(asked[:2])
    assert found[asked[0]] == msgspec.structs.replace(last, id=number)
    assert found[asked[1]].score == 50.0
