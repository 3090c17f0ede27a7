"""The identity page: an unmerge, and lifting the ban that it made."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import psycopg
import pytest
import redis
from playwright.sync_api import Page, Request, expect

from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.partitioning import stream_key
from tests.browser.conftest import Visitor
from tests.browser.test_views import violations
from tests.support.story import Story

_AT_ONCE: Final = 15
_PATIENCE_S: Final = 60.0
_LOG: Final = "ordered"
_WORDS: Final = "the clerk typed Nora's number into Tom's account"


@pytest.fixture
def engine(story: Story) -> Iterator[Callable[[], int]]:
    """Processes what the API has written to the log; answers how many records that was."""
    settings = story.settings
    dsn = settings.postgres.dsn.get_secret_value()
    unifier = build_unifier(
        dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)", (_LOG,)
        )

    def run() -> int:
        with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
            streams = [
                stream_key(settings.log.name, partition)
                for partition in range(settings.log.partitions)
            ]
            values = [
                value
                for stream in streams
                for _, fields in client.xrange(stream)
                for value in fields.values()
            ]
        records = tuple(Record(place, 0, value) for place, value in enumerate(values))
        unifier(Batch(_LOG, 0, 0, len(records), records))
        return len(records)

    yield run
    unifier.close()


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
