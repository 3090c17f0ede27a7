"""The scores as one SVG.

A heat map of faults by severity, normal traffic, and a few histories with the fault shaded.
"""

from collections.abc import Callable, Iterator, Sequence
from colorsys import hls_to_rgb
from html import escape
from typing import Final

from domain.gate import Verdict
from faultlab.histories import HistoryResult
from faultlab.report import FaultRow, fault_rows, normal_rows, summary
from faultlab.scoring import Result

_WIDTH: Final = 1180
_ROW: Final = 24
_LEFT: Final = 230
_CELL: Final = 150
_GRADES: Final = ("low", "medium", "high")
_TIMELINES: Final = (
    ("web shop", "outage"), ("web shop", "partial loss"), ("mobile app", "identifier dropout"),
    ("web shop", "amounts ×100"),
    ("mobile app", "consent never granted"), ("web shop", "late processing"),
    ("ad platform", "platform fails"),
    ("conversions", "double-fired conversions"),
)  # fmt: skip
_TIMELINE: Final = 130
_COLOURS: Final = {Verdict.PASS: "#3fa66a", Verdict.HOLD: "#e0a526", Verdict.BLOCK: "#c9423b"}


def draw(results: Sequence[HistoryResult]) -> str:
    """Draw the results of the histories.

    Returns:
        An SVG document.
    """
    rows, calm = fault_rows(results), normal_rows(results)
    names = list(dict.fromkeys(row.name for row in rows))
    shown = [one for one in (_found(results, *wanted) for wanted in _TIMELINES) if one is not None]
    below = 110 + max(len(names), len(calm)) * _ROW
    height = below + 40 + (len(shown) + 1) // 2 * _TIMELINE
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 30, "Fault lab", size=20),
        _text(20, 52, _headline(results), colour="#555555"),
        *_heat(rows, names),
        *_normal(results),
    ]
    for index, one in enumerate(shown):
        parts += _timeline(one, 20 + index % 2 * (_WIDTH // 2), below + 30 + index // 2 * _TIMELINE)
    return "\n".join([*parts, "</svg>", ""])


def _headline(results: Sequence[HistoryResult]) -> str:
    figures = summary(results)
    return (
        f"{figures['faults']} faults, recall {figures['recall_medium_and_high']:.1%} at medium"
        f" severity and above; {figures['false_holds_per_signal_month']:.1f} false holds per"
        f" signal-month of normal traffic; {figures['pushes_after_detection']} pushes let through"
        f" after detection, {figures['pushes_before_detection']} before"
    )


def _text(
    x: float, y: float, text: str, *, size: int = 12, colour: str = "#222222", anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}"'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def _heat(rows: Sequence[FaultRow], names: Sequence[str]) -> Iterator[str]:
    yield _text(20, 82, "found, and median time until it was", colour="#555555")
    for column, grade in enumerate(_GRADES):
        yield _text(
            _LEFT + column * _CELL + _CELL / 2, 82, grade, anchor="middle", colour="#555555"
        )
    cells = {(row.name, row.severity): row.score for row in rows}
    for line, name in enumerate(names):
        top = 90 + line * _ROW
        yield _text(20, top + 16, name)
        for column, grade in enumerate(_GRADES):
            score = cells.get((name, grade))
            if score is None:
                continue
            left = _LEFT + column * _CELL
            yield _box(left + 1, top + 1, _CELL - 2, _ROW - 2, _heat_colour(score.recall))
            delay = "" if score.delay_s is None else f" in {format_seconds(score.delay_s)}"
            yield _text(
                left + _CELL / 2, top + 16, f"{score.found}/{score.faults}{delay}", anchor="middle"
            )


def _heat_colour(recall: float) -> str:
    """From red over yellow to green."""
    red, green, blue = hls_to_rgb(recall / 3, 0.78, 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _normal(results: Sequence[HistoryResult]) -> Iterator[str]:
    left = _LEFT + 3 * _CELL + 40
    yield _text(left, 82, "normal traffic: false holds, share of the time held", colour="#555555")
    for line, row in enumerate(normal_rows(results)):
        top = 90 + line * _ROW
        yield _text(left, top + 16, row.name)
        yield _box(left + 190, top + 4, min(1.0, row.held.share) * 150, _ROW - 8, "#e0a526")
        yield _text(left + 350, top + 16, f"{row.held.episodes}, {row.held.share:.1%}")


def _found(results: Sequence[HistoryResult], profile: str, name: str) -> HistoryResult | None:
    """A history to show: of medium severity if there is one."""
    fitting = [
        one for one in results if one.looks and (one.profile, one.disturbance) == (profile, name)
    ]
    return min(fitting, key=lambda one: ("medium", "high", "low").index(one.severity), default=None)


def _timeline(result: HistoryResult, left: float, top: float) -> Iterator[str]:
    """Score over time, the verdict as a band below it, the fault shaded."""
    width, height = _WIDTH / 2 - 60, _TIMELINE - 50
    first, last = result.looks[0].at_ms, result.looks[-1].at_ms

    def x_of(at_ms: int) -> float:
        return left + (at_ms - first) / max(1, last - first) * width

    delay = (
        result.outcome.delay_s
        if result.outcome is not None and result.outcome.result is Result.FOUND
        else None
    )
    found = "not found" if delay is None else f"found after {format_seconds(delay)}"
    yield _text(left, top, f"{result.profile}: {result.disturbance}, {result.severity} – {found}")
    yield _box(
        x_of(result.onset_ms), top + 8, left + width - x_of(result.onset_ms), height, "#f3dedd"
    )
    yield from _scores(result, x_of, top + 8, height)
    for verdict, since, until in _runs(result):
        yield _box(x_of(since), top + 12 + height, x_of(until) - x_of(since), 6, _COLOURS[verdict])


def _scores(
    result: HistoryResult, x_of: Callable[[int], float], top: float, height: float
) -> Iterator[str]:
    """The score as lines; where it is unknown there is none."""
    points: list[str] = []
    for look in (*result.looks, None):
        if look is not None and look.score is not None:
            points.append(f"{x_of(look.at_ms):.1f},{top + height * (1 - look.score / 100):.1f}")
        elif points:
            yield (
                f'<polyline points="{" ".join(points)}" fill="none" stroke="#30558c"'
                ' stroke-width="1.5"/>'
            )
            points = []


def _runs(result: HistoryResult) -> Iterator[tuple[Verdict, int, int]]:
    """Stretches of one verdict."""
    begun = result.looks[0]
    for look in result.looks:
        if look.verdict is not begun.verdict:
            yield begun.verdict, begun.at_ms, look.at_ms
            begun = look
    yield begun.verdict, begun.at_ms, result.looks[-1].at_ms


def format_seconds(seconds: float) -> str:
    """Seconds as people say them.

    >>> format_seconds(40), format_seconds(150)
    ('40 s', '2.5 min')
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
