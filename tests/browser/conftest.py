"""The dashboard in a real chromium, in front of the real application.

One browser per module, one context per test. Every test fails on a word in the console, a
report of the content security policy, or a request to another host.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from api.app import create_app
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.partitioning import stream_key
from tests.support.chromium import FLAGS, built_page, chromium
from tests.support.places import place
from tests.support.serving import serving_api
from tests.support.story import Story

_PATIENCE_MS = 30_000
expect.set_options(timeout=_PATIENCE_MS)
_LOG: Final = "ordered"
_SCREENSHOTS = os.environ.get("STRATUM_TEST_SCREENSHOTS")
"""Where pictures of every view and width are put for somebody to look at; none without it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.servers)


def keep_picture(page: Page, name: str) -> None:
    """Take a picture of the whole page where somebody wants to look at pictures."""
    if _SCREENSHOTS is not None:
        folder = Path(_SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium for the tests of a module.

    No longer: Playwright keeps an event loop running in this thread, and tests that run one of
    their own cannot while it does.
    """
    os.environ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"] = "1"
    path = chromium()
    built_page()
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield found
        found.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own.

    Attributes:
        page: the tab.
        context: cookies and storage.
        address: of the application.
        words: what the console said that nobody expected.
        elsewhere: requests that went to another host.
        allowed: parts of console messages that a test expects.
    """

    page: Page
    context: BrowserContext
    address: str
    words: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def open(self, path: str, key: str = "") -> Page:
        """Open a page of the dashboard, by a key where somebody is to be logged in first."""
        fragment = f"#key={key}" if key else ""
        self.page.goto(f"{self.address}/dashboard{path}{fragment}")
        return self.page

    def heard(self, message: ConsoleMessage) -> None:
        """Keep a word of the console."""
        if message.type in ("error", "warning"):
            self.words.append(f"{message.text} ({message.location.get('url', '')})")

    def verify(self) -> None:
        """Fail on what the console said, and on requests to other hosts."""
        said = [text for text in self.words if not any(part in text for part in self.allowed)]
        assert said == []
        assert self.elsewhere == []


@pytest.fixture
def visitors(shared_dir: Path) -> Iterator[ExitStack]:
    """Who looks at an application: its server closes this first, so they leave in peace.

    No more tests look at once than there are processors: a page that waits for a processor shows
    what it does when the server is slow.
    """
    with place(shared_dir, "browser"), ExitStack() as stack:
        yield stack


@pytest.fixture
def visit(browser: Browser, visitors: ExitStack) -> Callable[..., Visitor]:
    """Make a visitor of an application's address; width, height, colour scheme can be chosen."""

    def make(
        address: str,
        width: int = 1280,
        height: int = 900,
        scheme: str = "light",
        *,
        forced: bool = False,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            forced_colors="active" if forced else "none",
        )
        context.set_default_timeout(_PATIENCE_MS)
        visitors.callback(context.close)
        visitor = Visitor(context.new_page(), context, address)
        visitor.page.on("console", visitor.heard)
        visitor.page.on("pageerror", lambda error: visitor.words.append(str(error)))
        own = urlsplit(address).netloc

        def went(url: str) -> None:
            if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != own:
                visitor.elsewhere.append(url)

        context.on("request", lambda request: went(request.url))
        visitors.callback(visitor.verify)
        return visitor

    return make


@pytest.fixture
def shop(story: Story, visitors: ExitStack) -> Iterator[str]:
    """Where the application serves a copy of the story of a shop."""
    with serving_api(create_app(story.settings)) as address, visitors:
        yield address


@pytest.fixture
def engine(story: Story) -> Iterator[Callable[[], int]]:
    """Processes what the API has written to the log since; answers how many records that was."""
    settings = story.settings
    dsn = settings.postgres.dsn.get_secret_value()
    unifier = build_unifier(
        dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)", (_LOG,)
        )

    done: set[tuple[str, bytes]] = set()

    def run() -> int:
        first = len(done)
        with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
            streams = [
                stream_key(settings.log.name, partition)
                for partition in range(settings.log.partitions)
            ]
            new = [
                ((stream, number), value)
                for stream in streams
                for number, fields in client.xrange(stream)
                for value in fields.values()
                if (stream, number) not in done
            ]
        records = tuple(Record(place, 0, value) for place, (_, value) in enumerate(new, first))
        unifier(Batch(_LOG, 0, first, first + len(records), records))
        done.update(place for place, _ in new)
        return len(records)

    yield run
    unifier.close()
