"""A privacy officer's work in a real browser: find, erase, tell what is held, follow, prove."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from itertools import count
from typing import Final

import httpx
import psycopg
import redis
from playwright.sync_api import Page, Route, expect

from dataflows.erasure.rounds import Rounds
from domain.privacy.access import ArchiveReason
from store.privacy import archive_jobs
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.api.privacy.conftest import Hand
from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.support.archives import Archive, write_archives
from tests.support.register import enter_erasure
from tests.support.story import Story

_REQUEST: Final = re.compile(r"^Privacy request \d+$")


def _finish(story: Story) -> None:
    """Take every erasure as far as it gets without platforms, as upkeep does."""
    settings = story.settings
    dsn = settings.postgres.dsn.get_secret_value()
    clock = count(step=3_600)
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        redis.Redis.from_url(settings.redis.url.get_secret_value()) as client,
        closing(PostgresUnitOfWork(dsn, 0)) as unit,
    ):
        rounds = Rounds(settings, conn, unit, client, lambda: float(next(clock)))
        for _ in range(8):
            rounds.run_once()


def _find(page: Page, text: str) -> None:
    page.get_by_label("A whole identifier in any spelling, or a profile id").fill(text)
    page.get_by_role("button", name="Find", exact=True).click()


def _fail_archive(story: Story, page: Page) -> None:
    """A writer takes up the archive that waits, and meets a full disk."""
    with psycopg.connect(story.dsn, autocommit=True) as conn:
        job = archive_jobs.take(conn, deaths=3)
        assert job is not None
        conn.execute("UPDATE access_archives SET sections = '{\"identifiers\": 3}'")
        expect(page.get_by_text("processing", exact=True)).to_be_visible()
        expect(page.get_by_role("table", name="Sections so far")).to_be_visible()
        archive_jobs.fail(conn, job, ArchiveReason.DISK)


def test_a_person_is_erased_from_finding_to_the_receipt(
    visit: Callable[..., Visitor], shop: str, story: Story, engine: Callable[[], int]
) -> None:
    visitor = visit(shop)
    page = visitor.open("/privacy", story.admin)
    _find(page, story.profiles["mara"])
    page.get_by_role("link", name="Gather or erase…").click()
    masked = page.get_by_role("region", name="Erase this person").locator("li code").first
    masked.wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Erase…").click()
    dialog = page.get_by_role("dialog", name="Erase this person")
    dialog.get_by_label("Reason, kept in the audit log").fill("case 2026-114")
    dialog.get_by_label("Type").fill(masked.inner_text())
    dialog.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name=_REQUEST)).to_be_visible()
    expect(page.get_by_text("requested", exact=True)).to_be_visible()
    assert engine() == 1
    expect(page.get_by_text("processing", exact=True)).to_be_visible()
    _finish(story)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the receipt").click()
    receipt = json.loads(started.value.path().read_text())
    assert receipt["reason"] == "case 2026-114"
    assert receipt["steps"]
    expect(page.get_by_text("4 of 7 done")).to_be_visible()
    expect(page.get_by_text("platforms is open")).to_be_visible()
    platforms = page.get_by_role("region", name="Platforms")
    expect(platforms.get_by_text("waits for the platform").first).to_be_visible()
    Hand(story.dsn, story.workspace).complete({"command": receipt["command"]})
    expect(page.get_by_text("completed", exact=True)).to_be_visible()
    expect(page.get_by_text("7 of 7 done")).to_be_visible()
    expect(platforms.get_by_text("it confirmed the removal").first).to_be_visible()
    assert faults(page) == []
    visitor.allowed.append("404")
    page.goto(f"{shop}/dashboard/cdp/profiles/{story.profiles['mara']}")
    expect(page.get_by_text("There is no such profile")).to_be_visible()


def test_only_whoever_types_the_masked_identifier_may_erase(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    page = visitor.open(f"/privacy?person={story.profiles['mara']}", story.admin)
    masked = page.get_by_role("region", name="Erase this person").locator("li code").first
    masked.wait_for()
    page.get_by_role("button", name="Erase…").click()
    dialog = page.get_by_role("dialog", name="Erase this person")
    dialog.get_by_label("Reason, kept in the audit log").fill("case 2026-114")
    button = dialog.get_by_role("button", name="Erase for good")
    dialog.get_by_label("Type").fill("somebody else")
    expect(button).to_have_attribute("aria-disabled", "true")
    assert faults(page) == []
    number = enter_erasure(story)
    visitor.allowed.append("409")
    dialog.get_by_label("Type").fill(masked.inner_text().replace("…", "..."))
    button.click()
    said = f"This press asked for nothing: request {number} already does."
    expect(dialog.get_by_role("alert")).to_contain_text(said)
    expect(button).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("link", name=f"Request {number}").click()
    expect(page).to_have_url(re.compile(f"/privacy/{number}$"))


def test_a_late_request_says_so_and_can_be_sent_again(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    number = enter_erasure(story, sent=False, late=True)
    page = visit(shop).open("/privacy?overdue=true", story.admin)
    table = page.get_by_role("table", name="Privacy requests, newest first")
    expect(table.get_by_text("overdue", exact=True)).to_be_visible()
    table.get_by_role("link", name=str(number), exact=True).click()
    settled(page)
    expect(page.get_by_text("not sent", exact=True)).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Send again…").click()
    dialog = page.get_by_role("dialog", name=f"Send request {number} again")
    dialog.get_by_role("button", name="Send again", exact=True).click()
    expect(page.get_by_text("requested", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send again…")).to_have_count(0)
    expect(page.get_by_text("once the person is removed, on record")).to_be_visible()


def test_what_is_held_is_gathered_tried_again_and_downloaded(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/privacy", story.admin)
    _find(page, "MARA@example.com ")
    found = page.get_by_text("Found by email")
    expect(found).to_be_visible()
    expect(found).not_to_contain_text("mara@example.com", ignore_case=True)
    page.get_by_role("link", name="Gather or erase…").click()
    page.get_by_role("button", name="Gather everything held…").click()
    dialog = page.get_by_role("dialog", name="Gather everything held of this person")
    dialog.get_by_label("Reason, kept in the audit log").fill("case 2026-115")
    dialog.get_by_role("button", name="Gather", exact=True).click()
    expect(page.get_by_role("heading", name=_REQUEST)).to_be_visible()
    expect(page.get_by_text("requested", exact=True)).to_be_visible()
    expect(page.get_by_text("waits for its writer")).to_be_visible()
    _fail_archive(story, page)
    expect(page.get_by_text("failed", exact=True)).to_be_visible()
    expect(page.get_by_text("It could not be written").first).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Try again…").click()
    dialog = page.get_by_role("dialog", name=re.compile("Try request"))
    dialog.get_by_role("button", name="Try again", exact=True).click()
    expect(page.get_by_text("requested", exact=True)).to_be_visible()
    assert write_archives(story.settings) == 1
    expect(page.get_by_text("ready", exact=True)).to_be_visible()
    page.get_by_role("button", name="Download…").click()
    dialog = page.get_by_role("dialog", name=re.compile("Download the archive"))
    with page.expect_download() as started:
        dialog.get_by_role("button", name="Download", exact=True).click()
    archive = Archive(started.value.path().read_bytes())
    assert "mara@example.com" in {row["value"] for row in archive.rows("identifiers")}
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Make a link…").click()
    dialog = page.get_by_role("dialog", name=re.compile("Make a link"))
    dialog.get_by_role("button", name="Make a link", exact=True).click()
    link = page.get_by_role("region", name="link", exact=True)
    answer = httpx.get(link.inner_text(), timeout=30)
    assert Archive(answer.content).rows("identifiers") == archive.rows("identifiers")
    assert faults(page) == []
    page.get_by_role("link", name="Audit entries of what was done").click()
    for action in ("access.retry", "access.ready", "access.link", "access.download"):
        expect(page.get_by_text(action, exact=True).first).to_be_visible()
    page.go_back()
    with psycopg.connect(story.dsn) as conn:
        conn.execute("UPDATE access_archives SET expires_at = now()")
    page.reload()
    expect(page.get_by_text("expired", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Download…")).to_have_count(0)


def test_the_register_is_filtered_by_kind(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    enter_erasure(story)
    page = visit(shop).open("/privacy?kind=erasure", story.read)
    table = page.get_by_role("table", name="Privacy requests, newest first")
    expect(table.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Kind").select_option("access")
    expect(page).to_have_url(re.compile("kind=access"))
    expect(page.get_by_text("No request matches the filters")).to_be_visible()
    statuses = page.get_by_label("Status").locator("option")
    expect(statuses).to_have_text(
        ["any", "requested", "processing", "completed", "ready", "expired", "failed"]
    )


def test_a_lost_answer_is_not_taken_for_a_refusal(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    page = visitor.open(f"/privacy?person={story.profiles['mara']}", story.admin)
    visitor.allowed.append("ERR_FAILED")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/cdp/privacy/access", lose)
    page.get_by_role("button", name="Gather everything held…").click()
    dialog = page.get_by_role("dialog", name="Gather everything held of this person")
    dialog.get_by_label("Reason, kept in the audit log").fill("case 2026-115")
    dialog.get_by_role("button", name="Gather", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("is not known: its answer was lost")
    table = page.get_by_role("table", name="Privacy requests, newest first")
    expect(table.locator("tbody tr", has_text="access")).to_have_count(1)
    expect(dialog.get_by_label("Reason, kept in the audit log")).to_have_value("case 2026-115")


def test_whoever_may_only_read_neither_gathers_nor_erases(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(f"/privacy?person={story.profiles['mara']}", story.read)
    for name in ("Gather everything held…", "Erase…"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
    assert faults(page) == []


def test_nobody_is_said_to_have_an_identifier_only_after_every_kind_was_tried(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.append("404")
    visitor.allowed.append("422")
    page = visitor.open("/privacy", story.read)
    _find(page, "01234567-89ab-4cde-8f01-23456789abcd")
    expect(page.get_by_text("Nobody has this identifier")).to_be_visible()
    tried = page.get_by_text("Looked up as profile id, user_id")
    kinds = httpx.get(f"{shop}/cdp/workspace", headers={"x-api-key": story.read}, timeout=30)
    for each in kinds.json()["kinds"]:
        expect(tried).to_contain_text(each["kind"])
    page.get_by_label("A whole identifier in any spelling, or a profile id").fill("somebody")
    expect(page.get_by_text("Nobody has this identifier")).to_have_count(0)
