"""Funnels: figures equal the API's, the question is the address, errors stand at their step."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story

_STEPS = [{"name": "Product Viewed"}, {"name": "Order Completed"}]


def _at(question: dict[str, Any]) -> str:
    return f"/insight/funnels?question={quote(json.dumps(question))}"


def _asked(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parse_qs(urlsplit(page.url).query)["question"][0])
    return found


def _answer(shop: str, story: Story, body: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(
        f"{shop}/cdp/funnels", json=body, headers={"x-api-key": story.read}, timeout=60
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _people(page: Page, caption: str) -> list[int]:
    table = page.get_by_role("table", name=caption, exact=True)
    texts = table.evaluate(
        "table => [...table.tBodies[0].rows].map(row => row.querySelectorAll('td')[1].textContent)"
    )  # at one instant: rows come and go with answers
    return [int(text.replace(",", "")) for text in texts]


def test_a_funnel_is_asked_by_keyboard_and_its_address_shows_the_same(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/insight/funnels", story.read)
    expect(page.get_by_text("Nothing is asked yet")).to_be_visible()
    page.get_by_label("Step 1: name").focus()
    page.keyboard.type("Product Viewed")
    page.get_by_label("Step 2: name").focus()
    page.keyboard.type("Order Completed")
    page.keyboard.press("Enter")

    people = _people(page, "People per step")
    asked = _asked(page)
    assert [step["name"] for step in asked["steps"]] == ["Product Viewed", "Order Completed"]
    page.reload()
    assert _people(page, "People per step") == people
    expect(page.get_by_label("Step 2: name")).to_have_value("Order Completed")


def test_figures_and_small_multiples_are_those_of_the_api(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    range_ = {
        "since": story.began_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "until": story.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    body = {"steps": _STEPS, "window": "7d", **range_}
    answer = _answer(shop, story, body | {"breakdown": {"property": "category", "limit": 2}})
    breakdown = {"of": "property", "name": "category", "limit": 2}
    page = visit(shop).open(_at(body | {"breakdown": breakdown}), story.read)

    assert _people(page, "People per step") == [step["people"] for step in answer["steps"]]
    assert answer["steps"][0]["people"] > answer["steps"][1]["people"] > 0
    for part in answer["breakdown"]:
        name = {"other": "any other value", "missing": "no value"}.get(
            part["kind"], f"“{part['value']}”"
        )
        people = [step["people"] for step in part["steps"]]
        assert _people(page, f"People per step, {name}") == people


def test_what_the_api_refuses_stands_at_its_step_and_nothing_is_lost(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("422")
    moving = {"property": "at", "condition": {"op": "within_last", "span": "1d"}}
    asked = [_STEPS[0], {"name": "Order Completed", "where": [moving]}]
    page = visitor.open(_at({"steps": asked, "window": "7d", "range": "30d"}), story.read)

    steps = page.get_by_role("list", name="Steps").get_by_role("listitem")
    wrong = steps.nth(1).get_by_label("at: how it is compared")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(steps.nth(0).get_by_label("Step 1: name")).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Remove the condition on at").click()
    page.get_by_role("button", name="Show", exact=True).click()
    assert len(_people(page, "People per step")) == 2


def test_a_changed_question_says_that_the_figures_are_of_the_earlier_one(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    question = {"steps": _STEPS, "window": "7d", "range": "30d"}
    page = visit(shop).open(_at(question), story.read)
    earlier = _people(page, "People per step")
    page.get_by_role("button", name="step", exact=True).click()
    page.get_by_label("Step 3: name").fill("Order Completed")
    expect(page.get_by_text("The question has changed since")).to_be_visible()
    assert _people(page, "People per step") == earlier
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("The question has changed since")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="3.")).to_have_count(1)
    page.go_back()
    expect(page.get_by_label("Step 3: name")).to_have_count(0)
    table = page.get_by_role("table", name="People per step", exact=True)
    expect(table.get_by_role("row")).to_have_count(len(earlier) + 1)
    assert _people(page, "People per step") == earlier
