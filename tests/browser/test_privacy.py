"""A privacy officer's work in a real browser: preview, type, ask, follow; late requests."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from itertools import count

import psycopg
import redis
from playwright.sync_api import expect

from dataflows.erasure.rounds import Rounds
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.support.story import Story


def _enter(story: Story, *, sent: bool = True, late: bool = False) -> int:
    """A request of the register that names all that Mara has; answers its number."""
    with psycopg.connect(story.dsn) as conn:
        row = conn.execute(
            "INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,"
            " afterwards, reason, requested_by, audit_id, requested_at, due_at, sent_at)"
            " SELECT workspace_id, 'erasure', gen_random_uuid(), 'erase-1-1', profile_id,"
            " array_agg(key ORDER BY key), 'new', 'case 2026-114', 'key:1', 0,"
            " now() - interval '40 days', now() + %s * interval '10 days',"
            " CASE WHEN %s THEN now() END FROM identifiers WHERE profile_id = %s"
            " GROUP BY workspace_id, profile_id RETURNING id",
            (-1 if late else 1, sent, story.profiles["mara"]),
        ).fetchone()
    assert row is not None
    return int(row[0])


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


def test_a_person_is_erased_from_finding_to_the_receipt(
    visit: Callable[..., Visitor], shop: str, story: Story, engine: Callable[[], int]
) -> None:
    visitor = visit(shop)
    page = visitor.open("/privacy", story.admin)
    find = page.get_by_label("A whole identifier in any spelling, or a profile id")
    find.fill(story.profiles["mara"])
    page.get_by_role("button", name="Find", exact=True).click()
    masked = page.get_by_role("region", name="Erase this person").locator("li code").first
    masked.wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Erase…").click()
    dialog = page.get_by_role("dialog", name="Erase this person")
    dialog.get_by_label("Reason, kept in the audit log").fill("case 2026-114")
    dialog.get_by_label("Type").fill(masked.inner_text())
    dialog.get_by_role("button", name="Erase for good").click()
    expect(page).to_have_url(re.compile(r"/privacy/\d+$"))
    expect(page.get_by_text("requested", exact=True)).to_be_visible()
    assert engine() == 1
    expect(page.get_by_text("processing", exact=True)).to_be_visible()
    _finish(story)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the receipt").click()
    receipt = json.loads(started.value.path().read_text())
    assert receipt["reason"] == "case 2026-114"
    assert receipt["steps"]
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
    number = _enter(story)
    visitor.allowed.append("409")
    dialog.get_by_label("Type").fill(masked.inner_text().replace("…", "..."))
    button.click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nothing was erased")
    expect(button).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("link", name=f"Request {number}").click()
    expect(page).to_have_url(re.compile(f"/privacy/{number}$"))


def test_a_late_request_says_so_and_can_be_sent_again(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    number = _enter(story, sent=False, late=True)
    page = visit(shop).open("/privacy?overdue=true", story.admin)
    table = page.get_by_role("table", name="Privacy requests, newest first")
    expect(table.get_by_text("overdue", exact=True)).to_be_visible()
    table.get_by_role("link", name=str(number), exact=True).click()
    settled(page)
    expect(page.get_by_text("not sent", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send again…")).to_be_visible()
    assert faults(page) == []
