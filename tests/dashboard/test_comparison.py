"""The comparison says what dated, public documents say, and nothing else."""

import re
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import pytest

from tests.dashboard.landing import MISSING, ROOT, Landing

DOCUMENT: Final = (ROOT / "docs" / "comparison.md").read_text()
TABLE: Final = Landing().rows
PRODUCTS: Final = TABLE[0][1:]
CELLS: Final = [
    (row[0], product, said)
    for row in TABLE[1:]
    for product, said in zip(PRODUCTS, row[1:], strict=True)
]
SUPERLATIVES: Final = re.compile(
    r"\b(unique|only one|no other|first to|best|leading)\b", re.IGNORECASE
)


class Source(NamedTuple):
    """A row of the document."""

    said: str
    more: str
    address: str
    read_on: date


def sources() -> dict[tuple[str, str], Source]:
    """Claim and product → what the document says of them."""
    found = {}
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        claim = section.partition("\n")[0].strip()
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not line.startswith("| ") or cells[0] in ("product", "---"):
                continue
            product, said, more, source, read_on = cells
            link = re.fullmatch(r"\[[^\]]+\]\((\S+)\)", source)
            assert link, f"{claim}, {product}: {source} is no link"
            assert (claim, product) not in found
            found[claim, product] = Source(said, more, link[1], date.fromisoformat(read_on))
    return found


SOURCES: Final = sources()


def test_the_table_compares_us_with_two_others() -> None:
    assert PRODUCTS == ["Stratum", "Segment", "mParticle"]
    assert len(CELLS) >= 3 * 8
    assert sum(said != MISSING for _, _, said in CELLS) >= 20


@pytest.mark.parametrize(("claim", "product", "said"), CELLS)
def test_every_cell_has_a_dated_source(claim: str, product: str, said: str) -> None:
    if said == MISSING:
        assert product != "Stratum", "we know what we do"
        assert (claim, product) not in SOURCES
        return
    source = SOURCES[claim, product]
    assert source.said == said
    assert source.more
    assert date(2026, 1, 1) <= source.read_on <= datetime.now(UTC).date()
    if product == "Stratum":
        assert (ROOT / "docs" / source.address).is_file()
    else:
        assert source.address.startswith("https://")


def test_the_document_has_nothing_that_the_page_leaves_out() -> None:
    assert set(SOURCES) == {(claim, product) for claim, product, said in CELLS if said != MISSING}


def test_our_lacks_are_rows_too() -> None:
    assert sum(said.startswith("no") for _, product, said in CELLS if product == "Stratum") >= 3


def test_the_page_says_when_it_was_compared() -> None:
    days = {each["datetime"] for each in Landing().all("time")}
    assert max(source.read_on for source in SOURCES.values()).isoformat() in days


@pytest.mark.parametrize("text", [Landing().text, DOCUMENT], ids=["page", "document"])
def test_nothing_is_unique_but_as_far_as_we_know(text: str) -> None:
    for sentence in re.split(r"[.|\n]", text):
        if SUPERLATIVES.search(sentence):
            assert "that we know of" in sentence, sentence
