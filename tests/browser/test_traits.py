"""Computed traits: as the API has them; one is made, published and deleted."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.read}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def test_traits_are_listed_in_words_with_who_uses_them(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/insight/traits", story.read)
    table = page.get_by_role("table", name="Computed traits")
    segments = _api(shop, story, "/segments?limit=200")["items"]
    for trait in _api(shop, story, "/traits")["items"]:
        row = table.get_by_role("row").filter(
            has=page.get_by_role("link", name=trait["name"], exact=True)
        )
        expect(row).to_contain_text(trait["rule"]["event"]["name"])
        expect(row).to_contain_text(f"{trait['status']}, version {trait['version']}")
        called = json.dumps({"name": trait["name"]})[1:-1]
        for segment in segments:
            if called in json.dumps(segment["rule"]):
                expect(row).to_contain_text(segment["name"])
    words = "the number of “Order Completed” in the last 30 days"
    expect(table.get_by_role("cell", name=words)).to_be_visible()


def test_a_trait_is_made_published_changed_and_deleted(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed += ["422", "404"]
    page = visitor.open("/insight/traits?open=new", story.write)
    form = page.get_by_role("dialog", name="New computed trait")
    form.get_by_label("Name", exact=True).fill("spent_90d")
    form.get_by_label("Computes").select_option(label="sum")
    form.get_by_label("Event: name").fill("Order Completed")
    form.get_by_role("button", name="Save draft").click()
    expect(form.get_by_role("alert")).to_contain_text("invalid")
    property_ = form.get_by_label("Of the property")
    expect(property_).to_have_attribute("aria-invalid", "true")
    property_.fill("revenue")
    expect(form.get_by_text("In words: the sum of revenue of “Order Completed”")).to_be_visible()
    form.get_by_role("button", name="Save draft").click()

    sheet = page.get_by_role("dialog", name="Computed trait", exact=True)
    expect(sheet.get_by_text("draft", exact=True).first).to_be_visible()
    sheet.get_by_role("button", name="Publish…").click()
    act = page.get_by_role("dialog", name="Publish spent_90d")
    expect(act.get_by_text("Version 1 becomes live: the sum of revenue")).to_be_visible()
    expect(act.get_by_text("Used by no live segment")).to_be_visible()
    act.get_by_label("Reason, kept in the audit log").fill("For the spring")
    act.get_by_role("button", name="Publish", exact=True).click()
    expect(sheet.get_by_text("live, version 1")).to_be_visible()

    sheet.get_by_label("Computes").select_option(label="average")
    sheet.get_by_role("button", name="Save draft").click()
    expect(sheet.get_by_text("version 2 is a draft")).to_be_visible()
    page.reload()
    expect(sheet.get_by_label("Computes")).to_have_value("average")

    sheet.get_by_role("button", name="Delete…").click()
    act = page.get_by_role("dialog", name="Delete spent_90d")
    act.get_by_label("Reason, kept in the audit log").fill("Tried out only")
    act.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="spent_90d")).to_have_count(0)
    assert "spent_90d" not in [item["name"] for item in _api(shop, story, "/traits")["items"]]
    kept = [
        _api(shop, story, f"/audit?action=trait.{act}&limit=1")["items"][0]["detail"]["reason"]
        for act in ("publish", "delete")
    ]
    assert kept == ["For the spring", "Tried out only"]


def test_a_trait_in_use_is_not_deleted_and_the_reason_is_said(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("409")
    rules = json.dumps(_api(shop, story, "/segments?limit=200")["items"])
    traits = _api(shop, story, "/traits")["items"]
    used = next(item for item in traits if json.dumps(item["name"]) in rules)
    page = visitor.open(f"/insight/traits?open={used['id']}", story.write)
    page.get_by_role("button", name="Delete…").click()
    act = page.get_by_role("dialog", name=f"Delete {used['name']}")
    act.get_by_label("Reason, kept in the audit log").fill("Nobody uses it")
    act.get_by_role("button", name="Delete", exact=True).click()
    expect(act.get_by_role("alert")).to_be_visible()
    assert used["name"] in [item["name"] for item in _api(shop, story, "/traits")["items"]]


def test_who_may_only_read_opens_a_trait_by_keyboard_and_changes_nothing(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/insight/traits", story.read)
    page.get_by_role("link", name="orders_30d").focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Computed trait", exact=True)
    save = sheet.get_by_role("button", name="Save draft")
    expect(save).to_have_attribute("aria-disabled", "true")
    expect(save).to_have_accessible_description("Needs the scope write.")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page).to_have_url(f"{shop}/dashboard/insight/traits")
