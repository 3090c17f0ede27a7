"""A marketer's pages: build a segment, publish it, link it, and why the first push is held."""

import re
from collections.abc import Callable
from typing import Any, Final

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story

ADDED: Final = "Product Added"
BOUGHT: Final = "Order Completed"
NAME: Final = "Left the cart right now"
WORDS_OF_REFUSALS: Final = ("409", "422")
"""The browser's console says the status of every answer that is an error."""


def _api(shop: str, key: str, method: str, path: str, **more: Any) -> Any:
    answer = httpx.request(
        method,
        f"{shop}/cdp{path}",
        headers={"x-api-key": key, **more.pop("headers", {})},
        timeout=60,
        **more,
    )
    answer.raise_for_status()
    return answer.json()


def _did(event: str, op: str) -> dict[str, Any]:
    condition = {"op": op, "value": 1}
    return {"type": "event", "event": {"name": event}, "window": "30m", "condition": condition}


RULE: Final = {"type": "all", "of": [_did(ADDED, "at_least"), _did(BOUGHT, "less_than")]}


def _add_by_mouse(page: Page) -> None:
    page.get_by_role("button", name="condition or group").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Did an event At")).click()
    block = page.get_by_role("treeitem").nth(1)
    block.get_by_label("Event: name").fill(ADDED)
    block.get_by_label("Window", exact=True).fill("30")
    block.get_by_label("Window: unit").select_option("minutes")


def _add_by_keyboard(page: Page) -> None:
    page.get_by_role("treeitem").first.focus()
    page.keyboard.press("+")
    page.get_by_label("Find a condition").focus()
    page.keyboard.type("did not do")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    block = page.get_by_role("treeitem").nth(2)
    expect(block).to_be_focused()
    page.keyboard.press("Enter")
    expect(block.get_by_label("Event: type")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(BOUGHT)
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(block.get_by_label("Window", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("minutes")
    page.keyboard.press("Escape")
    expect(block).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("treeitem").nth(1)).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_role("treeitem").first).to_be_focused()


def test_a_marketer_builds_publishes_links_and_sees_why_the_first_push_is_held(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.extend(WORDS_OF_REFUSALS)
    page = visitor.open("/cdp/segments", story.write)
    page.get_by_role("button", name="New segment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New segment")
    page.get_by_label("Name", exact=True).fill(NAME)
    expect(page.get_by_label("Purpose that people consent to")).to_have_value("advertising")
    _add_by_mouse(page)
    _add_by_keyboard(page)

    asked = {"json": {"rule": RULE}}
    before = _api(shop, story.read, "POST", "/segments/preview", **asked)
    preview = page.get_by_role("region", name="Who would be in")
    expect(preview.get_by_text("everybody was looked at")).to_be_visible()
    expect(preview.get_by_text("Of the rule before the last change.")).to_have_count(0)
    after = _api(shop, story.read, "POST", "/segments/preview", **asked)
    shown = int(preview.get_by_text(re.compile(r"^\d+$")).first.inner_text())
    assert after["members"]["value"] <= shown <= before["members"]["value"]

    page.get_by_role("button", name="Save and publish…").click()
    sheet = page.get_by_role("dialog", name=f"Publish version 1 of {NAME}")
    expect(sheet.get_by_text("No audience follows it")).to_be_visible()
    sheet.get_by_role("button", name="Publish version 1").click()
    reason = sheet.get_by_label("Reason, kept in the audit log")
    expect(reason).to_be_focused()
    reason.fill("Agreed on with sales")
    sheet.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    made = _api(shop, story.read, "GET", "/segments", params={"search": NAME})["items"][0]
    assert (made["status"], made["version"], made["rule"]) == ("live", 1, RULE)
    newest = {"action": "segment.publish", "limit": 1}
    (entry,) = _api(shop, story.admin, "GET", "/audit", params=newest)["items"]
    assert entry["detail"]["reason"] == "Agreed on with sales"

    page.get_by_role("link", name="Audiences", exact=True).click()
    page.get_by_role("link", name="Create audience").first.click()
    dialog = page.get_by_role("dialog", name="Create an audience")
    expect(dialog.get_by_label("Segment")).to_have_value(str(made["id"]))
    dialog.get_by_label("Platform", exact=True).select_option("meta")
    dialog.get_by_label("Name at the platform").fill(NAME)
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.get_by_role("heading", name="What it takes to pass")).to_be_visible()
    audiences = _api(shop, story.read, "GET", "/audience-sync/audiences")["items"]
    audience = next(each["id"] for each in audiences if each["segment_id"] == made["id"])
    gate = _api(shop, story.read, "GET", f"/audience-sync/audiences/{audience}/gate")
    assert gate["verdict"] == "hold"
    for reason in gate["reasons"]:
        expect(page.get_by_role("listitem").filter(has_text=reason).first).to_be_visible()
    page.get_by_role("button", name="Measure the next push").click()
    expect(page.get_by_role("term").filter(has_text="would come")).to_be_visible()


def test_nothing_that_was_typed_is_lost_when_somebody_else_saves(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    segment = story.segments["Gear fans"]
    path = f"/segments/{segment}"
    visitor = visit(shop)
    visitor.allowed.extend(WORDS_OF_REFUSALS)
    page = visitor.open(f"/cdp{path}/edit", story.write)
    page.get_by_label("Description").fill("Whoever likes gear")
    own = _api(shop, story.read, "GET", path)
    version = own["newest_version"]
    theirs = {"name": own["name"], "rule": {"type": "lifecycle", "stages": ["churned"]}}
    _api(shop, story.admin, "PUT", path, json=theirs)
    page.get_by_role("button", name="Save draft").click()
    conflict = page.get_by_role("alert", name="Another version")
    expect(conflict).to_contain_text(f"saved version {version + 1} meanwhile")
    expect(conflict).to_contain_text("the lifecycle stage is churned")
    page.reload()
    expect(page.get_by_label("Description")).to_have_value("Whoever likes gear")
    conflict.get_by_role("button", name="Keep mine").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").filter(has_text="The draft is saved.")).to_be_visible()
    saved = _api(shop, story.read, "GET", path)
    assert (saved["description"], saved["newest_version"]) == ("Whoever likes gear", version + 2)


def test_members_are_those_of_the_api_each_with_a_reason(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    segment = story.segments["Club members"]
    page = visit(shop).open(f"/cdp/segments/{segment}?tab=members", story.read)
    listed = _api(shop, story.read, "GET", f"/segments/{segment}/members")["items"]
    table = page.get_by_role("table", name="Members")
    expect(table.get_by_role("row")).to_have_count(len(listed) + 1)
    table.get_by_role("button", name="why").first.click()
    sheet = page.get_by_role("dialog", name="Why?")
    expect(sheet.get_by_text("In “Club members”")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()


def test_a_segment_that_others_refer_to_is_not_deleted_and_says_by_what(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.extend(WORDS_OF_REFUSALS)
    page = visitor.open(f"/cdp/segments/{story.segments['Regulars']}", story.write)
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete the segment")
    expect(dialog.get_by_role("link", name="Not a regular")).to_be_visible()
    dialog.get_by_label("Reason, kept in the audit log").fill("Nobody uses it")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Other segments refer to it")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Regulars")


def test_a_reader_sees_what_a_key_may_not_do(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/segments", story.read)
    button = page.get_by_role("button", name="New segment")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("Needs the scope write.")


def test_the_buttons_of_all_recipes_are_equally_high(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/segments", story.read)
    buttons = page.get_by_role("button", name="Start from this")
    expect(buttons.first).to_be_visible()
    heights = {box["height"] for each in buttons.all() if (box := each.bounding_box())}
    assert len(heights) == 1
