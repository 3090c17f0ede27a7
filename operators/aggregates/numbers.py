"""Numbers of events in millionths, and their summaries."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from domain.segments.aggregate import Numbers
from domain.values import Json
from operators.rules.operators import is_number

MICRO: Final = 1_000_000
NUMBER_LIMIT: Final = 10**12
_SUM_LIMIT: Final = 2**63 - 1
_SAFE_SCALED: Final = 10**12


def micro(value: Json) -> int | None:
    """A number in millionths, rounded half to even.

    None for anything else and for implausible magnitudes.

    >>> micro(19.99), micro(True), micro("3")
    (19990000, None, None)
    """
    if not is_number(value) or not -NUMBER_LIMIT < value < NUMBER_LIMIT:
        return None
    number: int | float = value
    if isinstance(number, int):
        return number * MICRO
    scaled = number * MICRO
    nearest: int = round(scaled)
    if abs(scaled) < _SAFE_SCALED and abs(scaled - nearest) < 0.499:
        return nearest
    exact = Decimal(repr(number)).scaleb(6)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def _capped(total: int) -> int:
    return max(-_SUM_LIMIT, min(_SUM_LIMIT, total))


def add_numbers(one: Numbers, other: Numbers) -> Numbers:
    """The summary of both."""
    if not one[1] or not other[1]:
        known = one if one[1] else other
        return (one[0] + other[0], *known[1:])
    return (
        one[0] + other[0],
        one[1] + other[1],
        _capped(one[2] + other[2]),
        min(one[3], other[3]),
        max(one[4], other[4]),
    )
