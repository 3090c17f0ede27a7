"""On-call's pages: what is sick, why, and what follows."""

import re
from collections.abc import Callable

import httpx
import psycopg
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.story import Story

STEPS = ("Due", "Readings", "Components", "Verdict", "People", "Plan", "Requests")


def _api(shop: str, story: Story, path: str) -> dict[str, object]:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    found: dict[str, object] = answer.json()
    return found


def test_on_call_lands_on_the_sick_signal_and_sees_cause_and_consequence(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    signal = f"source:{story.sources['app']}"
    page = visit(shop).open("/cdp", story.admin)
    page.get_by_role("link", name=f"app ({signal})").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"app ({signal})")
    detail = _api(shop, story, f"/signals/{signal}")
    expect(page.get_by_text(str(detail["why"]))).to_be_visible()
    components = page.get_by_role("table", name="Components of the score")
    expect(components.get_by_role("row")).to_have_count(
        len(detail["reading"]["components"]) + 1  # type: ignore[index]
    )
    follows = page.get_by_role("region", name="What follows")
    expect(follows.get_by_role("link", name="meta").first).to_be_visible()


def test_what_nobody_knows_is_not_shown_as_healthy(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/trust/signals", story.read)
    listed = {item["signal"]: item for item in _api(shop, story, "/signals")["items"]}  # type: ignore[attr-defined]
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(len(listed) + 1)
    for words in rows.all_inner_texts()[1:]:
        signal = next(each for each in listed if each in words)
        assert listed[signal]["status"] in words


def test_the_story_of_a_held_push_says_what_it_takes_to_pass(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    decisions = _api(shop, story, f"/decisions?audience={story.audiences['meta']}&verdict=hold")
    decision = decisions["items"][0]  # type: ignore[index]
    page = visit(shop).open(f"/trust/decisions/{decision['id']}", story.read)
    steps = page.get_by_role("main").get_by_role("listitem")
    for heading in (
        "Due",
        "Readings",
        "Components",
        "Verdict",
        "People",
        "Plan",
        "Requests",
        "Before and afterwards",
    ):
        expect(steps.get_by_role("heading", name=heading).first).to_be_visible()
    for reason in decision["reasons"]:
        expect(page.get_by_text(reason).first).to_be_visible()
    expect(page.get_by_role("heading", name="What it takes to pass")).to_be_visible()


def test_a_held_push_leads_to_the_plan_of_the_next_and_to_its_release(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["meta"]
    decision = _api(shop, story, f"/decisions?audience={audience}&verdict=hold")["items"][0]  # type: ignore[index]
    page = visit(shop).open(f"/trust/decisions/{decision['id']}", story.admin)
    entries = _api(shop, story, f"/audit?action=decision&subject=meta:{audience}&limit=200")
    seq = next(
        each["seq"]
        for each in entries["items"]  # type: ignore[attr-defined]
        if each["detail"]["decision_id"] == decision["id"]
    )
    expect(page.get_by_role("link", name=f"audit {seq:,}", exact=True)).to_be_visible()
    page.get_by_role("link", name="the next push", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The next push")
    steps = page.get_by_role("main").get_by_role("listitem")
    for heading in STEPS:
        expect(steps.get_by_role("heading", name=heading).first).to_be_visible()
    page.get_by_role("button", name="Measure the next push").click()
    expect(page.get_by_text(re.compile("listed now, .* if it goes as planned"))).to_be_visible()
    page.get_by_role("button", name="Release…").click()
    dialog = page.get_by_role("dialog", name="Release the next push")
    dialog.get_by_label("Reason, kept in the audit log").fill("Checked by hand")
    dialog.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("“Checked by hand”")).to_be_visible()

    page = visit(shop).open("/trust/gate", story.admin)
    row = page.get_by_role("row").filter(has_text="Checked by hand")
    row.get_by_role("button", name="Take back…").click()
    dialog = page.get_by_role("dialog", name="Take back")
    dialog.get_by_label("Reason, kept in the audit log").fill("Not checked after all")
    dialog.get_by_role("button", name="Take back", exact=True).click()
    expect(dialog).not_to_be_visible()
    revoked = _api(shop, story, "/audit?action=gate.release.revoke")["items"]
    assert [each["detail"] for each in revoked] == [{"reason": "Not checked after all"}]  # type: ignore[attr-defined]


def test_the_story_of_a_push_that_went_shows_its_requests(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    decisions = _api(shop, story, "/decisions?verdict=pass&limit=200")
    decision = next(
        each
        for each in decisions["items"]  # type: ignore[attr-defined]
        if each["push_id"] is not None
    )
    page = visit(shop).open(f"/trust/decisions/{decision['id']}", story.read)
    expect(page.get_by_role("table", name="Requests of the push")).to_be_visible()
    expect(page.get_by_role("heading", name="Read-back")).to_be_visible()


def test_the_story_of_a_push_that_had_nothing_to_change_says_so(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    with psycopg.connect(story.dsn) as conn:
        (decision,) = conn.execute(
            """
            WITH due AS (
                SELECT id FROM pushes
                WHERE status = 'done' AND decision_id IS NOT NULL ORDER BY id DESC LIMIT 1
            ), emptied AS (
                DELETE FROM push_requests USING due WHERE push_id = due.id
            )
            UPDATE pushes SET adds = 0, removes = 0, sent = 0 FROM due WHERE pushes.id = due.id
            RETURNING decision_id
            """
        ).fetchall()[0]
    page = visit(shop).open(f"/trust/decisions/{decision}", story.read)
    expect(page.get_by_text("Nothing had to be sent.")).to_be_visible()
    expect(page.get_by_role("heading", name="Read-back")).to_be_visible()


def test_an_alert_is_acknowledged_and_shows_cause_and_advice(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    lasting = _api(shop, story, "/alerts?lasting=true")["items"]
    alert = lasting[0]  # type: ignore[index]
    page = visit(shop).open(f"/trust/alerts/{alert['id']}", story.admin)
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    page.get_by_role("button", name="Acknowledge…").click()
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.get_by_text("acknowledged by ada")).to_be_visible()


def test_the_audit_log_is_verified_on_the_page(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/trust/audit", story.admin)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("The chain is whole")).to_be_visible()


def test_a_freeze_asks_for_a_reason_and_holds_everything(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp", story.admin)
    page.get_by_role("button", name="Freeze…").click()
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()  # no reason, no freeze
    page.get_by_label("Reason").fill("the shop moves house")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_text("Pushes are frozen: “the shop moves house”")).to_be_visible()
    expect(page.get_by_role("link", name="Set it at the gate")).to_be_visible()
    modes = _api(shop, story, "/gate")["modes"]
    assert [(mode["scope"], mode["mode"]) for mode in modes] == [("workspace", "frozen")]  # type: ignore[attr-defined]
