"""The stores that pass the contract of a unit of work."""

from collections.abc import Iterator

import pytest

from store.definitions.load import Registry
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.simulation.contract import Shared
from tests.simulation.memory import MemoryTables, MemoryUnitOfWork
from tests.support.builders import REVISION


@pytest.fixture(
    params=[
        "memory",
        pytest.param("postgres", marks=pytest.mark.servers),
        pytest.param("postgres without cache", marks=pytest.mark.servers),
    ]
)
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    if request.param == "memory":
        tables = MemoryTables(Registry({}, {}, {}, REVISION))
        yield Shared(lambda: MemoryUnitOfWork(tables))
        return
    dsn, opened = request.getfixturevalue("postgres_dsn"), []
    cache_people = 100 if request.param == "postgres" else 0

    def connect() -> PostgresUnitOfWork:
        opened.append(PostgresUnitOfWork(dsn, cache_people))
        return opened[-1]

    yield Shared(connect)
    for store in opened:
        store.close()
