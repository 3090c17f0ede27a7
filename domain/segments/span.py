"""Spans of the rule language, like ``30m``."""

from typing import Final

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS

SPAN_LIMIT_MS: Final = 731 * DAY_MS

_UNITS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": WEEK_MS}


def span_ms(text: str) -> int:
    """Milliseconds of a span: a whole number and a unit, s, m, h, d or w.

    Raises:
        ValueError: anything else, nothing at all, or more than 731 days.

    >>> span_ms("30m")
    1800000
    """
    number, unit = text[:-1], text[-1:]
    if (
        unit not in _UNITS
        or not (number.isascii() and number.isdigit())
        or not 0 < int(number) * _UNITS[unit] <= SPAN_LIMIT_MS
    ):
        raise ValueError(
            "a span is a whole number and a unit, s, m, h, d or w, like 30m; at most 731d"
        )
    return int(number) * _UNITS[unit]
