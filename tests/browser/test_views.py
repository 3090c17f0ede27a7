"""Every view of the dashboard, in both themes and at three widths: readable, reachable, quiet."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTimeError

from tests.browser.conftest import Visitor, keep_picture
from tests.support.held import held_back
from tests.support.register import enter_erasure
from tests.support.story import Story

_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_WIDTHS: Final = (320, 360, 768, 1280)
"""320 px are 1280 at 400 %."""
_HEIGHT: Final = 900
_PATIENCE_MS: Final = 30_000
_LAYOUT_MS: Final = 3_000
_TOLD: Final = {"resultTypes": ["violations"]}
"""Telling of what passes takes as long as the look itself."""
_RULES: Final = _TOLD | {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
}
_COLOUR_RULES: Final = _TOLD | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
"""What a theme can change: themes differ in nothing but the values of their colours."""
VIEWS: Final = {
    "/cdp": "Overview",
    "/cdp/profiles": "Profiles",
    "/cdp/profiles/{profiles[mara]}": None,
    "/cdp/segments": "Segments",
    "/cdp/segments/{segments[first]}": None,
    "/cdp/segments/new": None,
    "/cdp/events": "Events",
    "/cdp/identity": "Identity",
    "/cdp/identity/{profiles[mara]}": None,
    "/cdp/audience-sync": "Audience Sync",
    "/cdp/audience-sync/{audiences[meta]}": None,
    "/cdp/audience-sync/{audiences[meta]}?tab=history": None,
    "/trust/signals": "Signals",
    "/trust/signals/source:{sources[app]}": None,
    "/trust/gate": "Gate",
    "/trust/gate?tab=thresholds": "Gate",
    "/trust/gate?tab=try": "Gate",
    "/trust/decisions": "Decisions",
    "/trust/decisions/1": None,
    "/trust/alerts": "Alerts",
    "/trust/alerts/1": "Alert 1",
    "/trust/audit": "Audit",
    "/insight/funnels": "Funnels",
    "/insight/rfm": "RFM",
    "/insight/traits": "Computed traits",
    "/operate/dead-letters": "Dead letters",
    "/operate/lag": "Lag",
    "/operate/sweeps": "Sweeps",
    "/operate/exports": "Exports",
    "/privacy": "Privacy",
    "/privacy?person={profiles[mara]}": "Privacy",
    "/privacy/{request}": "Privacy request 1",
    "/settings": "Settings",
}
"""Paths of all views, with names of the story in them, and their headings where they are fixed."""


def path_of(view: str, story: Story) -> str:
    """A view's path with the story's ids in it."""
    segments = {**story.segments, "first": next(iter(story.segments.values()))}
    return view.format(
        profiles=story.profiles,
        segments=segments,
        audiences=story.audiences,
        sources=story.sources,
        request=enter_erasure(story) if "{request}" in view else "",
    )


def settled(page: Page) -> None:
    """Wait until nothing on the page loads any more."""
    page.locator("h1").wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=_PATIENCE_MS)


def _overflows(page: Page, width: int) -> bool:
    """Whether the page stays wider than a window of this width; charts take a frame to follow."""
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    try:
        page.wait_for_function(
            "width => innerWidth === width && document.documentElement.scrollWidth <= width",
            arg=width,
            timeout=_LAYOUT_MS,
        )
    except NotInTimeError:
        return True
    return False


def violations(page: Page, rules: Mapping[str, Any] = _RULES) -> list[str]:
    """What axe finds: rule, and where."""
    found = Axe().run(page, options=dict(rules)).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def faults(page: Page, pictures: str = "") -> list[str]:
    """What axe finds in both themes, and widths that the page does not fit.

    Args:
        page: has loaded what it shows; it is left as wide as it was, in the first theme.
        pictures: what the names of its pictures begin with; none are taken where it is empty.
    """
    size = page.viewport_size
    found: list[str] = []
    for scheme in reversed(_SCHEMES):
        page.emulate_media(color_scheme=scheme)
        settled(page)
        rules = _RULES if scheme == _SCHEMES[0] else _COLOUR_RULES
        found += [f"{scheme} {each}" for each in violations(page, rules)]
        for width in _WIDTHS:
            if _overflows(page, width):
                found.append(f"{scheme} overflows at {width} px")
            if pictures:
                keep_picture(page, f"{pictures}-{width}-{scheme}")
        if size is not None:
            page.set_viewport_size(size)
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_view_is_accessible_and_fits(
    view: str, visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop).open(path_of(view, story), story.admin)
    settled(page)
    assert VIEWS[view] in (None, page.get_by_role("heading", level=1).inner_text())
    assert page.title().endswith("Stratum")
    name = view.strip("/").replace("/", "-").replace("?", "-") or "start"
    assert faults(page, pictures=name) == []


@pytest.mark.parametrize("view", ["/cdp", "/trust/signals/source:{sources[app]}", "/insight/rfm"])
def test_view_can_be_read_in_forced_colours(
    view: str, visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    page = visit(shop, forced=True).open(path_of(view, story), story.admin)
    settled(page)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert violations(page) == []
    hidden = page.locator("main [style*=width]").evaluate_all(
        """bars => bars.filter(bar => {
            const colour = getComputedStyle(bar).backgroundColor;
            return colour === getComputedStyle(document.body).backgroundColor;
        }).length"""
    )
    assert hidden == 0


def test_a_page_can_be_read_while_other_data_is_on_its_way(
    visit: Callable[..., Visitor], shop: str, story: Story
) -> None:
    visitor = visit(shop, scheme="dark")
    page = visitor.open(path_of("/trust/signals/source:{sources[app]}", story), story.read)
    settled(page)
    held = held_back(page, "**/hours?*")
    score = page.get_by_role("region", name="Score", exact=True)
    score.get_by_label("Range").select_option("7d")
    expect(score.locator("[aria-busy=true]")).to_be_visible()
    assert violations(page) == []
    for route in held:
        route.abort()
    visitor.allowed.append("ERR_FAILED")
