"""The pictures that ``make pictures`` takes are those that the page and the docs show."""

import re
from datetime import UTC, datetime

from tests.browser.pictures import LANDING, PICTURES, ROOT, stated
from tests.dashboard.landing import Landing

NAMES = {f"{picture.name}.webp" for picture in PICTURES}


def test_the_landing_page_shows_every_picture() -> None:
    shown = [image["src"].rpartition("/")[2] for image in Landing().all("img")]
    assert sorted(name for name in shown if name.endswith(".webp")) == sorted(NAMES)


def test_every_picture_of_the_docs_is_taken_again_and_used() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    link = re.compile(r"\]\((?:docs/)?img/([\w-]+\.webp)\)")
    assert {name for page in pages for name in link.findall(page.read_text())} == NAMES
    assert {path.name for path in (ROOT / "docs" / "img").glob("*.webp")} == NAMES


def test_the_page_says_the_size_and_the_day_of_its_pictures() -> None:
    day = datetime(2027, 1, 5, tzinfo=UTC)

    page = stated(LANDING.read_text(), {"push.webp": (640, 333)}, day)

    assert 'src="/landing/push.webp" width="640" height="333"' in page
    assert 'taken on <time datetime="2027-01-05">5 January 2027</time>' in page
    assert stated(page, {"push.webp": (640, 333)}, day) == page
    assert page.count("<img") == LANDING.read_text().count("<img")
