"""Counts failed logins and links per address, so that nobody guesses at speed."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request

from api.edge.crowd import neighbourhood
from api.web.errors import NotFoundError, RateLimitedError, UnauthorizedError

_WINDOW_S: Final = 60.0
_REMEMBERED: Final = 10_000
"""Addresses; of more, the one that tried longest ago is forgotten."""


def address_of(request: Request) -> str:
    """Where a request comes from, as its attempts are counted.

    Behind a trusted proxy that is what it forwards; addresses that are none are one.
    """
    try:
        return neighbourhood(request.client.host) if request.client else ""
    except ValueError:
        return ""


class Attempts:
    """The failed attempts of the last minute, by address, in one process.

    Args:
        limit: of one address.
        clock: monotonic seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    @contextmanager
    def counted(self, address: str) -> Iterator[None]:
        """Count an attempt before its outcome is known, so that many at once are counted too.

        Only a refused key (`UnauthorizedError`) or a link that leads nowhere (`NotFoundError`)
        stays counted: where the store does not answer, nobody has guessed.

        Raises:
            RateLimitedError: the address has failed too often.
        """
        self._begin(address)
        refused = False
        try:
            yield
        except (UnauthorizedError, NotFoundError):
            refused = True
            raise
        finally:
            if not refused:
                self._take_back(address)

    def _begin(self, address: str) -> None:
        now_s = self._clock()
        made = self._by_address.setdefault(address, deque())
        self._by_address.move_to_end(address)
        while made and made[0] <= now_s - _WINDOW_S:
            made.popleft()
        if len(made) >= self._limit:
            raise RateLimitedError(
                made[0] + _WINDOW_S - now_s, "Too many failed attempts from this address."
            )
        made.append(now_s)
        if len(self._by_address) > _REMEMBERED:
            self._by_address.popitem(last=False)

    def _take_back(self, address: str) -> None:
        made = self._by_address.get(address)
        if made:
            made.pop()
