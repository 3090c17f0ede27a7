"""Heavy work is done a few at a time, and nobody takes all the places."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from api.web.concurrency import ConcurrencyLimit, HeavyReads
from api.web.errors import BusyError


async def asked(limit: ConcurrencyLimit, workspaces: Sequence[int]) -> tuple[int, Counter[int]]:
    """How many were at work together at most, and who was refused how often."""
    together, most, refused = 0, 0, Counter[int]()

    async def one(workspace: int) -> None:
        nonlocal together, most
        try:
            async with limit.slot(workspace):
                together += 1
                most = max(most, together)
                await asyncio.sleep(0)
                together -= 1
        except BusyError:
            refused[workspace] += 1

    await asyncio.gather(*(one(workspace) for workspace in workspaces))
    return most, refused


def test_two_at_a_time_and_who_would_wait_behind_too_many_is_refused() -> None:
    async def ask() -> None:
        limit = ConcurrencyLimit("previews")
        for _ in range(2):  # places are free again
            assert await asked(limit, range(13)) == (2, Counter({10: 1, 11: 1, 12: 1}))

    asyncio.run(ask())


def test_one_workspace_leaves_places_to_the_others() -> None:
    most, refused = asyncio.run(asked(ConcurrencyLimit("previews"), [1] * 50 + [2, 2, 3]))

    assert most == 2
    assert refused == {1: 45}


def test_who_fails_or_goes_gives_the_place_back() -> None:
    async def ask() -> tuple[int, Counter[int]]:
        limit = ConcurrencyLimit("previews", at_once=1, waiting=1)
        with pytest.raises(ZeroDivisionError):
            async with limit.slot(1):
                raise ZeroDivisionError
        async with limit.slot(1):
            waiting = asyncio.create_task(asked(limit, [2]))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        return await asked(limit, [1, 2])

    assert asyncio.run(ask()) == (1, Counter())


def test_heavy_reads_of_all_kinds_together_leave_half_of_the_pool() -> None:
    async def ask() -> int:
        heavy, together, most = HeavyReads(pool_size=8), 0, 0
        kinds = [limit for limit in vars(heavy).values() if isinstance(limit, ConcurrencyLimit)]
        assert len(kinds) == 8

        async def one(limit: ConcurrencyLimit, workspace: int) -> None:
            nonlocal together, most
            async with limit.slot(workspace):
                together += 1
                most = max(most, together)
                await asyncio.sleep(0)
                together -= 1

        await asyncio.gather(*(one(limit, who) for limit in kinds for who in range(5)))
        return most

    assert asyncio.run(ask()) == 4


def test_who_waits_for_a_turn_of_its_kind_takes_no_place_of_other_kinds() -> None:
    async def ask() -> None:
        together = ConcurrencyLimit("heavy reads", at_once=2)
        slow, quick = (ConcurrencyLimit(noun, 1, 8, together) for noun in ("slow", "quick"))
        async with slow.slot(1):
            waiting = [asyncio.create_task(asked(slow, [2])) for _ in range(3)]
            await asyncio.sleep(0)
            async with asyncio.timeout(5), quick.slot(3):
                pass
        await asyncio.gather(*waiting)

    asyncio.run(ask())
