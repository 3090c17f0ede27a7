"""People: found by any spelling, filtered, opened over the list, and everything known of one."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled, violations
from tests.support.story import Story

TABS = ("Summary", "Traits", "Events", "Segments", "Consent", "Audiences", "Identity", "Changes")


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _rows(page: Page, table: str) -> Any:
    return page.get_by_role("table", name=table, exact=True).locator("tbody tr")


def test_the_list_shows_what_the_api_says_of_those_whom_filters_leave(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/profiles", story.read)
    page.get_by_label("Stage", exact=True).select_option("churned")
    page.get_by_label("Newest first by").select_option("last_seen")
    expect(page).to_have_url(re.compile(r"\?sort=last_seen&stage=churned$"))
    expected = _api(shop, story, "/profiles?stage=churned&sort=last_seen&limit=50")
    rows = _rows(page, "People")
    expect(rows).to_have_count(len(expected["items"]))
    expect(page.get_by_text(f"{expected['total']['value']}", exact=True).first).to_be_visible()
    for index, person in enumerate(expected["items"][:5]):
        cells = rows.nth(index).get_by_role("cell")
        expect(cells.nth(1)).to_have_text("churned")
        expect(cells.nth(3)).to_have_text(f"{person['events']:,}")
        expect(cells.nth(4)).to_have_text(f"{person['orders']:,}")
    page.reload()
    expect(rows).to_have_count(len(expected["items"]))
    expect(page.get_by_label("Stage", exact=True)).to_have_value("churned")


def test_a_whole_identifier_is_found_in_any_spelling(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    member = _api(shop, story, f"/profiles?segment={story.segments['With a phone']}&limit=1")
    person = _api(shop, story, f"/profiles/{member['items'][0]['id']}")
    phone = next(each["value"] for each in person["identifiers"] if each["kind"] == "phone")
    page = visit(shop).open("/cdp/profiles", story.read)
    page.get_by_label("Identifier").fill(f"{phone[:3]} ({phone[3:6]}) {phone[6:]}")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("Found by phone, in another spelling")).to_be_visible()
    rows = _rows(page, "Who owns this phone")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(f"{person['events']['total']:,}")


def test_nobody_is_said_with_the_way_back(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("404")
    page = visitor.open("/cdp/profiles?search=nobody%40nowhere.example&stage=known", story.read)
    expect(page.get_by_text("Nobody has an identifier like this")).to_be_visible()
    page.get_by_role("button", name="Clear the search and filters").click()
    expect(_rows(page, "People")).to_have_count(50)
    page.get_by_role("button", name="Load more").click()
    expect(_rows(page, "People")).to_have_count(100)


def test_one_opens_over_the_list_by_keyboard_and_arrows_go_to_the_neighbours(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/profiles", story.read)
    people = _api(shop, story, "/profiles?limit=50")["items"]
    first = _rows(page, "People").first.get_by_role("link")
    first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Person")
    expect(dialog.get_by_text("row 1 of 50 loaded")).to_be_visible()
    expect(page).to_have_url(re.compile(people[0]["id"]))
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_text("row 2 of 50 loaded")).to_be_visible()
    expect(page).to_have_url(re.compile(people[1]["id"]))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(people[0]["id"]))
    dialog.get_by_role("link", name="Traits").click()
    expect(dialog.get_by_role("heading", name="Traits", exact=True)).to_be_visible()
    page.reload()
    expect(dialog.get_by_role("heading", name="Traits", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).not_to_have_url(re.compile("open="))


def test_values_are_masked_until_somebody_asks_and_never_stand_in_the_address(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    secret = "mara@example.com"
    page = visit(shop).open(f"/cdp/profiles/{story.profiles['mara']}?tab=traits", story.read)
    for tab in TABS:
        page.get_by_role("navigation", name="Parts of this profile").get_by_text(tab).click()
        settled(page)
        expect(page.get_by_text("mara@")).to_have_count(0)
        assert secret not in page.content()
        assert secret not in page.title()
    page.get_by_role("navigation", name="Parts of this profile").get_by_text("Traits").click()
    page.get_by_role("button", name="Show values").click()
    expect(page.get_by_role("cell", name=f"“{secret}”")).to_be_visible()
    assert "mara" not in page.url
    assert secret not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_summary_and_events_say_what_the_api_says(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    mara = story.profiles["mara"]
    person = _api(shop, story, f"/profiles/{mara}")
    page = visit(shop).open(f"/cdp/profiles/{mara}", story.read)
    expect(page.get_by_text(f"{person['revenue'][0]['amount']} EUR")).to_be_visible()
    expect(page.get_by_text(f"{person['events']['total']} in all")).to_be_visible()
    expect(page.get_by_text("if nothing happens")).to_be_visible()
    page.get_by_role("link", name="Events", exact=True).last.click()
    events = _api(shop, story, f"/profiles/{mara}/events?type=track")["items"]
    page.get_by_label("Type", exact=True).select_option("track")
    expect(page.get_by_role("button", name="Record of")).to_have_count(len(events))
    page.get_by_role("button", name="Record of Order Completed").click()
    record = page.get_by_role("region", name="Record of Order Completed")
    shown = json.loads(record.inner_text())
    bought = next(each for each in events if each["name"] == "Order Completed")
    assert shown.keys() == bought["payload"].keys()
    assert shown["properties"]["currency"] != bought["payload"]["properties"]["currency"]
    page.get_by_role("button", name="Show values").click()
    assert json.loads(record.inner_text()) == bought["payload"]


def test_segments_say_why_and_why_not_and_consent_says_what_was_never_stated(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    mara = story.profiles["mara"]
    person = _api(shop, story, f"/profiles/{mara}")
    inside = {segment["name"] for segment in person["segments"]}
    page = visit(shop).open(f"/cdp/profiles/{mara}?tab=segments", story.read)
    within = page.get_by_role("region", name="In", exact=True)
    without = page.get_by_role("region", name="Not in", exact=True)
    expect(within.get_by_role("link")).to_have_count(len(inside))
    segments = {each["name"] for each in _api(shop, story, "/segments?limit=200")["items"]}
    expect(without.get_by_role("link")).to_have_count(len(segments - inside))
    without.get_by_role("button", name="Why not: Regulars").click()
    expect(without.get_by_text("Out of")).to_be_visible()
    expect(without.get_by_text("this alone keeps them out")).to_be_visible()
    page.get_by_role("link", name="Consent", exact=True).click()
    purposes = _rows(page, "Consent by purpose")
    stated = person["consent"].keys()
    for row in purposes.all():
        purpose = row.get_by_role("cell").first.inner_text()
        if purpose in stated:
            expect(row).not_to_contain_text("never stated")
        else:
            expect(row).to_contain_text("refused (never stated)")
    told = _api(shop, story, f"/profiles/{mara}/consent/history")["items"]
    rows = _rows(page, "Consent history, newest first")
    expect(rows).to_have_count(len(told))
    expect(rows.first).to_contain_text(f"{told[0]['state']}, in force")


def test_audiences_and_changes_cite_their_reasons(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    mara = story.profiles["mara"]
    listed = _api(shop, story, f"/profiles/{mara}/audiences")
    page = visit(shop).open(f"/cdp/profiles/{mara}?tab=audiences", story.read)
    rows = _rows(page, "Audiences by platform")
    expect(rows).to_have_count(len(listed))
    for each in listed:
        row = rows.filter(has_text=each["name"])
        words = "not listed" if each["state"] == "not_on_the_list" else "listed"
        expect(row).to_contain_text(words)
    page.get_by_role("link", name="Changes", exact=True).click()
    page.get_by_label("Show", exact=True).select_option("merge")
    expect(_rows(page, "Changes, oldest first")).to_have_count(1)
    expect(_rows(page, "Changes, oldest first")).to_contain_text("merged with another person")
    expect(_rows(page, "Changes, oldest first")).to_contain_text("identify")
    page.get_by_label("to", exact=True).fill("2020-01-01T00:00")
    expect(page.get_by_text("The end lies before the beginning")).to_be_visible()


def test_an_id_that_was_merged_away_leads_to_the_survivor_and_says_so(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    merge = _api(shop, story, f"/profiles/{story.profiles['mara']}/merges")["items"][0]
    page = visit(shop).open(f"/cdp/profiles/{merge['other']}", story.read)
    expect(page.get_by_text("was merged into")).to_be_visible()
    page.get_by_role("link", name="another one").click()
    expect(page).to_have_url(re.compile(story.profiles["mara"]))
    expect(page.get_by_text("was merged into")).to_be_hidden()


def test_an_id_of_nobody_says_so(visit: Callable[..., Visitor], shop: str, story: Story) -> None:
    visitor = visit(shop)
    visitor.allowed.append("404")
    page = visitor.open("/cdp/profiles/00000000-0000-4000-8000-000000000000", story.read)
    expect(page.get_by_text("There is nothing at this address.")).to_be_visible()


def test_every_tab_is_accessible_and_fits(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/cdp/profiles/{story.profiles['mara']}", story.read)
    found: list[str] = []
    for tab in TABS:
        page.get_by_role("navigation", name="Parts of this profile").get_by_text(tab).click()
        settled(page)
        found += [f"{tab}: {each}" for each in faults(page)]
    page.goto(f"{shop}/dashboard/cdp/profiles?open={story.profiles['mara']}")
    page.get_by_role("dialog", name="Person").get_by_text("identifiers").wait_for()
    settled(page)
    found += [f"open: {each}" for each in faults(page)]
    assert found == []


def test_consent_is_withdrawn_and_granted_in_a_persons_name(
    visit: Callable[..., Visitor], shop: str, story: Story, engine: Callable[[], int]
) -> None:
    page = visit(shop).open(f"/cdp/profiles/{story.profiles['mara']}?tab=consent", story.admin)
    settled(page)

    def state(choice: str, purpose: str, verb: str) -> None:
        page.get_by_role("button", name="State consent…").click()
        dialog = page.get_by_role("dialog", name="State this person's consent")
        dialog.get_by_label("Reason, kept in the audit log").fill("by phone, case 2026-116")
        dialog.get_by_text("Choose whether it is granted or withdrawn.").first.wait_for()
        dialog.get_by_label(choice).check()
        dialog.get_by_label("Purpose").select_option(purpose)
        if verb == "Grant":
            dialog.get_by_text("A grant takes evidence.").first.wait_for()
            dialog.get_by_label("Evidence").fill("form 4711")
            dialog.get_by_label("Version").fill("2026-02")
        assert violations(page) == []
        dialog.get_by_role("button", name=verb, exact=True).click()
        expect(dialog).to_be_hidden()
        expect(page.get_by_text("In the log, not processed yet…")).to_be_visible()

    def cells(table: str) -> Any:
        return _rows(page, table).filter(has_text="advertising").first.get_by_role("cell")

    history = "Consent history, newest first"
    state("withdraws or refuses it", "advertising", "Withdraw")
    assert engine() == 1
    expect(page.get_by_text("Processed.")).to_be_visible()
    expect(cells("Consent by purpose").nth(1)).to_have_text("refused")
    expect(cells(history).nth(3)).to_have_text("operator: by phone, case 2026-116")
    state("grants it", "advertising", "Grant")
    assert engine() == 1
    expect(page.get_by_text("Processed.")).to_be_visible()
    expect(cells("Consent by purpose").nth(1)).to_have_text("granted")
    expect(cells(history).nth(5)).to_have_text("2026-02")
    assert faults(page) == []


def test_whoever_may_only_read_states_no_consent(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/cdp/profiles/{story.profiles['mara']}?tab=consent", story.read)
    button = page.get_by_role("button", name="State consent…")
    expect(button).to_have_attribute("aria-disabled", "true")
