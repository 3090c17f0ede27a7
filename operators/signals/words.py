"""What components, metrics and their values are called: words and units, never bare codes."""

from domain.money import decimal_string
from operators.detection.episodes import Direction
from operators.signals.series import SERIES


def in_words(name: str) -> str:
    """A public name, such as a component's or an identifier kind's, as it is spoken.

    >>> in_words("match_quality")
    'match quality'
    """
    return name.replace("_", " ")


def metric_words(metric: str) -> str:
    """What a watched series is called; its unit stands beside its values.

    >>> metric_words("order_value:EUR"), metric_words("reported_share:meta")
    ('order value in EUR', 'reported share of meta')
    >>> metric_words("latency_ms")
    'latency'
    """
    name, _, of = metric.partition(":")
    words = in_words(name.removesuffix("_ms"))
    if not of:
        return words
    return f"{words} {'in' if name == 'order_value' else 'of'} {of}"


def metric_value(metric: str, value: float) -> str:
    """A point of a watched series with its unit; money in the currency's major unit.

    >>> metric_value("order_value:EUR", 4990.4), metric_value("rejected_share", 0.0312)
    ('49.90 EUR', '3.1 %')
    """
    name, _, of = metric.partition(":")
    series = SERIES.get(name)
    match series.unit if series else "":
        case "minor":
            return f"{decimal_string(round(value), of)} {of}"
        case "share":
            return f"{100 * value:.1f} %"
        case "ms":
            return f"{value:,.0f} ms"
        case "points":
            return f"{value:.1f} of 10"
    return f"{value:.6g}"


def unusual(metric: str, direction: Direction, value: float, *expected: float) -> str:
    """Say that a watched series is not where it was expected, without the sentence's end.

    Args:
        metric: the series.
        direction: where the value went.
        value: at the peak, in the unit of the series.
        expected: the value expected there, or the two ends of the range.

    Returns:
        The sentence.

    >>> unusual("latency_ms", Direction.UP, 1500.0, 200.0, 350.0)
    'latency is unusually high: 1,500 ms, expected 200 ms to 350 ms'
    """
    way = "high" if direction is Direction.UP else "low"
    usual = " to ".join(metric_value(metric, one) for one in expected)
    observed = metric_value(metric, value)
    return f"{metric_words(metric)} is unusually {way}: {observed}, expected {usual}"
