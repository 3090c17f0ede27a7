"""Dead letters, lag, sweeps and exports in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.support.exporting import write_all
from tests.support.story import Story


def _api(shop: str, story: Story, path: str, **params: Any) -> Any:
    headers = {"authorization": f"Bearer {story.admin}"}
    answer = httpx.get(f"{shop}/cdp{path}", headers=headers, params=params, timeout=30)
    answer.raise_for_status()
    return answer.json()


def test_a_letter_shows_its_refused_place_and_is_tried_again(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    letters = _api(shop, story, "/dead-letters", reason="unknown_type")["items"]
    page = visit(shop).open("/operate/dead-letters", story.write)
    groups = page.get_by_role("table", name="Dead letters by reason and source")
    for group in _api(shop, story, "/statistics/dead-letters")["items"]:
        row = groups.get_by_role("row").filter(has_text=group["reason"].replace("_", " "))
        expect(row.get_by_role("cell").nth(2)).to_have_text(str(group["open"]))
    groups.get_by_role("link", name="unknown type").press("Enter")
    expect(page).to_have_url(re.compile("reason=unknown_type"))
    listed = page.get_by_role("table", name="Dead letters, newest first")
    expect(listed.get_by_role("row")).to_have_count(len(letters) + 1)

    listed.get_by_role("link", name=str(letters[0]["id"]), exact=True).press("Enter")
    sheet = page.get_by_role("dialog", name=f"Dead letter {letters[0]['id']}")
    expect(sheet.locator("mark")).to_contain_text('"type":')
    sheet.get_by_role("button", name="Retry…").click()
    page.get_by_role("dialog", name="Retry").get_by_role("button", name="Retry", exact=True).click()
    expect(sheet.get_by_text("retrying", exact=True)).to_be_visible()
    found = _api(shop, story, f"/dead-letters/{letters[0]['id']}")
    assert found["status"] == "retrying"


def test_all_letters_of_a_filter_are_tried_again_with_their_number_first(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/operate/dead-letters?reason=bad_timestamp", story.write)
    page.get_by_role("button", name="Retry all…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 letters that are open for “bad timestamp”")
    dialog.get_by_role("button", name="Retry 2").click()
    expect(page.get_by_text("2 records in the log again, 2 still retrying")).to_be_visible()
    statuses = {
        letter["reason"]: letter["status"] for letter in _api(shop, story, "/dead-letters")["items"]
    }
    assert statuses["bad_timestamp"] == "retrying"
    assert statuses["unknown_type"] == "open"


def test_who_may_only_read_is_told_what_an_act_needs(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/operate/dead-letters", story.read)
    button = page.get_by_role("button", name="Retry all…")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("Needs the scope write.")
    page.get_by_role("link", name="Exports").first.click()
    export = page.get_by_role("button", name="Export people…")
    expect(export).to_have_accessible_description("Needs the scope write.")


def test_lag_and_sweeps_are_the_apis(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    page = visitor.open("/operate/lag", story.read)
    partitions = _api(shop, story, "/lag")["partitions"]
    table = page.get_by_role("table", name="Lag of each partition")
    expect(table.get_by_role("row")).to_have_count(len(partitions) + 1)
    expect(page.get_by_role("slider", name="Records that wait, chart")).to_be_visible()

    page.get_by_role("link", name="Sweeps").first.click()
    sweeps = _api(shop, story, "/sweeps")["items"]
    table = page.get_by_role("table", name="Sweeps, newest first")
    expect(table.get_by_role("row")).to_have_count(len(sweeps) + 1)
    expect(table.get_by_text("nothing stale")).to_have_count(len(sweeps))
    page.get_by_label("Status", exact=True).select_option("running")
    expect(page.get_by_text("No sweep matches the filters")).to_be_visible()


def test_an_export_is_ordered_written_downloaded_and_deleted(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    segment = next(iter(story.segments))
    page = visit(shop).open("/operate/exports", story.write)
    page.get_by_role("button", name="Export people…").press("Enter")
    form = page.get_by_role("dialog", name="Export people")
    form.get_by_label("Segment", exact=True).select_option(segment)
    form.get_by_label("Purpose").fill("none")
    form.get_by_label("Reason, kept in the audit log").fill("Yearly audit")
    form.get_by_role("button", name="Order the export").click()
    sheet = page.get_by_role("dialog", name=re.compile(r"Export \d+"))
    expect(sheet.get_by_text("waits for a writer")).to_be_visible()

    assert write_all(story.settings) == 1

    expect(sheet.get_by_text("ready", exact=True)).to_be_visible()
    made = _api(shop, story, "/exports")["items"][0]
    assert (made["segment_id"], made["purpose"]) == (story.segments[segment], "none")
    with page.expect_download() as started:
        sheet.get_by_role("link", name=f"Download export {made['id']}").click()
    file = started.value.path().read_text()
    assert file.count("\n") == made["rows"] + 1
    sheet.get_by_role("button", name="Delete…").click()
    page.get_by_label("Reason, kept in the audit log").fill("The audit is over")
    page.get_by_role("button", name="Delete the export").click()
    expect(sheet.get_by_text("its file was deleted")).to_be_visible()
    assert _api(shop, story, f"/exports/{made['id']}")["status"] == "deleted"


def test_a_refused_export_says_why_and_keeps_what_was_typed(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("422")
    page = visitor.open("/operate/exports?open=new", story.write)
    form = page.get_by_role("dialog", name="Export people")
    form.get_by_label("Everybody for whom a rule holds").check()
    rule = form.get_by_label("Rule, as the editor's JSON shows it")
    rule.fill("{")
    form.get_by_role("button", name="Order the export").click()
    expect(form.get_by_role("alert")).to_contain_text("not valid JSON")
    rule.fill('{"type": "whim"}')
    form.get_by_label("Purpose").fill("advertising")
    form.get_by_role("button", name="Order the export").click()
    expect(form.get_by_role("alert")).to_contain_text("This is one of 'all'")
    expect(rule).to_have_value('{"type": "whim"}')


def test_open_sheets_are_accessible(visit: Callable[..., Visitor], shop: str, story: Story) -> None:
    letter = _api(shop, story, "/dead-letters")["items"][0]["id"]
    visitor = visit(shop)
    for path in (f"/operate/dead-letters?open={letter}", "/operate/exports?open=new"):
        page = visitor.open(path, story.admin)
        page.get_by_role("dialog").wait_for()
        settled(page)
        assert faults(page) == []
