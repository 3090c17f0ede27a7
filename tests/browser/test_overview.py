"""The overview: what a new workspace needs first, and how the figures of a running one moved."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

import httpx
import msgspec
import psycopg
from playwright.sync_api import Page, expect

from api.app import create_app
from config.settings import Settings
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.conftest import TestWorkspace
from tests.support.serving import serving_api
from tests.support.story import Story

_CONNECTED: Final = {"meta": {"account_id": "111", "access_token": "t"}}


def _arrive(settings: Settings, source: int) -> None:
    """Let an event of a source arrive now, through UNIFY."""
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES ('arriving', 0, 0)"
        )
    unifier = build_unifier(
        dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    now = int(time.time() * 1_000)
    body = {"type": "track", "event": "Page Tried", "anonymousId": "a1", "messageId": "m1"}
    value = encode_event(source, now, 0, msgspec.json.encode(body))
    unifier(Batch("arriving", 0, 0, 1, (Record(0, 0, value, 0, now),)))
    unifier.close()


def _step(page: Page, title: str) -> Any:
    return page.get_by_role("region", name="First steps").get_by_role("heading", name=title)


def test_a_new_workspace_shows_three_steps_and_ticks_each_when_it_is_done(
    visit: Callable[..., Visitor],
    visitors: ExitStack,
    settings: Settings,
    workspace: TestWorkspace,
) -> None:
    key = workspace.api_key
    with serving_api(create_app(settings)) as address, visitors:
        page = visit(address).open("/cdp", key)
        command = page.get_by_role("region", name="Command that sends an event")
        expect(command).to_contain_text(f"curl {address}/v1/track -u 'WRITE_KEY:'")
        expect(page.get_by_text("Waiting for the first event…")).to_be_visible()
        for title in ("Send an event", "Make a segment from a recipe", "Connect a platform"):
            expect(_step(page, title)).to_contain_text("to do")
        _arrive(settings, workspace.source_id)
        expect(_step(page, "Send an event")).to_contain_text("done")  # nobody reloads the page
        expect(_step(page, "Make a segment")).to_contain_text("to do")
        answer = httpx.post(
            f"{address}/cdp/segments",
            headers={"x-api-key": key},
            json={"name": "all", "rule": {"type": "all", "of": []}},
            timeout=30,
        )
        answer.raise_for_status()
        page.reload()
        expect(_step(page, "Make a segment")).to_contain_text("done")
        expect(_step(page, "Connect a platform")).to_contain_text("to do")
        page.close()
    connected = Settings.model_validate(settings.model_dump() | _CONNECTED)
    with serving_api(create_app(connected)) as address, visitors:
        page = visit(address).open("/cdp", key)
        settled(page)
        expect(page.get_by_role("heading", name="Trust now")).to_be_visible()
        steps = page.get_by_role("region", name="First steps")
        expect(_step(page, "Connect a platform")).to_contain_text("to do")
        expect(steps).to_contain_text("not checked yet")

        good = {
            "platform": "meta", "status": "connected", "account_id": "111",
            "checked_at": "2026-03-01T09:30:00Z", "result": "ok", "advice": None,
        }  # fmt: skip
        page.route("**/cdp/platforms", lambda route: route.fulfill(json=[good]))
        page.reload()
        expect(page.get_by_role("heading", name="Trust now")).to_be_visible()
        settled(page)
        expect(steps).to_have_count(0)


def test_the_first_step_makes_a_write_key_and_shows_it_once(
    visit: Callable[..., Visitor],
    visitors: ExitStack,
    settings: Settings,
    workspace: TestWorkspace,
) -> None:
    with serving_api(create_app(settings)) as address, visitors:
        page = visit(address).open("/cdp", workspace.api_key)
        page.get_by_role("button", name="Create a write key").click()
        secret = page.get_by_role("region", name="write key", exact=True).inner_text()
        expect(page.get_by_role("region", name="command", exact=True)).to_contain_text(secret)
        page.get_by_role("button", name="I have it").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert secret not in page.content()


def test_an_empty_overview_is_accessible_and_fits(
    visit: Callable[..., Visitor],
    visitors: ExitStack,
    settings: Settings,
    workspace: TestWorkspace,
) -> None:
    with serving_api(create_app(settings)) as address, visitors:
        page = visit(address).open("/cdp", workspace.api_key)
        expect(page.get_by_role("region", name="First steps")).to_be_visible()
        settled(page)
        assert faults(page) == []


def test_figures_show_how_they_moved(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    headers = {"x-api-key": story.read}
    hours = httpx.get(f"{shop}/cdp/statistics/hours", headers=headers, timeout=30).json()["hours"]
    page = visit(shop).open("/cdp", story.read)
    for name in ("New people", "Events", "Orders", "Revenue in EUR", "Rejected"):
        expect(page.get_by_role("img", name=f"{name} by the hour")).to_be_visible()
    most = max(hour["events"] for hour in hours[:-1])
    expect(page.get_by_role("img", name="Events by the hour")).to_have_accessible_name(
        f"Events by the hour, {sum(1 for hour in hours[:-1] if hour['events'])} hours: "
        f"{sum(hour['events'] for hour in hours[:-1]):,}, at most {most:,} in one"
    )
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
