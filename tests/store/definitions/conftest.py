"""Definitions on a database that refuses transitions which no table names."""

import psycopg
import pytest

from tests.support.transitions import DEFINITIONS, refuse_others


@pytest.fixture
def postgres_dsn(postgres_dsn: str) -> str:
    """A database of the test's own that knows the transitions of definitions."""
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        refuse_others(conn, DEFINITIONS)
    return postgres_dsn
