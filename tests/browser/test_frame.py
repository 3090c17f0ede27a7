"""What stands around every page: what waits for somebody, and where one can go."""

import re
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


def test_what_waits_is_counted_on_every_page(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    verdicts = [
        audience["gate"]["verdict"]
        for audience in _api(shop, story, "/audience-sync/audiences")["items"]
    ]
    letters = _api(shop, story, "/statistics")["dead_letters_open"]["value"]
    assert (verdicts.count("hold"), letters) > (0, 0)
    page = visit(shop).open("/operate/lag", story.read)
    held = page.get_by_role("banner").get_by_role("link", name=f"{verdicts.count('hold')} held")
    navigation = page.get_by_role("navigation", name="Main")
    waiting = len(verdicts) - verdicts.count("pass")
    expect(
        navigation.get_by_role("link", name=f"Audience Sync {waiting} audiences held or blocked")
    ).to_be_visible()
    expect(
        navigation.get_by_role("link", name=f"Dead letters {letters} dead letters that are open")
    ).to_be_visible()
    held.click()
    expect(page.get_by_role("heading", name="Gate", level=1)).to_be_focused()


def test_privacy_leads_to_the_person_and_says_how_they_are_erased(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp", story.read)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Privacy").click()
    expect(page.get_by_role("heading", name="Erasure: gone, and not coming back")).to_be_visible()
    expect(page.get_by_text("No removal waits for a platform now.")).to_be_visible()
    page.get_by_label("A whole identifier").fill(story.profiles["mara"])
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("link", name="Gather or erase…").click()
    expect(page.get_by_role("heading", name="Erase this person")).to_be_visible()
    erase = page.get_by_role("button", name="Erase…")
    expect(erase).to_have_attribute("aria-disabled", "true")
    expect(erase).to_have_accessible_description(re.compile("Needs the scope admin"))
    expect(page).to_have_url(re.compile(f"{story.profiles['mara']}"))


def test_a_part_that_cannot_be_loaded_says_so_and_leaves_the_rest(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed += ["ERR_FAILED", "NotLoadedError"]
    gone = re.compile(r"/assets/(Find|CDPSegments)-[^/]*\.js$")
    visitor.page.route(gone, lambda route: route.abort())
    page = visitor.open("/cdp", story.read)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_visible()
    page.keyboard.press("/")
    search = page.get_by_role("dialog", name="Find")
    expect(search.get_by_role("alert")).to_contain_text("The search cannot be loaded.")
    expect(search.get_by_role("button", name="Reload")).to_be_visible()
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    navigation = page.get_by_role("navigation", name="Main")
    navigation.get_by_role("link", name="Segments").click()
    expect(heading).to_have_text("This page cannot be shown")
    expect(page.get_by_role("alert")).to_contain_text("The page cannot be loaded.")
    visitor.page.unroute(gone)
    page.get_by_role("button", name="Reload").click()
    expect(heading).to_have_text("Segments")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a person")).to_be_focused()
