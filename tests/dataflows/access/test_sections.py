"""Law 18: everything held is told. What erasure removes, the data map says, and access tells."""

import re
from collections import Counter
from typing import Final

import pytest

from dataflows.access.section import Section
from dataflows.access.sections import SECTIONS
from domain.privacy.data_map import PLACES, Leaving, Personal, Place, Store

BY_NAME: Final = {section.name: section for section in SECTIONS}
PERSONAL: Final = [place for place in PLACES if place.personal is not Personal.NONE]
TOLD: Final = [place for place in PERSONAL if place.access]


def called(place: Place) -> str:
    return f"{place.store} {place.name} {' '.join(place.parts)}"


@pytest.mark.parametrize("place", PERSONAL, ids=called)
def test_every_personal_place_is_told_or_says_why_not(place: Place) -> None:
    assert bool(place.access) != bool(place.withheld), "either a section or a reason"
    if place.access:
        assert place.access in BY_NAME
    else:
        assert len(place.withheld.split()) > 3, "a reason is a sentence"


@pytest.mark.parametrize("place", TOLD, ids=called)
def test_every_column_of_a_told_place_is_in_its_section(place: Place) -> None:
    if place.store is Store.POSTGRES:
        wanted = {f"{place.name}.{part}" for part in place.parts}
        assert wanted <= BY_NAME[place.access].origins


def test_what_an_erasure_removes_from_tables_is_told() -> None:
    removed = {
        place.name
        for place in PERSONAL
        if place.store is Store.POSTGRES and place.parts
        if place.leaves not in {Leaving.KEPT, Leaving.RETENTION}
    }
    assert removed == {place.name for place in TOLD if place.store is Store.POSTGRES} - {
        "audit",
        "erased_identifiers",
        "access_archives",
        "resting_people",
    }


def test_what_is_not_personal_names_no_section() -> None:
    others = [place for place in PLACES if place.personal is Personal.NONE]
    assert [place for place in others if place.access or place.withheld] == []


def test_sections_take_columns_that_are_in_the_map() -> None:
    mapped = {
        f"{place.name}.{part}"
        for place in PLACES
        if place.store is Store.POSTGRES
        for part in place.parts
    }
    assert frozenset().union(*(section.origins for section in SECTIONS)) <= mapped


@pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.name)
def test_a_section_explains_itself_and_each_of_its_columns(section: Section) -> None:
    assert re.fullmatch(r"[a-z_]+", section.name)
    assert section.title
    assert section.what.endswith(".")
    names = [column.name for column in section.columns]
    assert len(set(names)) == len(names)
    assert all(column.what.endswith((".", ":")) for column in section.columns)


def test_names_of_sections_are_unique() -> None:
    assert {*Counter(section.name for section in SECTIONS).values()} == {1}


def test_no_section_takes_a_secret() -> None:
    secret = re.compile(r"salt|token|hash|key_hash|api_keys|write_keys|logins|sha256")
    origins = {origin for section in SECTIONS for origin in section.origins}
    assert [origin for origin in origins if secret.search(origin)] == []
