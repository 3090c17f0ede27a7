"""Exports on a database that refuses transitions which no table names."""

import psycopg
import pytest

from tests.support.transitions import EXPORTS, refuse_others


@pytest.fixture
def postgres_dsn(postgres_dsn: str) -> str:
    """A database of the test's own that knows the transitions of exports."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        refuse_others(conn, EXPORTS)
    return postgres_dsn
