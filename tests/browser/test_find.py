"""Find: a person by a whole identifier in any spelling, and what the key may do."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.support.held import held_back
from tests.support.story import Story


def _api(shop: str, key: str, path: str, **params: Any) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": key}, params=params, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Find a person, segment, audience, signal or page")


def _found(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Found").get_by_role("option")


def _find(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("/")
    _field(page).fill(text)


def test_a_whole_identifier_finds_its_person_in_any_spelling(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    mara = story.profiles["mara"]
    known = _api(shop, story.read, f"/profiles/{mara}")["identifiers"]
    email = next(each["value"] for each in known if each["kind"] == "email")
    name, host = email.split("@")
    page = visitor.open("/cdp", story.read)
    _find(page, f"{name.title()}@{host.upper()}")
    option = _found(page).filter(has_text="person")
    expect(option).to_have_count(1)
    expect(option).not_to_contain_text(email)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{shop}/dashboard/cdp/profiles/{mara}")


def test_another_spelling_is_said_and_nobody_is_said_too(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("404")
    mara = story.profiles["mara"]
    known = _api(shop, story.read, f"/profiles/{mara}")["identifiers"]
    email = next(each["value"] for each in known if each["kind"] == "email")
    page = visitor.open("/cdp", story.read)
    _find(page, f"email: {email}")
    expect(_found(page).filter(has_text="by email, in another spelling")).to_be_visible()
    _field(page).fill("nobody@nowhere.example")
    expect(page.get_by_text("No matches.")).to_be_visible()


def test_no_matches_is_said_only_once_all_was_looked_at(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("404")
    page = visitor.open("/cdp", story.read)
    late = held_back(page, re.compile(r"/cdp/segments\?.*search="))
    nothing = page.get_by_text("No matches.")
    with page.expect_request(re.compile(r"/cdp/segments\?.*search=zebra")):
        _find(page, "zebra")
    expect(page.get_by_text("Looking…")).to_be_visible()
    expect(nothing).to_have_count(0)
    for route in late:
        route.continue_()
    late.clear()
    expect(nothing).to_be_visible()
    expect(page.get_by_text("Looking…")).to_have_count(0)

    with page.expect_request(re.compile(r"/cdp/segments\?.*search=zebras")):
        _field(page).fill("zebras")
    expect(page.get_by_text("Looking…")).to_be_visible()
    expect(nothing).to_have_count(0)
    for route in late:
        route.continue_()
    expect(nothing).to_be_visible()
    _field(page).fill("~")
    expect(page.get_by_text("Type at least 2 characters")).to_be_visible()
    expect(nothing).to_have_count(0)


def test_no_matches_is_not_said_where_the_kinds_of_identifiers_are_unknown(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("net::ERR_FAILED")
    page = visitor.open("/cdp", story.read)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.route(re.compile(r"/cdp/workspace$"), lambda route: route.abort())
    _find(page, "zebra")
    expect(page.get_by_text("Not everything could be searched")).to_be_visible()
    expect(page.get_by_text("No matches.")).to_have_count(0)


def test_acts_are_those_that_the_key_may_do(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp", story.admin)
    _find(page, "freeze")
    expect(_found(page).first).to_contain_text("Freeze all pushes…")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Freeze all pushes")
    dialog.get_by_label("Reason, kept in the audit log").fill("Found it by its name")
    dialog.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("banner").get_by_text("frozen")).to_be_visible()
    modes = _api(shop, story.read, "/gate")["modes"]
    assert [each["reason"] for each in modes if each["scope"] == "workspace"] == [
        "Found it by its name"
    ]
    _find(page, "new seg")
    expect(_found(page).first).to_contain_text("New segment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New segment")

    visitor = visit(shop)
    visitor.allowed.append("401")  # what the page was asking for when it logged out
    reader = visitor.open("/cdp", story.read)
    _find(reader, "freeze")
    expect(reader.get_by_text("No matches.")).to_be_visible()
    _field(reader).fill("log out")
    expect(_found(reader).first).to_contain_text("Log out")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("button", name="Log in")).to_be_visible()
    expect(reader).to_have_url(f"{shop}/dashboard/login")


def test_what_is_typed_before_the_search_is_loaded_is_searched_for(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    late = held_back(visitor.page, "**/assets/Find-*.js")
    page = visitor.open("/cdp", story.read)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("/")
    dialog = page.get_by_role("dialog", name="Find")
    expect(dialog).to_be_visible()
    page.keyboard.type("signa")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("searchbox")).to_have_value("signa")
    for route in late:
        route.continue_()
    expect(_field(page)).to_have_value("signa")
    expect(_field(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Signals", level=1)).to_be_focused()
    _find(page, "gate")
    expect(_field(page)).to_have_value("gate")
