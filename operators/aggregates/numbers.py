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


def add_numbers(left: Numbers, right: Numbers) -> Numbers:
    """The summary of both."""
    if not left[1] or not right[1]:
        known = left if left[1] else right
        return (left[0] + right[0], *known[1:])
    return (
        left[0] + right[0],
        left[1] + right[1],
        _capped(left[2] + right[2]),
        min(left[3], right[3]),
        max(left[4], right[4]),
    )
