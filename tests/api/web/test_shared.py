"""One reading at a time; no answer is older than its question, or than results stand."""

import asyncio

import pytest

from api.web.shared import SharedReading


def test_who_asks_during_a_reading_shares_the_next_one() -> None:
    async def play() -> tuple[list[int], int]:
        shared: SharedReading[str, int] = SharedReading()
        begun, together, most = 0, 0, 0
        reading, go = asyncio.Event(), asyncio.Event()

        async def read() -> int:
            nonlocal begun, together, most
            begun += 1
            number, together = begun, together + 1
            most = max(most, together)
            reading.set()
            await go.wait()
            together -= 1
            return number

        first = asyncio.create_task(shared.read("a", read))
        await reading.wait()
        later = [asyncio.create_task(shared.read("a", read)) for _ in range(5)]
        await asyncio.sleep(0)
        later[0].cancel()  # who goes takes nothing from the others
        go.set()
        return [await first, *await asyncio.gather(*later[1:])], most

    assert asyncio.run(play()) == ([1, 2, 2, 2, 2], 1)


def test_a_reading_that_fails_fails_for_those_who_share_it_and_for_no_other() -> None:
    async def play() -> int:
        shared: SharedReading[str, int] = SharedReading()
        divisors = iter([0, 1])

        async def read() -> int:
            return 7 // next(divisors)

        with pytest.raises(ZeroDivisionError):
            await shared.read("a", read)
        return await shared.read("a", read)

    assert asyncio.run(play()) == 7


def test_other_keys_wait_for_nothing() -> None:
    async def play() -> str:
        shared: SharedReading[str, str] = SharedReading()
        stuck = asyncio.Event()

        async def wait() -> str:
            await stuck.wait()
            return "late"

        async def answer() -> str:
            return "at once"

        slow = asyncio.create_task(shared.read("a", wait))
        async with asyncio.timeout(5):
            found = await shared.read("b", answer)
        stuck.set()
        await slow
        return found

    assert asyncio.run(play()) == "at once"


class Clock:
    """Counts readings, each of which takes as long as is told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.takes_s = 2.0
        self.readings = 0

    async def read(self) -> int:
        self.seconds += self.takes_s
        self.readings += 1
        return self.readings


def test_a_result_stands_as_long_as_its_reading_allows() -> None:
    clock = Clock()
    shared: SharedReading[str, int] = SharedReading(
        lambda took_s: 3 * took_s, lambda: clock.seconds
    )

    async def play() -> list[int]:
        found = []
        for pause_s in (0.0, 5.9, 0.2, 0.0):
            clock.seconds += pause_s
            found.append(await shared.read("a", clock.read))
        clock.seconds += 7
        clock.takes_s = 0.0
        return [*found, *[await shared.read("a", clock.read) for _ in range(2)]]

    assert asyncio.run(play()) == [1, 1, 2, 2, 3, 4]


def test_what_is_forgotten_during_a_reading_does_not_stand() -> None:
    clock = Clock()
    shared = SharedReading[str, int](lambda _: 60.0, lambda: clock.seconds)

    async def read() -> int:
        shared.forget("a")
        return await clock.read()

    async def play() -> list[int]:
        await shared.read("b", clock.read)
        found = [await shared.read("a", read), await shared.read("a", clock.read)]
        return [*found, await shared.read("a", clock.read), await shared.read("b", clock.read)]

    assert asyncio.run(play()) == [2, 3, 3, 1]


def test_nothing_older_stands_than_what_was_read_last() -> None:
    clock = Clock()
    shared = SharedReading[str, int](lambda took_s: took_s, lambda: clock.seconds)

    async def play() -> list[int]:
        going, go = asyncio.Event(), asyncio.Event()

        async def slowly() -> int:
            going.set()
            await go.wait()
            clock.seconds += 20
            return 0

        slow = asyncio.create_task(shared.read("b", slowly))
        await going.wait()
        quick = asyncio.create_task(shared.read("b", clock.read))
        await asyncio.sleep(0)
        go.set()
        first = [await slow, await quick]
        return [*first, await shared.read("b", clock.read)]

    clock.takes_s = 0.0
    assert asyncio.run(play()) == [0, 1, 2]
