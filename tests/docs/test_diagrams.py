"""The docs show the states that the tables of transitions name."""

import pytest

from tests.docs.diagrams import DOCS, PAGES, drawn


@pytest.mark.parametrize("page", PAGES)
def test_diagrams_are_those_of_the_tables(page: str) -> None:
    text = (DOCS / page).read_text()
    assert text == drawn(text, PAGES[page]), "run: python -m tests.docs.diagrams"
