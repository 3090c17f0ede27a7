"""Draws a series of NAB as SVG: values, expected range, labelled windows, episodes."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.nab.corpus import Series
from domain.instants import DAY_MS, utc
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.detector import Scored
from operators.detection.episodes import EpisodeChange, EpisodeKind, EpisodeParams
from operators.detection.metric_watch import MetricWatch

PICTURED: Final = "realAdExchange/exchange-3_cpc_results.csv"
PICTURE: Final = Path(__file__).parents[2] / "docs" / "img" / "anomaly-exchange-3-cpc.svg"
_WIDTH, _HEIGHT, _MARGIN, _HEAD, _FOOT = 1000, 300, 46, 34, 30
_Place = Callable[[float], str]


def watch(series: Series) -> tuple[list[Scored], list[EpisodeChange]]:
    """What the product's watch with its default settings makes of a series."""
    metric = MetricWatch(
        AnomalyParams(step=timedelta(milliseconds=series.step_ms)),
        EpisodeParams(silent_after=timedelta(days=2)),
    )
    scored, changes = [], []
    for at_ms, value in zip(series.at_ms, series.values, strict=True):
        changes += metric.update(at_ms, value)
        if metric.last is not None and metric.last.at_ms == at_ms:
            scored.append(metric.last)
    return scored, changes


def draw(series: Series, path: Path) -> None:
    """Write the picture of one series.

    Args:
        series: all of it is watched and drawn.
        path: of the SVG.
    """
    scored, changes = watch(series)
    first_ms, last_ms = series.at_ms[0], series.at_ms[-1]
    top = max(series.values) * 1.05

    def x(at_ms: float) -> str:
        return f"{_MARGIN + (at_ms - first_ms) / (last_ms - first_ms) * (_WIDTH - 2 * _MARGIN):.1f}"

    def y(value: float) -> str:
        return f"{_HEAD + (1 - min(max(value / top, 0.0), 1.0)) * (_HEIGHT - _HEAD - _FOOT):.1f}"

    def line(points: Iterable[tuple[int, float]]) -> str:
        return " ".join(f"{x(at_ms)},{y(value)}" for at_ms, value in points)

    judged = [one for one in scored if not one.warming_up]
    band = (
        line((one.at_ms, one.high) for one in judged)
        + " "
        + line((one.at_ms, one.low) for one in reversed(judged))
    )
    floor = float(y(0))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *(
            _rect(x(series.at_ms[first]), x(series.at_ms[last]), floor, "#ffe2a8")
            for first, last in series.labels.windows
        ),
        _rect(x(first_ms), x(judged[0].at_ms), floor, "#eeeeee"),
        f'<polygon points="{band}" fill="#9ec5e8" fill-opacity="0.6"/>',
        (
            f'<polyline points="{line(zip(series.at_ms, series.values, strict=True))}" fill="none"'
            ' stroke="#1f3a5f" stroke-width="0.9"/>'
        ),
        *_episodes(changes, x, y),
        *_axes(first_ms, last_ms, top, x, y),
        _legend(series.name),
        "</svg>",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n")


def _rect(left: str, right: str, floor: float, colour: str) -> str:
    return (
        f'<rect x="{left}" y="{_HEAD}" width="{float(right) - float(left):.1f}"'
        f' height="{floor - _HEAD:.1f}" fill="{colour}"/>'
    )


def _episodes(changes: Sequence[EpisodeChange], x: _Place, y: _Place) -> list[str]:
    newest = {change.episode.started_ms: change.episode for change in changes}
    opened = [change.episode.started_ms for change in changes if change.kind is EpisodeKind.OPENED]
    return [
        f'<circle cx="{x(newest[at].peak_ms)}" cy="{y(newest[at].value)}" r="5" fill="none"'
        ' stroke="#c62828" stroke-width="1.8"/>'
        for at in opened
    ]


def _axes(first_ms: int, last_ms: int, top: float, x: _Place, y: _Place) -> list[str]:
    days = range((first_ms // DAY_MS + 1) * DAY_MS, last_ms, 7 * DAY_MS)
    dates = [
        f'<text x="{x(day)}" y="{_HEIGHT - 10}" text-anchor="middle" fill="#444444">'
        f"{utc(day):%d %b}</text>"
        for day in days
    ]
    values = [
        f'<text x="{_MARGIN - 6}" y="{y(top * share)}" text-anchor="end" dominant-baseline="middle"'
        f' fill="#444444">{top * share:.2g}</text>'
        for share in (0.0, 0.25, 0.5, 0.75)
    ]
    base = (
        f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y(0)}" y2="{y(0)}" stroke="#444444"'
        ' stroke-width="0.8"/>'
    )
    return [*dates, *values, base]


def _legend(name: str) -> str:
    words = (
        f"{name} – line: value · blue: expected range · yellow: labelled anomaly · grey: warming up"
        " · red: peak of an episode"
    )
    return f'<text x="{_MARGIN}" y="20" fill="#222222">{words}</text>'
