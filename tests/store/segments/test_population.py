"""Everybody in a workspace: counted or estimated, and read once around the ring of ids."""

from datetime import timedelta
from uuid import UUID

import pytest

from store.connection import adapt
from store.segments.population import count_people, ring
from tests.store.conftest import Engine

PEOPLE = """
    INSERT INTO profiles (id, workspace_id, version, stage, doc)
    SELECT gen_random_uuid(), %s, 1, 'known', '' FROM generate_series(1, %s)
"""


def test_few_people_are_counted(engine: Engine) -> None:
    engine.conn.execute(PEOPLE, (engine.workspace, 7))

    with engine.conn.transaction():
        assert count_people(engine.conn, engine.workspace, timedelta(seconds=10)) == (7, True)


def test_too_many_people_to_be_counted_are_estimated(engine: Engine) -> None:
    engine.conn.execute(PEOPLE, (engine.workspace, 60_000))
    engine.conn.execute("ANALYZE profiles")

    with engine.conn.transaction():
        people, exact = count_people(engine.conn, engine.workspace, timedelta(milliseconds=1))

    assert not exact
    assert people == pytest.approx(60_000, rel=0.2)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_everybody_is_read_once_from_anywhere(engine: Engine, size: int) -> None:
    engine.conn.execute(PEOPLE, (engine.workspace, 7))
    ids = [row[0] for row in engine.conn.execute("SELECT id FROM profiles ORDER BY id")]

    adapt(engine.conn)
    for place, start in enumerate(ids):
        pages = list(ring(engine.conn, engine.workspace, start, size))
        read = [UUID(bytes=person) for page in pages for person, _ in page]

        assert read == [*ids[place + 1 :], *ids[: place + 1]]
        assert all(len(page) <= size for page in pages)
