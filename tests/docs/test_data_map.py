"""The page for privacy officers shows the data map of this version, and every step."""

from domain.privacy.erasure import Step
from tests.docs.data_map import PAGE, drawn


def test_the_page_shows_the_map() -> None:
    text = PAGE.read_text()
    assert text == drawn(text), "run: python -m tests.docs.data_map"


def test_the_page_says_what_each_step_does() -> None:
    text = PAGE.read_text()
    assert [step for step in Step if f"| `{step}` |" not in text] == []
