"""Memory of an export does not grow with the number of people: law 9, for what leaves."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import psycopg
import pytest

from config.settings import Settings
from domain.export import ExportCounts, ExportFormat, ExportSpec
from domain.ids import IdentifierKey, ProfileId, WorkspaceId
from domain.profiles.leaf import Leaf, Register
from domain.profiles.profile import Person, encode_person
from domain.segments.rule import All
from sinks.export.run import Exporter
from store.connection import adapt
from store.definitions.drafts import Author
from store.unify import copy_format

pytestmark = pytest.mark.usefixtures("workspace")
FEW, MANY = 1_000, 15_000


def crowd(people: range) -> Iterator[tuple[Person, bytes]]:
    for number in people:
        key = number.to_bytes(16, "big")
        leaf = Leaf(first_ms=1, last_ms=2, types={"track": 3}, names={"track:Order Completed": 3})
        leaf.traits = {"plan": Register(f"plan {number}", 1, 1)}
        person = Person(ProfileId(key), WorkspaceId(1), 1, leaf, {}, sole=IdentifierKey(key))
        yield person, encode_person(person)


@pytest.fixture
def conn(
    postgres_dsn: str,
) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        adapt(connection)
        yield connection


def peak(conn: psycopg.Connection[Any], settings: Settings, form: ExportFormat) -> tuple[int, int]:
    """Most bytes that an export held at once, and how many people it wrote."""
    params = replace(settings.exports, page=200, group_rows=500)
    exporter = Exporter(params, settings.profile, {}, lambda: 1_790_000_000_000)
    counts = ExportCounts()
    tracemalloc.start()
    try:
        for _ in exporter.begin(
            conn, Author(1, "test"), ExportSpec(form, "none", "a test", rule=All(())), counts
        ).chunks():
            pass
        return tracemalloc.get_traced_memory()[1], counts.rows
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", get_args(ExportFormat))
def test_many_people_take_no_more_memory_than_few(
    conn: psycopg.Connection[Any], settings: Settings, form: ExportFormat
) -> None:
    copy_format.copy_people(conn.cursor(), "profiles", crowd(range(1, FEW + 1)))
    peak(conn, settings, form)  # imports and caches
    small, written = peak(conn, settings, form)
    assert written == FEW

    copy_format.copy_people(conn.cursor(), "profiles", crowd(range(FEW + 1, MANY + 1)))
    large, written = peak(conn, settings, form)

    assert written == MANY
    assert large < 1.3 * small
