"""Settings: sources and keys are made, shown once and revoked; the page looks as one chose."""

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def test_a_new_source_shows_its_write_key_once_with_a_command_that_works(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/settings", story.admin)
    page.get_by_role("button", name="Create a source").click()
    page.get_by_label("Name").fill("till")
    page.get_by_label("Region").fill("DE")
    page.get_by_role("button", name="Create", exact=True).click()
    secret = page.get_by_role("region", name="write key", exact=True).inner_text()
    command = page.get_by_role("region", name="command").inner_text()
    assert secret in command
    page.keyboard.press("Escape")  # a key that is shown once is not lost by a slip
    expect(page.get_by_role("region", name="command")).to_be_visible()
    if shutil.which("curl") is not None:
        ran = subprocess.run(
            ["sh", "-c", f"{command} -s -o /dev/null -w '%{{http_code}}'"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert ran.stdout == "200"
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("link", name="till")).to_be_visible()
    assert secret not in page.content()
    assert secret not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "till" in {source["name"] for source in _api(shop, story, "/sources")["items"]}


def test_a_source_of_a_name_that_is_taken_is_refused_and_nothing_typed_is_lost(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("409")
    page = visitor.open("/settings", story.admin)
    page.get_by_role("button", name="Create a source").click()
    page.get_by_label("Name").fill("web")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("web")


def test_a_write_key_is_replaced(visit: Callable[..., Visitor], shop: str, story: Story) -> None:
    page = visit(shop).open("/settings", story.admin)
    page.get_by_role("button", name="Create a write key of web").click()
    secret = page.get_by_role("region", name="write key", exact=True).inner_text()
    assert secret != story.write_keys["web"]
    page.get_by_role("button", name="I have it").click()
    source = next(each for each in _api(shop, story, "/sources")["items"] if each["name"] == "web")
    assert len(source["keys"]) == 2
    old = min(key["id"] for key in source["keys"])
    page.get_by_role("button", name=f"Revoke key {old}…").click()
    page.get_by_label("Reason, kept in the audit log").fill("Somebody saw it")
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("1 revoked", exact=True)).to_be_visible()
    keys = next(each for each in _api(shop, story, "/sources")["items"] if each["name"] == "web")
    assert {key["id"] for key in keys["keys"] if key["revoked_at"] is not None} == {old}


def test_an_api_key_is_made_with_scopes_used_and_revoked(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/settings?tab=keys", story.admin)
    page.get_by_role("button", name="Create an API key").click()
    page.get_by_label("Name").fill("report")
    page.get_by_role("checkbox", name="write").check()
    page.get_by_role("button", name="Create", exact=True).click()
    secret = page.get_by_role("region", name="API key", exact=True).inner_text()
    who = httpx.get(f"{shop}/cdp/login", headers={"x-api-key": secret}, timeout=30).json()
    assert (who["name"], sorted(who["scopes"])) == ("report", ["read", "write"])
    page.get_by_role("button", name="I have it").click()
    row = page.get_by_role("row").filter(has_text="report")
    row.get_by_role("button", name="Revoke key").click()
    page.get_by_label("Reason, kept in the audit log").fill("Somebody saw it")
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(row).to_contain_text("revoked")
    assert secret not in page.content()


def test_the_last_admin_key_stays_and_the_page_says_why(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("409")
    page = visitor.open("/settings?tab=keys", story.admin)
    row = page.get_by_role("row").filter(has_text="ada")
    row.get_by_role("button", name="Revoke key").click()
    page.get_by_label("Reason, kept in the audit log").fill("Somebody saw it")
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("last_admin_key")
    assert _api(shop, story, "/keys")["items"][0]["revoked_at"] is None


def test_without_the_scope_everything_stays_visible_and_says_what_it_needs(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/settings", story.read)
    expect(page.get_by_role("link", name="web", exact=True)).to_be_visible()
    create = page.get_by_role("button", name="Create a source")
    expect(create).to_have_attribute("aria-disabled", "true")
    expect(create).to_have_accessible_description(re.compile("Needs the scope admin"))
    page.get_by_role("link", name="API keys").click()
    expect(page.get_by_text("API keys are for admins")).to_be_visible()
    expect(page.get_by_text("Needs the scope admin").last).to_be_visible()


def test_theme_and_keys_are_kept_in_this_browser(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/settings?tab=look", story.read)
    page.get_by_role("radio", name="dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("checkbox", name="Keys are on").uncheck()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("checkbox", name="Keys are on").check()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_every_tab_is_accessible_and_fits(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/settings", story.admin)
    found: list[str] = []
    for tab in ("Sources", "API keys", "Look"):
        page.get_by_role("link", name=tab, exact=True).click()
        settled(page)
        found += [f"{tab}: {each}" for each in faults(page)]
    page.get_by_role("link", name="API keys", exact=True).click()
    page.get_by_role("button", name="Create an API key").click()
    found += [f"create: {each}" for each in faults(page)]
    assert found == []
