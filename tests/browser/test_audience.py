"""A marketer's audience: who is on the list and why not, before it exists, and its platform."""

import re
from collections.abc import Callable
from typing import Any, Final

import httpx
from playwright.sync_api import Request, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story

PREVIEW: Final = "/cdp/audience-sync/preview"


def _api(shop: str, key: str, method: str, path: str, **more: Any) -> Any:
    answer = httpx.request(
        method, f"{shop}/cdp{path}", headers={"x-api-key": key}, timeout=60, **more
    )
    answer.raise_for_status()
    return answer.json()


def test_people_stand_where_the_api_says_each_with_what_decides(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["meta"]
    path = f"/audience-sync/audiences/{audience}/people"
    page = visit(shop).open(f"/cdp/audience-sync/{audience}?tab=people", story.read)
    table = page.get_by_role("table", name="People of the audience")
    listed = _api(shop, story.read, "GET", path, params={"limit": 50})["items"]
    expect(table.get_by_role("row")).to_have_count(len(listed) + 1)

    page.get_by_label("Who", exact=True).select_option("members who are not listed")
    missing = _api(shop, story.read, "GET", path, params={"state": "not_on_the_list", "limit": 50})
    assert missing["items"], "the story has members who are not listed"
    expect(table.get_by_role("row")).to_have_count(len(missing["items"]) + 1)
    expect(page).to_have_url(re.compile("state=not_on_the_list"))
    silent = [one for one in missing["items"] if one["reason"] == "no_consent"]
    said = table.get_by_role("cell", name="has not granted the purpose")
    expect(said).to_have_count(len(silent))

    table.get_by_role("button", name="why").first.click()
    sheet = page.get_by_role("dialog", name=re.compile("^Why in"))
    expect(sheet.get_by_text(re.compile(r"^version \d+$"))).to_be_visible()
    page.reload()
    expect(sheet.get_by_text(re.compile(r"^version \d+$"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Because", exact=True).select_option("the platform refused the identifiers")
    expect(page.get_by_text("Nobody stands there")).to_be_visible()


def test_before_an_audience_is_made_it_says_who_would_be_sent_and_the_gates_word(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    segment = story.segments["Club members"]
    page = visit(shop).open(f"/cdp/audience-sync?open=new&segment={segment}", story.write)
    dialog = page.get_by_role("dialog", name="Create an audience")
    preview = dialog.get_by_role("region", name="The first push")
    expect(preview).to_contain_text("Choose a segment and a platform")
    dialog.get_by_label("Platform", exact=True).select_option("meta")
    told = _api(
        shop,
        story.read,
        "POST",
        "/audience-sync/preview",
        json={"segment_id": segment, "platform": "meta"},
    )
    expect(preview.get_by_role("definition").nth(1)).to_contain_text(f"{told['come']:,} with")
    expect(preview).to_contain_text(told["reasons"][0])
    for reason, words in (("no_consent", "without consent"), ("no_identifier", "usable")):
        if told["skipped"].get(reason):
            expect(preview).to_contain_text(words)
    expect(preview).to_contain_text("judged")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Create audience").click()
    dialog.get_by_label("Segment", exact=True).select_option(str(segment))
    with page.expect_response(f"**{PREVIEW}"):  # the gate is asked again
        dialog.get_by_label("Platform", exact=True).select_option("meta")
    dialog.get_by_label("Held out, %").fill("50")
    expect(preview.get_by_role("term").filter(has_text="held out")).to_be_visible()
    assert _api(shop, story.read, "GET", "/audience-sync/audiences")["items"][-1]["id"] == max(
        story.audiences.values()
    )


def test_the_gates_word_on_a_first_push_is_asked_again_on_demand_and_not_by_itself(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    segment = story.segments["Club members"]
    visitor = visit(shop)
    visitor.page.clock.install()
    page = visitor.open(f"/cdp/audience-sync?open=new&segment={segment}", story.write)
    dialog = page.get_by_role("dialog", name="Create an audience")
    dialog.get_by_label("Platform", exact=True).select_option("meta")
    preview = dialog.get_by_role("region", name="The first push")
    expect(preview).to_contain_text("judged")
    expect(preview).not_to_contain_text("pushes are frozen")
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if each.url.endswith(PREVIEW) else None)

    body = {"scope": "platform:meta", "mode": "frozen", "reason": "too much"}
    _api(shop, story.write, "PUT", "/gate/mode", json=body)

    page.clock.fast_forward(120_000)
    expect(preview).to_contain_text(re.compile("judged 2 min"))
    assert asked == []
    expect(preview).not_to_contain_text("pushes are frozen")
    preview.get_by_role("button", name="Judge again").click()
    expect(preview).to_contain_text("pushes are frozen")
    assert len(asked) == 1


def test_everybody_is_sent_again_after_a_warning_and_with_a_reason(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["meta"]
    page = visit(shop).open(f"/cdp/audience-sync/{audience}", story.write)
    page.get_by_role("button", name="Send everybody again…").click()
    dialog = page.get_by_role("dialog", name="Send everybody again")
    members = _api(shop, story.read, "GET", f"/audience-sync/audiences/{audience}")["members"]
    expect(dialog).to_contain_text(f"the {members:,} confirmed")
    dialog.get_by_role("button", name="Send again").click()
    reason = dialog.get_by_label("Reason, kept in the audit log")
    expect(reason).to_be_focused()
    reason.fill("Emptied by hand")
    dialog.get_by_role("button", name="Send again").click()
    expect(dialog).not_to_be_visible()
    (entry,) = _api(shop, story.read, "GET", "/audit", params={"action": "audience.reconcile"})[
        "items"
    ]
    assert entry["detail"] == {"resend": True, "reason": "Emptied by hand"}


def test_an_audience_is_deleted_with_a_reason(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["meta"]
    page = visit(shop).open(f"/cdp/audience-sync/{audience}", story.write)
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete ")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    reason = dialog.get_by_label("Reason, kept in the audit log")
    expect(reason).to_be_focused()
    reason.fill("The campaign is over")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).not_to_be_visible()
    asked = {"action": "audience.delete"}
    (entry,) = _api(shop, story.read, "GET", "/audit", params=asked)["items"]
    assert entry["detail"] == {"reason": "The campaign is over"}
