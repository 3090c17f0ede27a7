"""Dead letters on a database that refuses transitions which no table names."""

import psycopg
import pytest

from tests.support.transitions import DEAD_LETTERS, refuse_others


@pytest.fixture
def postgres_dsn(postgres_dsn: str) -> str:
    """A database of the test's own that knows the transitions of dead letters."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        refuse_others(conn, DEAD_LETTERS)
    return postgres_dsn
