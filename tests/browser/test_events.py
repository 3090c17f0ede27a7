"""The events page: volume, anomalies, and the list that stands still while somebody looks at it."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import psycopg
import pytest
from playwright.sync_api import Page, expect

from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_event
from tests.browser.conftest import Visitor
from tests.browser.test_views import faults, settled
from tests.support.story import Story

_LOG: Final = "arriving"
_NOBODYS: Final = "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77"


@pytest.fixture
def arrive(story: Story) -> Iterator[Callable[..., None]]:
    """Lets events of the shop's web source arrive now, through UNIFY."""
    settings = story.settings
    dsn = settings.postgres.dsn.get_secret_value()
    unifier = build_unifier(
        dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    positions = itertools.count()
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)", (_LOG,)
        )

    def run(*names: str) -> None:
        now = int(time.time() * 1_000)
        records = []
        for name in names:
            position = next(positions)
            body = {"type": "track", "event": name, "userId": "ada", "messageId": f"now{position}"}
            value = encode_event(story.sources["web"], now + position, 0, msgspec.json.encode(body))
            records.append(Record(position, 0, value, 0, now))
        first, last = records[0].position, records[-1].position
        unifier(Batch(_LOG, 0, first, last + 1, tuple(records)))

    yield run
    unifier.close()


def _api(shop: str, story: Story, path: str, **params: Any) -> Any:
    headers = {"authorization": f"Bearer {story.admin}"}
    answer = httpx.get(f"{shop}/cdp{path}", headers=headers, params=params, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _names(page: Page) -> list[str]:
    timeline = page.get_by_role("region", name="Timeline")
    return timeline.get_by_role("table").get_by_role("link").all_inner_texts()


def test_volume_and_anomalies_are_the_apis(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/events?range=7d", story.admin)
    volume = page.get_by_role("region", name="Volume")
    expect(volume.get_by_text("events in this range")).to_be_visible()
    with page.expect_response(re.compile("statistics/events")) as answered:
        page.reload()
    asked = parse_qs(urlsplit(answered.value.url).query)
    names = _api(shop, story, "/statistics/events", **asked)["names"]
    total = sum(name["events"] for name in names)
    assert total > 0
    expect(volume.get_by_text(f"{total:,} events in this range")).to_be_visible()

    anomalies = page.get_by_role("table", name="Anomalies, newest first")
    listed = _api(shop, story, "/anomalies")["items"]
    expect(anomalies.get_by_role("row")).to_have_count(len(listed) + 1)
    anomalies.get_by_role("link", name="order value in EUR").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("slider", name="order value in EUR, chart")).to_be_visible()
    expect(page).to_have_url(re.compile("anomaly="))
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page).not_to_have_url(re.compile("anomaly="))


def test_new_events_wait_while_a_row_has_the_focus(
    visit: Callable[..., Visitor], shop: str, story: Story, arrive: Callable[..., None]
) -> None:
    page = visit(shop).open("/cdp/events", story.admin)
    timeline = page.get_by_role("region", name="Timeline")
    first = timeline.get_by_role("table").get_by_role("link").first
    first.focus()
    before = _names(page)

    arrive("Bell Rung", "Door Opened")

    marker = timeline.get_by_role("button", name="2 new events")
    expect(marker).to_be_visible()
    expect(first).to_be_focused()
    assert _names(page)[: len(before)] == before
    marker.press("Enter")
    expect(timeline.get_by_role("table").get_by_role("link").first).to_have_text(
        "track Door Opened"
    )
    assert _names(page)[:2] == ["track Door Opened", "track Bell Rung"]


def test_new_events_come_by_themselves_where_nobody_looks_and_not_in_a_pause(
    visit: Callable[..., Visitor], shop: str, story: Story, arrive: Callable[..., None]
) -> None:
    page = visit(shop).open("/cdp/events", story.admin)
    timeline = page.get_by_role("region", name="Timeline")
    newest = timeline.get_by_role("table").get_by_role("link").first
    expect(newest).to_be_visible()
    arrive("Bell Rung")
    expect(newest).to_have_text("track Bell Rung")

    pause = timeline.get_by_role("button", name="Pause")
    pause.click()
    page.get_by_role("heading", level=1).hover()
    arrive("Door Opened")
    expect(timeline.get_by_role("button", name="1 new event")).to_be_visible()
    expect(newest).to_have_text("track Bell Rung")


def test_filters_stand_in_the_address_and_are_dropped_together(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp/events", story.admin)
    page.get_by_label("Name", exact=True).select_option("Order Completed")
    expect(page).to_have_url(re.compile("name=Order"))
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("link", name="Product Viewed")).to_have_count(0)
    page.reload()
    expect(timeline.get_by_role("table").get_by_role("link").first).to_have_text(
        "track Order Completed"
    )
    assert set(_names(page)) == {"track Order Completed"}

    page.get_by_label("Type", exact=True).select_option("alias")
    expect(page.get_by_text("No event matches the filters")).to_be_visible()
    timeline.get_by_role("button", name="Clear filters").click()
    expect(timeline.get_by_role("table").get_by_role("link").first).to_be_visible()


def test_an_event_is_masked_until_values_are_asked_for(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    orders = _api(shop, story, "/events", name="Order Completed", limit=1)["items"]
    event = orders[0]
    visitor = visit(shop)
    page = visitor.open("/cdp/events", story.admin)
    page.get_by_role("link", name="track Order Completed").first.press("Enter")
    panel = page.get_by_role("region", name="Event", exact=True)
    expect(panel.get_by_role("link", name="profile")).to_have_attribute(
        "href", f"/dashboard/cdp/profiles/{event['profile_id']}"
    )
    user = event["payload"]["userId"]
    panel.get_by_role("button", name="Raw").click()
    expect(panel.get_by_text('"type": "track"')).to_be_visible()
    expect(panel.get_by_text(user)).to_have_count(0)
    assert user not in page.url
    page.get_by_role("button", name="Show values").first.click()
    expect(panel.get_by_text(user).first).to_be_visible()

    page.reload()
    expect(panel.get_by_text(event["message_id"]).first).to_be_visible()
    panel.get_by_role("button", name="Close the event").click()
    expect(panel).to_have_count(0)


def test_an_event_of_somebody_else_is_not_there(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    at = _api(shop, story, "/events", limit=1)["items"][0]["received_at"]
    page = visit(shop).open(f"/cdp/events?event={_NOBODYS}&at={at}", story.read)
    expect(page.get_by_text("There is no such event")).to_be_visible()


def test_open_panels_are_accessible(visit: Callable[..., Visitor], shop: str, story: Story) -> None:
    event = _api(shop, story, "/events", name="Order Completed", limit=1)["items"][0]
    anomaly = _api(shop, story, "/anomalies")["items"][0]["id"]
    visitor = visit(shop)
    for path, awaited in (
        (f"?event={event['id']}&at={event['received_at']}", "What it did"),
        (f"?anomaly={anomaly}", "Furthest off"),
    ):
        page = visitor.open(f"/cdp/events{path}", story.admin)
        page.get_by_text(awaited).first.wait_for()
        settled(page)
        assert faults(page) == []
