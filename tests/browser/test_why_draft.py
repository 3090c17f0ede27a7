"""Why somebody would be in by a rule that nobody has published."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.story import Story

BOUGHT = {
    "type": "event",
    "event": {"name": "Order Completed"},
    "condition": {"op": "at_least", "value": 1},
}
DRAFT = {"type": "all", "of": [BOUGHT, {"type": "identifier", "kind": "email"}]}


def _api(shop: str, key: str, method: str, path: str, body: Any = None) -> Any:
    url, headers = f"{shop}/cdp{path}", {"x-api-key": key}
    answer = httpx.request(method, url, headers=headers, json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def test_a_new_rule_says_why_somebody_would_be_in(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/cdp/segments/new?rule={quote(json.dumps(DRAFT))}", story.read)
    page.get_by_role("region", name="For instance").get_by_role("button", name="why").first.click()
    sheet = page.get_by_role("dialog", name="Why?")
    expect(sheet.get_by_text("In what this draft describes")).to_be_visible()
    found = re.search(r"[?&]person=([0-9a-f-]{36})", page.url)
    assert found is not None, "the address says whose reasons are shown"
    asked = {"rule": DRAFT, "profile_id": found[1]}
    told = _api(shop, story.read, "POST", "/segments/why", asked)
    for node in told["why"]["of"]:
        row = sheet.get_by_role("listitem").filter(has_text=node["says"])
        expect(row.last).to_contain_text("decides: this alone keeps them in")
    expect(sheet.get_by_role("heading", name="By the version that is live")).to_have_count(0)

    page.reload()
    expect(sheet.get_by_text("In what this draft describes")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()
    expect(page).not_to_have_url(re.compile("person="))


def test_a_draft_stands_beside_what_is_live(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    path = f"/segments/{story.segments['Club members']}"
    rule = _api(shop, story.read, "GET", path)["rule"]
    turned = {"name": "Club members", "rule": {"type": "not", "of": rule}}
    _api(shop, story.admin, "PUT", path, turned)

    page = visit(shop).open(f"/cdp{path}/edit", story.read)
    page.get_by_role("region", name="For instance").get_by_role("button", name="why").first.click()

    sheet = page.get_by_role("dialog", name="Why?")
    draft = sheet.get_by_role("region", name="By this draft")
    live = sheet.get_by_role("region", name="By the version that is live")
    expect(draft.get_by_text("In “Club members” by this draft")).to_be_visible()
    expect(draft.get_by_text("Stored now: out.")).to_be_visible()
    expect(live.get_by_text("Out of “Club members” version 1")).to_be_visible()
