"""What the dashboard promises on every page; each of these can fail."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote, urlencode

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor
from tests.support.story import Story


def _nobody_reads(story: Story, _page: Page) -> None:
    """Date readings back so far that they are too old for the API."""
    with psycopg.connect(story.dsn) as conn:
        conn.execute("UPDATE readings SET read_at = read_at - interval '10 hours'")


def _page_stays_open(_story: Story, page: Page) -> None:
    """Let readings be too old for the page, although the API still said that they are not."""

    def other(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["refresh"]["stale_after_s"] = 1
        route.fulfill(response=answer, json=body)

    page.route("**/cdp/workspace", other)


@pytest.mark.parametrize("readings_age", [_nobody_reads, _page_stays_open])
def test_readings_that_are_too_old_are_nowhere_shown_as_health(
    visit: Callable[..., Visitor],
    shop: str,
    story: Story,
    readings_age: Callable[[Story, Page], None],
) -> None:
    signal = f"source:{story.sources['web']}"
    headers = {"x-api-key": story.read}
    before = httpx.get(f"{shop}/cdp/signals/{signal}", headers=headers, timeout=30).json()
    score = int(before["reading"]["score"])
    visitor = visit(shop)
    readings_age(story, visitor.page)
    health = re.compile(
        rf"[1-9]\d* of \d+ signals? healthy now|Why {score}|Now {score}|healthy ?{score}|of 100 \("
    )
    assert health.search(before["why"])

    page = visitor.open("/cdp", story.read)
    main = page.get_by_role("main")
    expect(main).to_contain_text("0 of 7 signals healthy now.")
    expect(main).to_contain_text("stale")
    expect(main).not_to_contain_text(health)

    page = visitor.open("/trust/signals")
    row = main.get_by_role("row").filter(has_text=f"web ({signal})")
    expect(row).to_contain_text("stale, was healthy–")
    expect(main).to_contain_text("0 of 7 signals healthy now.")
    expect(main).not_to_contain_text(health)

    page = visitor.open(f"/trust/signals/{signal}")
    why = page.get_by_role("region", name="Why unknown?")
    expect(why).to_contain_text(re.compile("[Ii]ts newest reading is (too old|older than)"))
    expect(main).to_contain_text("Now unknown: the newest reading is")
    expect(main.get_by_role("region", name="Score", exact=True)).to_be_visible()
    expect(why).not_to_contain_text(health)

    for path in ("/cdp/audience-sync/{meta}", "/trust/decisions/next/{meta}"):
        page = visitor.open(path.format(**story.audiences))
        expect(main).to_contain_text(re.compile(r"stale(, was \w+)?–|unknown–|was never read"))
        expect(main).not_to_contain_text(health)


def test_a_figure_whose_refresh_fails_stays_with_its_age(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.allowed.extend(["Failed to load resource", "ERR_FAILED"])
    page = visitor.open("/cdp", story.read)
    people = page.get_by_role("main").get_by_text("400", exact=True).first
    expect(people).to_be_visible()
    page.route("**/cdp/statistics", lambda route: route.abort())
    page.route("**/cdp/live*", lambda route: route.abort())
    expect(page.get_by_text("The server cannot be reached.").first).to_be_visible(timeout=90_000)
    expect(people).to_be_visible()
    expect(page.get_by_text("As of").first).to_be_visible()


def test_the_address_is_the_state(visit: Callable[..., Visitor], shop: str, story: Story) -> None:
    page = visit(shop).open("/trust/decisions", story.read)
    page.get_by_label("Verdict", exact=True).select_option("hold")
    expect(page).to_have_url(f"{shop}/dashboard/trust/decisions?verdict=hold")
    page.reload()
    expect(page.get_by_label("Verdict", exact=True)).to_have_value("hold")
    page.go_back()
    expect(page.get_by_label("Verdict", exact=True)).to_have_value("")


def test_thresholds_are_what_the_api_says(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)

    def other(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["thresholds"] = {"healthy": 83, "degraded": 51}
        route.fulfill(response=answer, json=body)

    visitor.page.route("**/cdp/workspace", other)
    page = visitor.open(f"/trust/signals/source:{story.sources['app']}", story.read)
    expect(page.get_by_text("healthy from 83").first).to_be_visible()
    expect(page.get_by_text("unhealthy below 51").first).to_be_visible()


def test_whether_events_are_late_is_what_the_api_says(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    lag: dict[str, object] = {"seconds_behind": 3_600.0, "late": False}

    def other(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **lag})

    visitor.page.route("**/cdp/lag", other)
    page = visitor.open("/cdp", story.read)
    expect(page.get_by_role("link", name="1 h", exact=True)).to_be_visible()
    expect(page.get_by_text("Events are 1 h behind")).to_have_count(0)
    lag |= {"seconds_behind": 2.0, "late": True}
    expect(page.get_by_text("Events are 2 s behind")).to_be_visible()


def test_the_score_of_a_short_range_is_drawn_from_all_its_readings(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    signal = f"source:{story.sources['app']}"
    until = story.ended_at
    bounds = {"since": (until - timedelta(hours=1)).isoformat(), "until": until.isoformat()}
    visitor = visit(shop)
    pages: list[str] = []

    def small(route: Route) -> None:
        pages.append(route.request.url)
        route.continue_(url=route.request.url.replace("limit=200", "limit=7"))

    visitor.page.route("**/readings?*limit=200*", small)
    page = visitor.open(f"/trust/signals/{signal}?{urlencode(bounds)}", story.read)
    chart = page.get_by_role("region", name="Score", exact=True)
    chart.get_by_text("Table", exact=True).click()
    rows = chart.get_by_role("table", name="Score").get_by_role("row")
    there = httpx.get(
        f"{shop}/cdp/signals/{signal}/readings",
        params={**bounds, "limit": 200},
        headers={"x-api-key": story.read},
        timeout=30,
    ).json()["items"]
    assert len(there) > 7
    expect(rows).to_have_count(len(there) + 1)
    assert len(pages) == -(-len(there) // 7)


def test_an_instant_is_chosen_in_the_zone_of_the_workspace(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)

    def other(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "time_zone": "America/New_York"})

    visitor.page.route("**/cdp/workspace", other)
    mara = story.profiles["mara"]
    page = visitor.open(f"/cdp/profiles/{mara}?tab=segments", story.read)
    page.get_by_role("button", name="Why").first.click()
    with page.expect_request("**/why?at=*") as asked:
        page.get_by_label("At", exact=True).fill("2026-11-01T12:00")
    assert "at=2026-11-01T17" in unquote(asked.value.url)


def test_a_search_is_asked_for_once_the_typing_rests(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    asked: list[str] = []
    page = visitor.open("/cdp/segments", story.read)
    name = page.get_by_role("searchbox", name="Name")
    expect(name).to_be_visible()
    page.on("request", lambda request: asked.append(request.url))
    name.press_sequentially("gear")
    expect(page).to_have_url(f"{shop}/dashboard/cdp/segments?search=gear")
    page.reload()
    expect(name).to_have_value("gear")
    assert not [url for url in asked if url.endswith(("search=g", "search=ge", "search=gea"))]


def test_identifiers_are_masked_until_somebody_asks_and_stay_on_the_page(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.open(f"/cdp/profiles/{story.profiles['mara']}", story.read)
    page.get_by_role("heading", level=1).wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert "mara@" not in page.content()
    page.get_by_role("button", name="Show values").click()
    expect(page.get_by_text("mara@", exact=False).first).to_be_visible()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "mara@" not in kept
    assert not [url for url in asked if "mara" in url]


def test_a_cell_is_copied_as_it_is_shown(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open("/cdp/profiles", story.read)
    row = page.get_by_role("table", name="People").get_by_role("row").nth(1)
    row.get_by_role("link").first.focus()
    shown = row.get_by_role("cell").first.inner_text()
    page.keyboard.press("c")
    expect(page.get_by_text("The cell was copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == " ".join(shown.split())
    assert "•" in copied or "…" in copied or "*" in copied
    row.get_by_role("cell").nth(1).hover()
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("c")
    expect(page.get_by_text("The cell was copied.")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Copy the cell")


def test_find_and_navigation_need_no_mouse(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open("/cdp", story.read)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a person")).to_be_focused()
    page.keyboard.type("si")
    expect(page.get_by_role("option").filter(has_text="conversions")).to_be_visible()
    page.keyboard.type("gna")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Signals", level=1)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{shop}/dashboard/trust/signals/source:{story.sources['app']}")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Overview")).to_be_focused()


def test_a_page_asks_for_what_it_shows_and_no_more(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.open("/trust/gate", story.read)
    expect(page.get_by_role("heading", name="Mode")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    frames = set(asked)  # the frame reads its own again by the clock
    asked.clear()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Lifecycle")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    own = {url for url in asked if "/cdp/" in url and "/dashboard/" not in url}
    assert len(own - frames) <= 8
