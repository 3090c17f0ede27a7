"""The data map is whole: no table, column, index or key is missing, and none is made up."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from domain.intake.partitioning import stream_key
from domain.privacy.data_map import PLACES, Leaving, Personal, Store
from domain.privacy.erasure import Step
from sinks.profiles.cache import identifier_name, profile_name
from tests.config.test_stratum_yaml import declared
from tests.support.valkey_keys import key_prefixes

COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = """
    SELECT i.relname, t.relname, a.attname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = i.relnamespace AND n.nspname = 'public'
    JOIN LATERAL unnest(x.indkey) WITH ORDINALITY k (number, place) ON true
    LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
"""


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """The migrated schema."""
    with psycopg.connect(postgres_dsn) as opened:
        yield opened


def test_every_column_is_in_the_map_once_and_none_is_made_up(
    conn: psycopg.Connection[Any],
) -> None:
    mapped = Counter(
        (place.name, column)
        for place in PLACES
        if place.store is Store.POSTGRES
        for column in place.parts
    )
    stored = set(conn.execute(COLUMNS))

    assert stored - mapped.keys() == set(), "say in domain/privacy/data_map what rests there"
    assert mapped.keys() - stored == set(), "the schema has no such column"
    assert [column for column, times in mapped.items() if times > 1] == []


def test_every_index_that_copies_values_or_is_computed_is_in_the_map(
    conn: psycopg.Connection[Any],
) -> None:
    clear = {
        (place.name, column)
        for place in PLACES
        if place.store is Store.POSTGRES and place.personal is Personal.VALUE
        for column in place.parts
    }
    instants = {"occurred_at", "received_at", "next_wake_at", "last_seen_bin"}
    rows = list(conn.execute(INDEXES))
    known = {row[0] for row in rows}
    mapped = {place.name for place in PLACES if place.store is Store.INDEX}

    copies = {
        index
        for index, table, column in rows
        if (table, column) in clear and column not in instants
    }
    assert mapped <= known, "there is no such index"
    assert copies <= mapped
    personal = {place.name for place in PLACES if place.personal is not Personal.NONE}
    computed = {index for index, table, column in rows if column is None and table in personal}
    assert computed <= mapped | {"profiles_first_seen", "exports_age"}, "instants of the table"


def test_every_key_of_valkey_is_in_the_map_and_none_is_made_up() -> None:
    mapped = {
        ":".join(place.name.split(":")[:2])
        for place in PLACES
        if place.store is Store.VALKEY and place.name.startswith("stratum:")
    }

    assert mapped == key_prefixes()
    assert {profile_name(b"p"), identifier_name(b"i")} == {"stratum:p:70", "stratum:i:69"}
    assert stream_key("<log.name>", 0) == "<log.name>:0"
    assert "<log.name>:<partition>" in {place.name for place in PLACES}


def test_whoever_is_personal_leaves_and_nobody_else() -> None:
    for place in PLACES:
        none = place.personal is Personal.NONE
        assert none == (place.leaves is Leaving.NONE), place
        if place.personal is Personal.VALUE:
            assert place.leaves is not Leaving.KEPT, place
    assert {*map(str, Step)} <= {*map(str, Leaving)}
    assert {*map(str, Step)} <= {str(place.leaves) for place in PLACES}, "a step without a place"


def test_settings_that_the_map_names_are_settings() -> None:
    known = set(declared(Settings()))
    named = {
        setting for place in PLACES for setting in re.findall(r"`([^`]+)`", place.kept + place.what)
    }

    assert named
    assert named - known == set()
