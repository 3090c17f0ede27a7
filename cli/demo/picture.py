"""The demo's terminal picture: throughput, lag, people, health and pushes.

Pure: facts in, something that rich can draw out.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_COLOURS: Final = {
    "healthy": "green",
    "degraded": "yellow",
    "unhealthy": "red",
    "pass": "green",
    "hold": "yellow",
    "block": "red",
}


@dataclass
class Facts:
    """What the picture shows.

    Attributes:
        phase: what the demo is doing, as a sentence.
        sent: events that the collector has taken.
        total: events that the replay has; 0 while there is no replay.
        rate: events per second committed lately.
        behind: records that wait, and seconds that the oldest has waited.
        statistics: as the API gives them.
        signals: as the API gives them.
        decisions: as the API gives them, newest first.
        pushes: as the API gives them, newest first.
    """

    phase: str = "starting"
    sent: int = 0
    total: int = 0
    rate: float = 0.0
    behind: tuple[int, float] = (0, 0.0)
    statistics: dict[str, Any] = field(default_factory=dict)
    signals: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)


def picture(facts: Facts) -> RenderableType:
    """Draw the facts."""
    parts: list[RenderableType] = [Text(facts.phase, style="bold")]
    if facts.total:
        parts.append(_progress(facts))
    parts += [_figures(facts), _signals(facts), _gate(facts)]
    return Panel(Group(*parts), title="Stratum", border_style="cyan")


def line(facts: Facts) -> str:
    """The same in one line, for output that is not a terminal."""
    count, seconds = facts.behind
    sent = f"{facts.sent:,} of {facts.total:,} sent, " if facts.total else ""
    health = ", ".join(
        f"{signal['name'] or signal['signal']} {_health(signal)}" for signal in facts.signals
    )
    return (
        f"{facts.phase}: {sent}{_total(facts, 'events'):,} stored at {facts.rate:,.0f}/s,"
        f" {count:,} behind ({seconds:.1f} s),"
        f" {_people(facts):,} people; {health or 'no signal yet'}"
    )


def _total(facts: Facts, name: str) -> int:
    return int(facts.statistics.get(name, 0))


def _people(facts: Facts) -> int:
    return int(facts.statistics.get("people", {}).get("value", 0))


def _progress(facts: Facts) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        "replay",
        ProgressBar(total=facts.total, completed=facts.sent, width=40),
        f"{facts.sent:,} / {facts.total:,} events",
    )
    return grid


def _figures(facts: Facts) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    count, seconds = facts.behind
    revenue = "  ".join(
        f"{money['amount']} {money['currency']}" for money in facts.statistics.get("revenue", ())
    )
    grid.add_row(
        "throughput", f"{facts.rate:,.0f} events/s", "stored", f"{_total(facts, 'events'):,}"
    )
    grid.add_row(
        "lag",
        f"{seconds:.1f} s, {count:,} records",
        "duplicates",
        f"{_total(facts, 'duplicates'):,}",
    )
    grid.add_row(
        "people",
        f"{_people(facts):,}",
        "merges",
        f"{facts.statistics.get('merges', {}).get('value', 0):,}",
    )
    grid.add_row("orders", f"{_total(facts, 'orders'):,}", "revenue", revenue or "–")
    return grid


def _health(signal: dict[str, Any]) -> str:
    status, reading = signal["status"], signal.get("reading")
    score = reading["score"] if reading and status != "unknown" else None
    return status if score is None else f"{status} {score:.0f}"


def _signals(facts: Facts) -> RenderableType:
    table = Table(
        title="signals", title_justify="left", box=None, show_header=False, padding=(0, 2)
    )
    for signal in facts.signals:
        table.add_row(
            signal["name"] or signal["signal"],
            Text(_health(signal), style=_COLOURS.get(signal["status"], "dim")),
        )
    return table


def _gate(facts: Facts) -> RenderableType:
    table = Table(
        title="gate and pushes", title_justify="left", box=None, show_header=False, padding=(0, 2)
    )
    for decision in facts.decisions[:4]:
        reasons = decision["reasons"]
        first = reasons[0] if isinstance(reasons, list) and reasons else ""
        why = (
            first.get("text") or first.get("sentence") or first.get("code", "")
            if isinstance(first, dict)
            else str(first)
        )
        verdict = Text(decision["verdict"].upper(), style=_COLOURS.get(decision["verdict"], ""))
        table.add_row(decision["decided_at"][11:19], decision["destination"], verdict, why[:90])
    for push in facts.pushes[:3]:
        table.add_row(
            push["started_at"][11:19],
            f"push {push['kind']}",
            push["status"],
            f"+{push['adds']:,} −{push['removes']:,}, sent {push['sent']:,}",
        )
    return table
