"""Heavy work is done a few at a time, and nobody takes all the places."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import psycopg
import pytest

from api.web.concurrency import ConcurrencyLimit, FairTurns, HeavyReads
from api.web.errors import BusyError
from api.web.transaction import NoThreadError
from store.errors import StoreUnavailable


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


async def served(limit: ConcurrencyLimit, workspaces: Sequence[int]) -> list[int]:
    """The workspaces in the order in which they had their turns."""
    order: list[int] = []

    async def one(workspace: int) -> None:
        async with limit.slot(workspace):
            order.append(workspace)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(one(workspace) for workspace in workspaces))
    return order


@pytest.mark.parametrize("nested", [False, True])
def test_workspaces_that_wait_have_their_turns_one_after_another(nested: bool) -> None:
    async def ask() -> list[int]:
        if not nested:
            return await served(ConcurrencyLimit("previews", 1, 64), [1] * 8 + [2, 2, 3])
        together = ConcurrencyLimit("heavy reads", 1, 64)
        return await served(ConcurrencyLimit("previews", 16, 64, together), [1] * 8 + [2, 2, 3])

    assert asyncio.run(ask()) == [1, 2, 3, 1, 2, *[1] * 6]


def test_whoever_holds_fewest_turns_is_next() -> None:
    async def ask() -> list[int]:
        return await served(ConcurrencyLimit("previews", 2, 64), [1] * 8 + [2] * 3)

    assert asyncio.run(ask()) == [1, 1, 2, 1, 2, 1, 2, *[1] * 4]


def test_no_turn_is_lost_or_made_up_however_many_go() -> None:
    """Against a count of who is at work, while tasks are cancelled at every stage."""
    choose = random.Random(7)

    async def ask() -> None:
        turns, at_work, done = FairTurns(3), 0, 0

        async def one(workspace: int) -> None:
            nonlocal at_work, done
            async with turns.turn(workspace):
                at_work += 1
                try:
                    assert at_work <= 3
                    for _ in range(choose.randrange(3)):
                        await asyncio.sleep(0)
                finally:
                    at_work -= 1
            done += 1

        tasks: list[asyncio.Task[None]] = []
        for _ in range(3_000):
            tasks.append(asyncio.create_task(one(choose.randrange(5))))
            if choose.random() < 0.5:
                choose.choice(tasks).cancel()
            if choose.random() < 0.3:
                await asyncio.sleep(0)
        async with asyncio.timeout(30):
            results = await asyncio.gather(*tasks, return_exceptions=True)
        gone = [result for result in results if result is not None]
        assert {type(each) for each in gone} == {asyncio.CancelledError}
        assert (at_work, done + len(gone)) == (0, len(tasks))
        async with turns.turn(1), turns.turn(2), turns.turn(3), asyncio.timeout(5):
            waiting = asyncio.create_task(one(4))
            await asyncio.sleep(0)
            assert not waiting.done()
        await waiting

    asyncio.run(ask())


def test_a_turn_that_is_given_to_whoever_is_just_going_is_passed_on() -> None:
    async def ask() -> bool:
        turns = FairTurns(1)

        async def one(workspace: int) -> bool:
            async with turns.turn(workspace):
                return True

        async with turns.turn(1):
            going = asyncio.create_task(one(2))
            staying = asyncio.create_task(one(3))
            await asyncio.sleep(0)
        going.cancel()  # given its turn, not run yet
        async with asyncio.timeout(5):
            await asyncio.wait([going])
            return going.cancelled() and await staying

    assert asyncio.run(ask())


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


@pytest.mark.parametrize("away", [psycopg.OperationalError("no answer"), StoreUnavailable()])
def test_who_waits_is_told_with_the_first_that_postgres_does_not_answer(away: Exception) -> None:
    async def ask() -> list[str]:
        limit = ConcurrencyLimit("previews", at_once=1)
        began: list[int] = []

        async def work(number: int) -> str:
            try:
                async with limit.slot(number):
                    began.append(number)
                    await asyncio.sleep(0)
                    raise away
            except (psycopg.OperationalError, StoreUnavailable):
                return "away"

        told = await asyncio.gather(*map(work, range(5)))
        assert began == [0]
        await work(5)
        assert began == [0, 5]  # whoever comes afterwards tries again
        return told

    assert asyncio.run(ask()) == ["away"] * 5


@pytest.mark.parametrize("ending", [psycopg.errors.QueryCanceled(), NoThreadError()])
def test_what_postgres_answers_or_was_not_asked_concerns_nobody_else(
    ending: psycopg.OperationalError,
) -> None:
    async def ask() -> tuple[int, Counter[int]]:
        limit = ConcurrencyLimit("previews", at_once=1)

        async def ended() -> None:
            async with limit.slot(1):
                await asyncio.sleep(0)
                raise ending

        first = asyncio.create_task(ended())
        await asyncio.sleep(0)
        others = await asked(limit, [2, 3])
        with pytest.raises(type(ending)):
            await first
        return others

    assert asyncio.run(ask()) == (1, Counter())
