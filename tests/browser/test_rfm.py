"""RFM: the grid and the names equal the API's, a cell leads to a segment, a definition is live."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.read}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _opened(visit: Callable[..., Visitor], shop: str, key: str, path: str = "/insight/rfm") -> Page:
    return visit(shop).open(path, key)


def test_figures_of_rfm_are_those_of_the_api(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = _opened(visit, shop, story.read)
    spread = _api(shop, story, "/statistics/rfm")

    grid = page.get_by_role("table", name="Buyers per pair of scores")
    grid.wait_for()
    cells = [
        int(row.get_by_role("button").nth(column).inner_text().split()[0])
        for row in reversed(grid.get_by_role("row").all()[1:])
        for column in range(5)
    ]
    assert cells == [people for row in spread["grid"] for people in row]
    assert sum(cells) == spread["population"] > 0
    named = page.get_by_role("table", name="Named segments, the best customers first")
    for name, people in spread["segments"].items():
        words = name.replace("_", " ").capitalize()
        row = named.get_by_role("row").filter(has=page.get_by_role("cell", name=words, exact=True))
        expect(row.get_by_role("cell").nth(1)).to_have_text(f"{people:,}")


def test_a_cell_picked_by_keyboard_leads_to_a_segment_of_its_people(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = _opened(visit, shop, story.read)
    people = _api(shop, story, "/statistics/rfm")["grid"][4][1]
    page.get_by_role("button", name="Recency 5 newest, Frequency 1:").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"Recency 5, frequency 2: {people}")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["cell"] == ["5-2"]
    page.reload()
    link = page.get_by_role("link", name="New segment of them")
    rule = parse_qs(urlsplit(str(link.get_attribute("href"))).query)["rule"]
    assert json.loads(rule[0]) == {"type": "rfm", "recency": [5, 5], "frequency": [2, 2]}
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New segment")
    for name, score in (("recency", "5"), ("frequency", "2")):
        pressed = page.get_by_role("group", name=name).get_by_role("button", name=score)
        expect(pressed).to_have_attribute("aria-pressed", "true")


def test_a_definition_is_published_after_its_effect_is_shown_and_refused_at_its_field(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("422")
    page = visitor.open("/insight/rfm", story.write)
    users = [
        item["name"]
        for item in _api(shop, story, "/segments?limit=200")["items"]
        if '"rfm"' in json.dumps(item["rule"])
    ]
    page.get_by_role("button", name="Edit definition").click()
    sheet = page.get_by_role("dialog", name="RFM definition", exact=True)
    sheet.get_by_label("Look-back", exact=True).fill("900")
    sheet.get_by_role("button", name="Publish…").click()
    act = page.get_by_role("dialog", name="Publish the RFM definition")
    for name in users:
        expect(act.get_by_text(f"“{name}”")).to_be_visible()
    act.get_by_label("Reason, kept in the audit log").fill("Seasons are shorter")
    act.get_by_role("button", name="Publish", exact=True).click()
    expect(act.get_by_role("alert")).to_be_visible()
    act.get_by_role("button", name="Cancel").click()
    look_back = sheet.get_by_label("Look-back", exact=True)
    expect(look_back).to_have_attribute("aria-invalid", "true")

    look_back.fill("90")
    sheet.get_by_role("button", name="Publish…").click()
    act.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("The RFM definition is live.")).to_be_visible()
    expect(page.get_by_text("of the last 90 days")).to_be_visible()
    assert _api(shop, story, "/rfm")["rule"]["look_back"] == "90d"
    (entry,) = _api(shop, story, "/audit?action=rfm.publish&limit=1")["items"]
    assert entry["detail"]["reason"] == "Seasons are shorter"


def test_who_may_only_read_sees_why_nothing_can_be_changed(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = _opened(visit, shop, story.read)
    remove = page.get_by_role("button", name="Delete…")
    expect(remove).to_have_attribute("aria-disabled", "true")
    expect(remove).to_have_accessible_description("Needs the scope write.")
