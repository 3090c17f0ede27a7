"""Platforms and what people let pass: what is known of them, and what can be done."""

from collections.abc import Callable
from threading import Event

import httpx
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> list[dict[str, object]]:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    found: list[dict[str, object]] = answer.json()
    return found


def test_a_platform_that_is_being_looked_up_is_not_called_unchecked(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    held: list[Route] = []
    asked = Event()

    def hold(route: Route) -> None:
        held.append(route)
        asked.set()

    visitor.page.route("**/cdp/platforms", hold)
    page = visitor.open("/cdp/audience-sync", story.read)
    platforms = page.get_by_role("region", name="Platforms")
    expect(platforms.get_by_text("being looked up…")).to_have_count(4)
    expect(platforms.get_by_text("not checked yet")).to_have_count(0)
    assert asked.is_set()
    for route in held:
        route.continue_()
    expect(platforms.get_by_text("reauth")).to_be_visible()
    expect(platforms.get_by_text("being looked up…")).to_have_count(0)


def test_a_platform_is_disconnected_after_its_effect_was_shown(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/audience-sync", story.admin)
    meta = page.get_by_role("region", name="Platforms").get_by_role("listitem").first
    name = meta.get_by_text("google").or_(meta.get_by_text("meta")).inner_text().lower()
    meta.get_by_role("button", name="Disconnect…").click()
    dialog = page.get_by_role("dialog", name=f"Disconnect {name}")
    expect(dialog.get_by_text("1 audience will be paused.", exact=False)).to_be_visible()
    dialog.get_by_label("Reason, kept in the audit log").fill("Another agency")
    dialog.get_by_role("button", name="Disconnect").click()
    expect(meta.get_by_text("disconnected", exact=True)).to_be_visible()
    stands = {each["platform"]: each["status"] for each in _api(shop, story, "/platforms")}
    assert stands[name] == "disconnected"
    meta.get_by_role("button", name="Connect…").click()
    expect(page.get_by_role("dialog", name=f"Connect {name}")).to_contain_text("stay paused")


def test_what_people_let_pass_before_is_listed(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    said = _api(shop, story, "/gate/overrides")
    assert said
    page = visit(shop).open("/trust/gate", story.read)
    table = page.get_by_role("table", name="Overrides and releases, newest first")
    expect(table.get_by_role("row")).to_have_count(len(said) + 1)
    expect(table).to_contain_text(str(said[0]["reason"]))
