"""The landing page in a browser: fits, reads, weighs little, leads on, needs no script."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from api.app import create_app
from config.settings import Settings
from tests.browser.conftest import Visitor, keep_picture
from tests.browser.test_views import violations
from tests.support.serving import serving_api

_WITHOUT_PICTURES = 60_000


@pytest.fixture
def address(settings: Settings, visitors: ExitStack) -> Iterator[str]:
    """The application."""
    with serving_api(create_app(settings)) as url, visitors:
        yield url


def opened(visitor: Visitor) -> Page:
    """The page, with every picture loaded."""
    page = visitor.page
    page.goto(f"{visitor.address}/")
    for picture in page.locator("figure img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
    return page


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(
    visit: Callable[..., Visitor], address: str, width: int, scheme: str
) -> None:
    page = opened(visit(address, width=width, scheme=scheme))

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    keep_picture(page, f"landing-{width}-{scheme}")


def test_pictures_keep_their_shape(visit: Callable[..., Visitor], address: str) -> None:
    page = opened(visit(address))
    for picture in page.locator("figure img").all():
        stated, real = picture.evaluate(
            "image => [image.getAttribute('width') / image.getAttribute('height'),"
            " image.naturalWidth / image.naturalHeight]"
        )
        assert stated == pytest.approx(real, rel=0.01)


def test_it_weighs_little(visit: Callable[..., Visitor], address: str) -> None:
    visitor = visit(address)
    answers: list[Response] = []

    def answered(answer: Response) -> None:
        answers.append(answer)

    visitor.page.on("response", answered)
    opened(visitor)

    weights = {answer.url: len(answer.body()) for answer in answers}
    pictures = {url for url in weights if url.endswith(".webp")}
    assert sum(weight for url, weight in weights.items() if url not in pictures) < _WITHOUT_PICTURES
    assert not [url for url in weights if url.endswith(".js")]


@pytest.mark.parametrize("name", ["Open the dashboard", "API docs", "OpenAPI document"])
def test_links_lead_on(visit: Callable[..., Visitor], address: str, name: str) -> None:
    visitor = visit(address)
    visitor.allowed.append("401")  # nobody is logged in yet
    page = opened(visitor)
    target = page.get_by_role("link", name=name).first.get_attribute("href")

    answer = page.request.get(f"{address}{target}")

    assert answer.ok


def test_it_is_whole_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{address}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Turn Customer Data Into Revenue")
        expect(page.get_by_role("link", name="Open the dashboard")).to_be_visible()
        expect(page.get_by_role("table")).to_be_visible()
        expect(
            page.get_by_role("img", name="Signal health leads to the trust gate")
        ).to_be_visible()
    finally:
        context.close()


def test_the_keyboard_reaches_the_content_and_the_table(
    visit: Callable[..., Visitor], address: str
) -> None:
    page = opened(visit(address, width=360))
    page.evaluate("scrollTo(0, 0)")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Open the dashboard")).to_be_focused()

    table = page.get_by_role("region", name="The table")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.scroll').scrollLeft > 0")
