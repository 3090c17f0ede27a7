"""Lists that change by themselves: what is new waits, and costs no page that is already there."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from tests.browser.conftest import Visitor
from tests.support.held import held_back
from tests.support.story import Story

Body = dict[str, Any]


def test_new_rows_wait_until_somebody_wants_them(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    added: list[Body] = []

    def with_more(route: Route) -> None:
        answer = route.fetch()
        body: Body = answer.json()
        for first in body["items"][:1]:  # none came within the minute that is drawn anew
            body["items"] = [{**first, **each} for each in added] + body["items"]
        route.fulfill(response=answer, json=body)

    visitor.page.route("**/cdp/decisions?*", with_more)
    visitor.page.route("**/cdp/live*", lambda route: route.abort())
    visitor.allowed.append("ERR_FAILED")
    page = visitor.open("/trust/decisions", story.read)
    table = page.get_by_role("region", name="Decisions, newest first").get_by_role("table")
    first = table.get_by_role("row").nth(1)
    expect(first).to_contain_text(re.compile(r"\(\w+:\d+\)"))  # its audience is called by its name
    before = first.inner_text()
    added.append({"id": 10**6, "destination": "meta:77"})
    button = page.get_by_role("button", name="1 new")
    expect(button).to_be_visible()
    assert first.inner_text() == before
    button.click()
    expect(first).to_contain_text("meta:77")
    expect(page.get_by_role("region", name="Decisions, newest first")).to_be_focused()


def test_news_read_the_head_of_a_long_list_and_not_its_pages(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    asked: list[str] = []

    def small(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_(url=route.request.url.replace("limit=50", "limit=5"))

    visitor.page.route("**/cdp/decisions?*", small)
    pieces = 'event: decision\nid: decisions=1\ndata: {"id":1,"verdict":"hold","codes":[]}\n\n'
    told = held_back(visitor.page, "**/cdp/live*")
    page = visitor.open("/trust/decisions", story.read)
    table = page.get_by_role("region", name="Decisions, newest first").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(6)
    page.get_by_role("button", name="Load more").click()
    expect(table.get_by_role("row")).to_have_count(11)
    asked.clear()
    with page.expect_response("**/cdp/decisions?*"):
        told[0].fulfill(content_type="text/event-stream", body=pieces)
    expect(table.get_by_role("row")).to_have_count(11)
    assert asked
    assert "cursor" not in asked[0]
    assert not [url for url in asked if "cursor=" in url]


def test_what_is_worked_out_from_a_list_says_while_it_is_not_whole(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    held: list[Route] = []

    def one(route: Route) -> None:
        if "cursor=" in route.request.url and not held:
            held.append(route)
        else:
            route.continue_(url=route.request.url.replace("limit=200", "limit=1"))

    visitor.page.route("**/cdp/audience-sync/audiences?*", one)
    page = visitor.open("/privacy", story.read)
    reading = page.get_by_text("More audiences are being read…")
    expect(reading).to_be_visible()
    expect(page.get_by_text("in the audiences read so far.")).to_be_visible()
    held[0].continue_(url=held[0].request.url.replace("limit=200", "limit=1"))
    expect(page.get_by_text("No removal waits for a platform now.")).to_be_visible()
    expect(reading).to_have_count(0)
