"""Requests of a page that are held back until a test lets them go."""

import re

from playwright.sync_api import Page, Route


def held_back(page: Page, pattern: str | re.Pattern[str]) -> list[Route]:
    """Hold back every request of a page that fits; they are listed as they come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held
