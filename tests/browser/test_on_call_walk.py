"""A walk on call: from an alert's link to cause, consequence and the way out, without scrolling."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.read}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def test_from_an_alert_to_the_signal_the_held_audience_and_its_story(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    alert = next(
        each
        for each in _api(shop, story, "/alerts?limit=200")["items"]
        if each["key"].startswith("signal:") and any("gate:" in one for one in each["members"])
    )
    signal = alert["key"].removeprefix("signal:")
    page = visit(shop, 1280, 900).open(f"/trust/alerts/{alert['id']}", story.read)
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name=alert["summary"])).to_be_in_viewport()
    cause = main.get_by_role("link", name=re.compile(rf"^signal .*\({signal}\)$"))
    expect(cause).to_be_in_viewport()
    held = main.get_by_role("link", name=re.compile("^gate of ")).first
    expect(held).to_be_in_viewport()

    cause.click()
    now = _api(shop, story, f"/signals/{signal}")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(main.get_by_text(now["why"])).to_be_in_viewport()
    why = main.get_by_role("region", name=re.compile("^Why"))
    expect(why).to_be_in_viewport(ratio=1)
    follows = main.get_by_role("region", name="What follows")
    expect(follows.get_by_role("link").first).to_be_in_viewport()

    page.go_back()
    held.click()
    audience = int(page.url.split("?")[0].rpartition("/")[2])
    gate = _api(shop, story, f"/audience-sync/audiences/{audience}/gate")
    expect(main.get_by_text(gate["reasons"][0]).first).to_be_in_viewport()
    expect(main.get_by_role("heading", name="What it takes to pass")).to_be_in_viewport()

    main.get_by_role("link", name="The whole story of the next push").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The next push")
    expect(page.get_by_role("heading", name="Due")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Readings")).to_be_in_viewport()
