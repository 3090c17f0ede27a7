"""Direct answers that end early: noted, and their turn and connection given back."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from api.export.desk import ExportDesk
from api.web.errors import BusyError
from config.settings import Settings
from domain.export import ExportSpec
from store.definitions.drafts import Author
from tests.api.conftest import Tenant

TURNS = 2


@pytest.fixture
def one_page_each(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"exports": replace(settings.exports, page=1, direct_at_once=TURNS)}
    )


@pytest.fixture
def ask(tenant: Tenant, segment: int) -> Callable[[ExportDesk], Any]:
    """Begins a direct answer about three people."""
    spec = ExportSpec("ndjson", "none", "a test", segment=segment)
    return lambda desk: desk.answer(Author(tenant.id, "key:1"), spec)


def ends(settings: Settings) -> list[tuple[str, str]]:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        return conn.execute("SELECT status, reason FROM exports ORDER BY id").fetchall()


def test_answer_that_breaks_off_says_so_and_gives_its_turn_back(
    one_page_each: Settings, ask: Callable[[ExportDesk], Any]
) -> None:
    async def run() -> None:
        desk = ExportDesk(one_page_each)
        for _ in range(TURNS + 1):
            _, chunks = await ask(desk)
            assert [await anext(chunks), await anext(chunks)][1].count(b"\n") == 1
            await chunks.aclose()

    asyncio.run(run())

    assert ends(one_page_each) == [("failed", "broken_off")] * (TURNS + 1)


def test_answer_that_nobody_takes_gives_its_turn_back(
    one_page_each: Settings, ask: Callable[[ExportDesk], Any]
) -> None:
    async def run() -> None:
        desk = ExportDesk(one_page_each)
        for _ in range(TURNS + 1):
            await ask(desk)
            gc.collect()

    asyncio.run(run())

    assert ends(one_page_each) == [("failed", "broken_off")] * (TURNS + 1)


def test_only_so_many_are_answered_at_once(
    one_page_each: Settings, ask: Callable[[ExportDesk], Any]
) -> None:
    async def run() -> None:
        desk = ExportDesk(one_page_each)
        answers = [await ask(desk) for _ in range(TURNS)]
        with pytest.raises(BusyError):
            await ask(desk)
        for _, chunks in answers:
            assert b"".join([chunk async for chunk in chunks]).count(b"\n") == 3

    asyncio.run(run())

    assert ends(one_page_each) == [("done", "")] * TURNS
