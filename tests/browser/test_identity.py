"""The identity page: an unmerge, and lifting the ban that it made."""

import re
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Visitor
from tests.browser.test_views import violations
from tests.support.story import Story

_AT_ONCE: Final = 15
_PATIENCE_S: Final = 60.0
_WORDS: Final = "the clerk typed Nora's number into Tom's account"


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _questions(page: Page) -> list[Request]:
    """Those that are asked from here on, in their order."""
    found: list[Request] = []

    def keep(request: Request) -> None:
        found.append(request)

    page.on("request", keep)
    return found


def _says_processed(request: Request) -> bool:
    answer = request.response() if "/cdp/commands/" in request.url else None
    return answer is not None and answer.json()["status"] == "processed"


def _after_processing(page: Page, asked: list[Request]) -> list[str]:
    """What is asked from the first question on that was answered so, up to the next graph."""
    first = next(place for place, request in enumerate(asked) if _says_processed(request))
    deadline = time.monotonic() + _PATIENCE_S
    while not (later := [request.url for request in asked[first:]]) or not any(
        url.endswith("/graph") for url in later
    ):
        assert time.monotonic() < deadline, later
        page.wait_for_timeout(50)
    return later[: next(place for place, url in enumerate(later) if url.endswith("/graph"))]


def _choose_banned(page: Page) -> None:
    links = page.get_by_role("table", name="Links, the weightiest bridges first")
    row = links.get_by_role("row").filter(has_text="is banned")
    row.get_by_role("button").first.click()


def test_lifting_a_ban_shows_what_follows_asks_why_and_says_how_it_ended(
    visit: Callable[..., Visitor], shop: str, story: Story, engine: Callable[[], int]
) -> None:
    tom = story.profiles["tom"]
    page = visit(shop).open(f"/cdp/identity/{tom}", story.admin)
    _choose_banned(page)
    expect(page.get_by_text(_WORDS)).to_be_visible()
    page.get_by_role("button", name="Lift the ban…").click()
    dialog = page.get_by_role("dialog", name="Lift the ban")
    expect(dialog.get_by_text("become one person")).to_be_visible()
    expect(dialog.get_by_text(f"“{_WORDS}”")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("textbox", name=re.compile("Reason")).fill("they share a phone")
    dialog.get_by_role("button", name="Lift the ban", exact=True).click()
    expect(page.get_by_text("In the log, not processed yet…")).to_be_visible()
    asked = _questions(page)
    assert engine() == 1
    expect(page.get_by_text("Processed. The link holds.")).to_be_visible()
    # The graph follows at once, not when its turn comes; a command is asked for each second.
    assert len(_after_processing(page, asked)) < _AT_ONCE
    expect(page.get_by_role("button", name="Lift the ban…")).to_have_count(0)
    expect(page.get_by_role("button", name="This link is wrong…")).to_be_visible()
    (entry,) = _api(shop, story, "/audit?action=allow")["items"]
    assert entry["detail"]["reason"] == "they share a phone"
    newest = _api(shop, story, "/merges")["items"][0]
    assert (newest["kind"], newest["cause"]["type"]) == ("merge", "allow")
    page.reload()
    history = page.get_by_role("table", name="Merges and splits, newest first")
    expect(history.get_by_text("a ban that was lifted")).to_be_visible()


def test_who_may_not_lift_a_ban_is_told_which_scope_it_takes(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/cdp/identity/{story.profiles['tom']}", story.read)
    _choose_banned(page)
    button = page.get_by_role("button", name="Lift the ban…")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description(re.compile("admin"))
