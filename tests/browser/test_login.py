"""Logging in, staying in, and what happens when a login ends in the middle of work."""

from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def test_a_key_in_the_address_logs_in_and_leaves_the_address(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp", story.read)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert "key" not in page.url
    page.go_back()
    assert "key" not in page.url


def test_no_script_can_read_the_cookie_and_nothing_of_the_key_is_kept(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    page = visitor.open("/cdp", story.read)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    kept = page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    assert story.read not in kept
    assert page.evaluate("document.cookie") == ""
    assert [cookie["httpOnly"] for cookie in visitor.context.cookies()] == [True]


def test_the_form_refuses_a_wrong_key_and_leads_where_one_wanted_to_go(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("401")
    page = visitor.open("/trust/signals")
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("unknown or revoked")
    page.get_by_label("API key").fill(story.read)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Signals", level=1)).to_be_visible()


def test_a_login_that_ends_in_mid_work_loses_nothing_that_was_typed(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("401")
    page = visitor.open(f"/cdp/audience-sync/{story.audiences['meta']}", story.admin)
    page.get_by_role("button", name="Release…").click()
    page.get_by_label("Reason").fill("checked by hand")
    cookie = visitor.context.cookies()[0]
    ended = httpx.delete(
        f"{shop}/cdp/login",
        cookies={cookie["name"]: cookie["value"]},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert ended.status_code == 200
    page.get_by_role("button", name="Release", exact=True).click()
    page.get_by_role("dialog", name="Your login has ended").get_by_label("API key").fill(
        story.admin
    )
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("The release waits for a second person.")).to_be_visible()


def test_logging_out_ends_the_login_and_forgets_the_page(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("401")
    page = visitor.open("/cdp", story.read)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in to Stratum")).to_be_visible()
    page.goto(f"{shop}/dashboard/cdp")
    expect(page.get_by_role("heading", name="Log in to Stratum")).to_be_visible()


def test_a_key_that_may_only_read_sees_controls_with_the_scope_that_they_need(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/cdp/audience-sync/{story.audiences['meta']}", story.read)
    release = page.get_by_role("button", name="Release…")
    expect(release).to_have_attribute("aria-disabled", "true")
    expect(release).to_have_accessible_description("Needs the scope gate.")
    release.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_login_leads_to_no_other_host(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("401")
    page = visitor.open("/login?to=//example.com/")
    page.get_by_label("API key").fill(story.read)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert page.url == f"{shop}/dashboard/cdp"
