"""What is remembered of keys: how long, how much, and what stands in while the store is away."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from api.web.key_cache import KeyCache
from config.collector import KeyParams

PARAMS = KeyParams(
    fresh=timedelta(seconds=10),
    unknown_fresh=timedelta(seconds=2),
    remembered=3,
    timeout=timedelta(seconds=0.1),
)


class World:
    """A store and a clock under the test's hand."""

    def __init__(self, *, outlives_store: bool = True) -> None:
        self.now_s = 0.0
        self.known: dict[bytes, str] = {}
        self.away = self.hangs = False
        self.looks: list[bytes] = []
        self.memory: KeyCache[str] = KeyCache(
            self._load, PARAMS, lambda: self.now_s, outlives_store=outlives_store
        )

    async def _load(self, digest: bytes) -> str | None:
        self.looks.append(digest)
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise psycopg.OperationalError("away")
        return self.known.get(digest)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_a_known_key_is_looked_up_again_only_when_it_is_no_longer_fresh() -> None:
    async def work() -> None:
        world = World()
        world.known[b"k"] = "source"
        for now_s, looks in ((0.0, 1), (9.9, 1), (10.0, 2), (19.0, 2), (20.0, 3)):
            world.now_s = now_s
            assert await world.memory.get(b"k") == "source"
            assert len(world.looks) == looks

    run(work())


def test_an_unknown_key_is_refused_for_a_while_and_then_works_when_it_was_made() -> None:
    async def work() -> None:
        world = World()
        assert await world.memory.get(b"k") is None
        world.known[b"k"] = "source"
        world.now_s = 1.9
        assert await world.memory.get(b"k") is None
        world.now_s = 2.0
        assert await world.memory.get(b"k") == "source"

    run(work())


def test_a_key_that_is_gone_ends_when_it_is_no_longer_fresh() -> None:
    async def work() -> None:
        world = World()
        world.known[b"k"] = "source"
        assert await world.memory.get(b"k") == "source"
        del world.known[b"k"]
        world.now_s = 10.0
        assert await world.memory.get(b"k") is None

    run(work())


def test_a_flood_of_invented_keys_pushes_no_known_one_out_and_memory_stays_bounded() -> None:
    async def work() -> None:
        world = World()
        world.known[b"k"] = "source"
        await world.memory.get(b"k")
        for number in range(100):
            await world.memory.get(b"%d" % number)
        looks = len(world.looks)
        assert await world.memory.get(b"k") == "source"
        assert len(world.looks) == looks
        assert len(world.memory._unknown) == PARAMS.remembered

    run(work())


def test_those_who_ask_at_the_same_time_share_one_look() -> None:
    async def work() -> None:
        world = World()
        world.known[b"k"] = "source"
        assert await asyncio.gather(*(world.memory.get(b"k") for _ in range(50))) == ["source"] * 50
        assert len(world.looks) == 1

    run(work())


@pytest.mark.parametrize("fault", ["away", "hangs"])
def test_a_known_key_stands_while_the_store_is_away_and_an_unknown_one_is_an_error(
    fault: str,
) -> None:
    async def work() -> None:
        world = World()
        world.known[b"k"] = "source"
        await world.memory.get(b"k")
        setattr(world, fault, True)
        world.now_s = 1_000.0
        assert await world.memory.get(b"k") == "source"
        looks = len(world.looks)
        assert await world.memory.get(b"k") == "source"  # the store is left alone for a moment
        assert len(world.looks) == looks
        with pytest.raises(psycopg.OperationalError):
            await world.memory.get(b"other")
        setattr(world, fault, False)
        world.now_s += 1.0
        assert await world.memory.get(b"k") == "source"
        assert len(world.looks) == looks + 1

    run(work())


def test_those_who_wait_for_their_look_are_told_with_the_first_that_the_store_is_away() -> None:
    async def work() -> None:
        world = World()
        world.hangs = True
        keys = [b"%d" % number for number in range(10 * PARAMS.lookups_limit)]
        answers = await asyncio.gather(*map(world.memory.get, keys), return_exceptions=True)
        assert {type(each) for each in answers} == {psycopg.OperationalError}
        assert len(world.looks) == PARAMS.lookups_limit

    run(work())


def test_where_answers_must_be_fresh_nothing_stands_in() -> None:
    async def work() -> None:
        world = World(outlives_store=False)
        world.known[b"k"] = "key"
        await world.memory.get(b"k")
        world.away, world.now_s = True, 10.0
        with pytest.raises(psycopg.OperationalError):
            await world.memory.get(b"k")

    run(work())
