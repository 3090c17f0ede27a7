"""Takes the pictures of the landing page and the docs: ``make pictures``.

Of the real page in chromium, in front of the real application and the week in a shop. Chromium
writes WebP itself, so nothing else is needed. A page that shows a whole e-mail address is refused:
identifiers in pictures are masked.
"""

import base64
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from config.embedded import ValkeyParams
from local.servers.valkey import EmbeddedValkey
from tests.support.chromium import FLAGS, built_page, chromium
from tests.support.servers import servers_folder
from tests.support.serving import serving_api
from tests.support.story import Story, shared_story

ROOT: Final = Path(__file__).parents[2]
LANDING: Final = ROOT / "api" / "pages" / "index.html"
_PATIENCE_MS: Final = 60_000
_QUIET_MS: Final = 1_500
"""A page that has not changed for so long has loaded everything."""
_STALENESS: Final = timedelta(hours=1)
"""The week ended a few minutes ago, and nobody reads signals since: the gate is to say what it said
at the end."""
_HIGH: Final = 2_000
"""Height of a window in which nothing that sticks to an edge covers what is taken."""
_MARGIN: Final = 12
"""Below the last card."""
_ADDRESS: Final = re.compile(r"[\w.+-]{3,}@[\w-]{3,}\.\w+")


@dataclass(frozen=True)
class Picture:
    """What to take, for the landing page and for the docs.

    Attributes:
        name: of both files, without ``.webp``.
        path: of the dashboard; names in braces are the story's and those of `_asked`.
        part: what of the page, as a CSS selector.
        small: width of the window and most of the height, for the landing page.
        large: the same for the docs.
        scale: of the small picture.
    """

    name: str
    path: str
    part: str = "main"
    small: tuple[int, int] = (760, 620)
    large: tuple[int, int] = (1_100, 1_000)
    scale: float = 1.0


PICTURES: Final = (
    Picture("overview", "/cdp", "body", (1_200, 900), (1_200, 1_100), 2 / 3),
    Picture("signal", "/trust/signals/source:{sources[app]}"),
    Picture("push", "/trust/decisions/{released}", small=(760, 700)),
    Picture(
        "segment",
        "/cdp/segments/{segments[Winter campaign]}/edit",
        small=(1_400, 900),
        large=(1_400, 1_000),
        scale=2 / 3,
    ),
    Picture("identity", "/cdp/identity/{profiles[mara]}", small=(760, 640)),
    Picture("audiences", "/cdp/audience-sync", small=(1_100, 620), scale=0.85),
)


def _asked(address: str, story: Story) -> dict[str, Any]:
    """Ids that only the API knows: ``released`` is the decision on the push that two released."""
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {story.read}"}) as http:
        query = {"audience": str(story.audiences["meta"]), "verdict": "pass", "limit": "200"}
        decisions = http.get("/cdp/decisions", params=query).raise_for_status().json()["items"]
    return {"released": next(each["id"] for each in decisions if "released" in each["codes"])}


def take(browser: Browser, address: str, story: Story) -> Iterator[tuple[Path, int, int]]:
    """Take all pictures; yields each file with its width and height.

    Args:
        browser: chromium.
        address: of the application.
        story: what it shows.
    """
    names = {**asdict(story), **_asked(address, story)}
    places = ((ROOT / "api" / "pages", "small", 55), (ROOT / "docs" / "img", "large", 70))
    for folder, size, quality in places:
        for picture in PICTURES:
            window = picture.small if size == "small" else picture.large
            scale = picture.scale if size == "small" else 1.0
            seen = (window[0], window[1] if picture.part == "body" else _HIGH)
            with _opened(browser, address, story, picture.path.format_map(names), seen) as page:
                taken = _shot(page, picture.part, window[1], scale, quality)
            path = folder / f"{picture.name}.webp"
            path.write_bytes(taken[0])
            yield path, taken[1], taken[2]


@contextmanager
def _opened(
    browser: Browser, address: str, story: Story, path: str, window: tuple[int, int]
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": window[0], "height": window[1]},
        locale="en-GB",
        timezone_id="UTC",
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(_PATIENCE_MS)
    try:
        page = context.new_page()
        page.goto(f"{address}/dashboard/cdp#key={story.admin}")
        page.locator("main h1").wait_for()
        page.goto(f"{address}/dashboard{path}")
        page.locator("main h1").wait_for()
        page.wait_for_function(
            """quiet => {
              const now = performance.now();
              const busy = document.querySelector("[aria-busy=true]") !== null;
              const text = document.body.innerText.replace(/\\d+ (ms|sec|min)/g, "");
              if (busy || window.textBefore !== text) window.changedAt = now;
              window.textBefore = text;
              return now - window.changedAt > quiet;
            }""",
            arg=_QUIET_MS,
        )
        shown = _ADDRESS.search(page.inner_text("body"))
        assert shown is None, f"{path} shows {shown}"
        yield page
    finally:
        context.close()


def _shot(page: Page, part: str, most: int, scale: float, quality: int) -> tuple[bytes, int, int]:
    """A part of a page as WebP, down to the last card that is whole; its width and height."""
    box = page.locator(part).bounding_box()
    assert box is not None
    ends = page.locator(f"{part} .rounded-card").evaluate_all(
        "(cards, end) => cards.map(card => card.getBoundingClientRect().bottom)"
        ".filter(bottom => bottom < end)",
        box["y"] + most,
    )
    whole = max(ends, default=0.0) + _MARGIN - box["y"] if part == "main" else box["height"]
    height = min(box["height"], max(whole, most / 3), most)
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": height, "scale": scale}
    session = page.context.new_cdp_session(page)
    answer = session.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": True},
    )
    return base64.b64decode(answer["data"]), round(box["width"] * scale), round(height * scale)


def stated(page: str, sizes: Mapping[str, tuple[int, int]], day: datetime) -> str:
    """The landing page with the pictures' sizes and the day when they were taken.

    Args:
        page: as it is.
        sizes: name of a file → width and height.
        day: when they were taken.
    """
    for name, (width, height) in sizes.items():
        page = re.sub(
            rf'(src="/landing/{re.escape(name)}") width="\d+" height="\d+"',
            rf'\1 width="{width}" height="{height}"',
            page,
        )
    said = f"{day.day} {day:%B %Y}"
    return re.sub(
        r'taken on <time datetime="[\d-]+">[^<]*</time>',
        f'taken on <time datetime="{day:%Y-%m-%d}">{said}</time>',
        page,
    )


@contextmanager
def _told() -> Iterator[tuple[str, Story]]:
    """The application in front of the story."""
    with ExitStack() as stack:
        own = stack.enter_context(servers_folder())
        shared = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = stack.enter_context(EmbeddedValkey(own, ValkeyParams(max_memory_mb=256)))
        template = stack.enter_context(shared_story(shared, own, valkey.url))
        sections = {"data_dir": own, "redis_url": valkey.url}
        story = stack.enter_context(template.copied(sections))
        gate = replace(story.settings.gate, staleness=_STALENESS)
        settings = story.settings.model_copy(update={"gate": gate})
        yield stack.enter_context(serving_api(create_app(settings))), story


def main() -> None:
    """Take all pictures and write them where they belong."""
    built_page()
    sizes = {}
    with _told() as (address, story), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        for path, width, height in take(browser, address, story):
            written = f"{path.relative_to(ROOT)}: {width} x {height}, {path.stat().st_size:,} bytes"
            sys.stdout.write(f"{written}\n")
            if path.parent == LANDING.parent:
                sizes[path.name] = (width, height)
        browser.close()
    LANDING.write_text(stated(LANDING.read_text(), sizes, datetime.now(UTC)))


if __name__ == "__main__":
    main()
