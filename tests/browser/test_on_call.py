"""What on-call does on the trust pages: look behind a score, freeze a part, release, filter."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_views import settled, violations
from tests.support.story import Story


def _api(shop: str, story: Story, path: str) -> Any:
    answer = httpx.get(f"{shop}/cdp{path}", headers={"x-api-key": story.admin}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def test_a_component_leads_to_its_series_and_the_signal_can_be_acted_on(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    signal = f"source:{story.sources['app']}"
    lasting = [
        alert
        for alert in _api(shop, story, "/alerts?lasting=true")["items"]
        if alert["acknowledged_at"] is None
        and f"signal:{signal}" in [alert["key"], *alert["members"]]
    ]
    page = visit(shop).open(f"/trust/signals/{signal}", story.admin)
    page.get_by_role("link", name="series of match quality").click()
    expect(page.get_by_role("heading", name="Series: match quality")).to_be_visible()
    assert page.url.endswith("?metric=match_quality")
    expect(page.get_by_role("slider", name="match quality, chart")).to_be_visible()
    expect(page.get_by_role("columnheader", name="component that changed")).to_be_visible()
    expect(page.get_by_role("button", name="Override…")).to_be_visible()
    assert lasting
    for alert in lasting:
        page.get_by_role("button", name=f"Acknowledge alert {alert['id']}…").click()
        page.get_by_role("button", name="Acknowledge", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Acknowledge alert")).to_have_count(0)
    settled(page)
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def test_a_platform_is_frozen_and_its_audiences_say_so(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/trust/gate", story.admin)
    tree = page.get_by_role("region", name="Mode")
    expect(tree.get_by_text("workspace: enforce")).to_be_visible()
    tree.get_by_role("button", name="Freeze meta…").click()
    page.get_by_label("Reason").fill("the account is being moved")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(tree.get_by_text("meta: frozen")).to_be_visible()
    expect(tree.get_by_text("google: enforce")).to_be_visible()
    tree.get_by_text("1 audience on meta").click()
    expect(tree.get_by_text("Regulars: frozen")).to_be_visible()
    expect(tree.get_by_text("from above")).to_be_visible()
    modes = _api(shop, story, "/gate")["modes"]
    assert [(mode["scope"], mode["mode"]) for mode in modes] == [("platform:meta", "frozen")]
    tree.get_by_role("button", name="Enforce meta again…").click()
    page.get_by_label("Reason").fill("it is moved")
    page.get_by_role("button", name="Enforce", exact=True).click()
    expect(tree.get_by_text("meta: enforce")).to_be_visible()


def test_an_audience_is_advised_for_as_long_as_one_chooses(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/trust/gate", story.admin)
    tree = page.get_by_role("region", name="Mode")
    tree.get_by_text("1 audience on google").click()
    tree.get_by_role("button", name="Only advise Coffee lovers…").click()
    page.get_by_label("Lasts", exact=True).select_option("8")
    page.get_by_label("Reason").fill("a dry run over night")
    page.get_by_role("button", name="Advise", exact=True).click()
    expect(tree.get_by_text("Coffee lovers: advisory")).to_be_visible()
    (mode,) = _api(shop, story, "/gate")["modes"]
    lasts = datetime.fromisoformat(mode["expires_at"]) - datetime.now(UTC)
    assert mode["scope"] == f"audience:{story.audiences['google']}"
    assert timedelta(hours=7, minutes=50) < lasts < timedelta(hours=8, minutes=1)


def test_an_override_of_nothing_is_refused_in_words(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/trust/gate", story.admin)
    page.get_by_role("button", name="Override…").click()
    dialog = page.get_by_role("dialog", name="Override reasons of the gate")
    override = dialog.get_by_role("button", name="Override", exact=True)
    expect(override).to_be_disabled()
    dialog.get_by_label("degraded", exact=True).check()
    expect(override).to_be_enabled()


def test_a_release_lasts_as_long_as_one_chooses(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["meta"]
    page = visit(shop).open(f"/cdp/audience-sync/{audience}", story.admin)
    page.get_by_role("button", name="Release…").first.click()
    page.get_by_label("Lasts", exact=True).select_option("24")
    page.get_by_label("Reason").fill("checked by hand")
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("“checked by hand”, until", exact=False)).to_contain_text(
        "it waits for a second person"
    )
    release = next(
        each
        for each in _api(shop, story, "/gate")["releases"]
        if each["reason"] == "checked by hand"
    )
    lasts = datetime.fromisoformat(release["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=50) < lasts < timedelta(hours=24, minutes=1)


def test_decisions_are_filtered_by_audience_and_range_in_the_address(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    audience = story.audiences["snapchat"]
    page = visit(shop).open("/trust/decisions", story.read)
    page.get_by_label("Audience", exact=True).select_option("Winter campaign")
    page.get_by_label("Range", exact=True).select_option("24 hours")
    expect(page).to_have_url(f"{shop}/dashboard/trust/decisions?audience={audience}&range=24h")
    page.reload()
    expect(page.get_by_label("Audience", exact=True)).to_have_value(str(audience))
    settled(page)
    since = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"/decisions?audience={audience}&since={since}&limit=200"
    found = len(_api(shop, story, path)["items"])
    assert found > 0
    strip = page.get_by_role("region", name="Over time")
    expect(strip.get_by_role("slider", name="Decisions by verdict, chart")).to_be_visible()
    expect(strip.get_by_text(f"{found} decision")).to_be_visible()
    rows = page.get_by_role("table", name="Decisions, newest first").get_by_role("row")
    expect(rows).to_have_count(min(found, 50) + 1)
