"""Advisory locks that are held for a while."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from store import locks

Conn = psycopg.Connection[Any]


@pytest.fixture
def pair(postgres_dsn: str) -> Iterator[tuple[Conn, Conn]]:
    with ExitStack() as opened:
        one, two = (
            opened.enter_context(psycopg.connect(postgres_dsn, autocommit=True)) for _ in range(2)
        )
        yield one, two


@pytest.mark.parametrize("key", [(7,), (7, 8)], ids=["one number", "a class and an id"])
@pytest.mark.parametrize(
    "patience",
    [timedelta(), timedelta(microseconds=1), timedelta(milliseconds=20)],
    ids=["at once", "less than a millisecond", "a while"],
)
def test_one_connection_holds_it_at_a_time(
    pair: tuple[Conn, Conn], key: tuple[int, ...], patience: timedelta
) -> None:
    one, two = pair
    two.execute("SET statement_timeout = '20s'")
    with locks.held(one, *key) as first, locks.held(two, *key, patience=patience) as second:
        assert (first, second) == (True, False)
    with locks.held(two, *key, patience=patience) as later:
        assert later
        assert two.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_what_fails_within_gives_it_back(pair: tuple[Conn, Conn]) -> None:
    one, two = pair
    with pytest.raises(ZeroDivisionError), locks.held(one, 7):
        raise ZeroDivisionError
    with locks.held(two, 7) as free:
        assert free


def test_a_connection_that_ends_within_gives_it_back(pair: tuple[Conn, Conn]) -> None:
    one, two = pair
    with locks.held(one, 7):
        two.execute("SELECT pg_terminate_backend(%s, 10000)", (one.info.backend_pid,))
    with locks.held(two, 7) as free:
        assert free
