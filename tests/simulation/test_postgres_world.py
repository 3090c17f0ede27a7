"""The same seeds on PostgreSQL: its unit of work and its cache keep every law that the in-memory
store keeps."""

import pytest

from tests.simulation.histories import generate
from tests.simulation.postgres import PostgresWorld

SEEDS = 15


@pytest.mark.parametrize("cache_people", [0, 2, 1_000])
def test_tables_in_postgres_are_what_the_events_say(postgres_dsn: str, cache_people: int) -> None:
    failing: dict[int, list[str]] = {}
    for seed in range(SEEDS):
        world = PostgresWorld(generate(seed), seed, postgres_dsn, cache_people)
        try:
            world.run()
            complaints = world.complaints()
        finally:
            world.close()
        if complaints:
            failing[seed] = complaints
    assert not failing
