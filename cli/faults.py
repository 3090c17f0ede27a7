"""``stratum faults``: score health and the gate on simulated traffic with labelled faults."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import Screen, echo, echo_lines, progress
from config.load import load_settings
from domain.instants import DAY_MS
from faultlab.corpus import JUDGEMENT, QUICK, QUICK_PROFILES, QUICK_SEVERITIES, Plan, run
from faultlab.histories import HistoryResult, Pace
from faultlab.picture import draw, format_seconds
from faultlab.profiles import PROFILES
from faultlab.report import as_json, fault_rows, missed, normal_rows, summary
from faultlab.world import Rules

_AIM_RECALL: Final = 0.95
_HALF: Final = 0.5
_PROCESSORS: Final = os.cpu_count() or 1


Quick = Annotated[
    bool,
    typer.Option(
        "--quick", help="A first look: fewer days, four profiles, nothing of low severity."
    ),
]
Seeds = Annotated[
    list[int] | None,
    typer.Option(
        "--seed",
        help="Seed; several make several corpora. Develop with 1, 2, 3; the default is"
        " the one that counts.",
    ),
]
FaultName = Annotated[
    str, typer.Option("--fault", help="Only faults and normal things whose name holds this.")
]
Severities = Annotated[
    list[str] | None, typer.Option("--severity", help="Only low, medium or high.")
]
ProfileName = Annotated[str, typer.Option("--profile", help="Only profiles whose name holds this.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes.")]
JsonPath = Annotated[
    Path | None,
    typer.Option("--json", help="Write everything as JSON to this file; - for standard output."),
]
Picture = Annotated[
    Path | None, typer.Option("--picture", help="Draw the scores to this SVG file.")
]


def faults(
    *,
    quick: Quick = False,
    seed: Seeds = None,
    fault: FaultName = "",
    severity: Severities = None,
    profile: ProfileName = "",
    jobs: Jobs = _PROCESSORS,
    json_path: JsonPath = None,
    picture: Picture = None,
) -> None:
    """Simulate weeks of traffic, inject labelled faults and normal events, and score the gate.

    The same seed gives the same table. Exit code 0 whatever the scores are.
    """
    plan = Plan(
        seeds=tuple(seed or JUDGEMENT),
        profiles=tuple(
            one for one in (QUICK_PROFILES if quick else PROFILES) if profile in one.name
        ),
        pace=QUICK if quick else Pace(),
        wanted=fault,
        severities=tuple(severity or (QUICK_SEVERITIES if quick else ())),
    )
    if not plan.profiles:
        raise typer.BadParameter(f"no profile is called {profile}")
    began = time.monotonic()
    told = _run(plan, jobs)
    took_s = time.monotonic() - began
    if json_path is not None:
        document = _document(told, plan, quick=quick)
        if str(json_path) == "-":
            echo_lines(document.removesuffix("\n"))
            return
        json_path.write_text(document)
    if picture is not None:
        picture.write_text(draw(told))
    _print(told, plan, took_s, each=bool(fault or profile))


def _document(told: Sequence[HistoryResult], plan: Plan, *, quick: bool) -> str:
    asked = {"seeds": list(plan.seeds), "quick": quick}
    return json.dumps(as_json(told, asked), indent=1, ensure_ascii=False) + "\n"


def _print(told: Sequence[HistoryResult], plan: Plan, took_s: float, *, each: bool) -> None:
    console = Screen(width=None if sys.stdout.isatty() else 150)
    for part in _tables(told, plan, each=each):
        console.print(part)
    console.print(
        f"seed {', '.join(map(str, plan.seeds))}; {sum(one.events for one in told):,}"
        f" events in {took_s:.0f} s",
        style="dim",
    )


def _run(plan: Plan, jobs: int) -> list[HistoryResult]:
    settings = load_settings()
    rules = Rules(settings.identity, settings.profile, settings.signals, settings.gate)
    if not sys.stderr.isatty():
        return run(
            plan,
            rules,
            jobs,
            lambda name, done, total: echo(f"{name}: {done} of {total}", err=True),
        )
    with progress(shown=True) as shown:
        task = shown.add_task("warming up", total=None)
        return run(
            plan,
            rules,
            jobs,
            lambda name, done, total: shown.update(
                task, description=name, completed=done, total=total
            ),
        )


def _tables(
    results: Sequence[HistoryResult], plan: Plan, *, each: bool
) -> Iterator[RenderableType]:
    if each:
        yield _histories(results)
    if fault_rows(results):
        yield _faults(results)
    yield _normal(results)
    yield _figures(results)
    commands = {_again(one, plan) for one in missed(results)}
    if commands:
        yield Text("missed at medium severity and above; one of them again:", style="bold")
        yield from sorted(commands)


def _again(result: HistoryResult, plan: Plan) -> str:
    """The command that simulates one fault alone, as it was."""
    seeds = " ".join(f"--seed {seed}" for seed in plan.seeds)
    quick = "--quick " if plan.pace is QUICK else ""
    where = (
        f'--profile "{result.profile}" --fault "{result.disturbance}" --severity {result.severity}'
    )
    return f"  stratum faults {quick}{seeds} {where}"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else format_seconds(seconds)


def _faults(results: Sequence[HistoryResult]) -> Table:
    table = Table(
        "fault",
        "severity",
        "found",
        "median",
        "worst",
        "blind",
        "pushes before",
        "after",
        "not found at",
        title="faults",
    )
    for row in fault_rows(results):
        score = row.score
        colour = (
            "green"
            if score.recall >= _AIM_RECALL
            else "yellow"
            if row.severity == "low" or score.recall > _HALF
            else "red"
        )
        table.add_row(
            row.name, row.severity, Text(f"{score.found}/{score.faults}", style=colour),
            _seconds(score.delay_s), _seconds(score.worst_s),
            str(score.blind), str(score.let_before), str(score.let_after), ", ".join(row.missed_at),
        )  # fmt: skip
    return table


def _normal(results: Sequence[HistoryResult]) -> Table:
    table = Table(
        "normal traffic",
        "days",
        "false holds",
        "per month",
        "time held",
        "why",
        title="normal traffic",
    )
    for row in normal_rows(results):
        why = ", ".join(f"{reason} ({count})" for reason, count in row.reasons)
        days, held = row.held.watched_ms / DAY_MS, row.held
        table.add_row(
            row.name,
            f"{days:.1f}",
            str(held.episodes),
            f"{held.per_month:.1f}",
            f"{held.share:.1%}",
            why,
        )
    return table


def _figures(results: Sequence[HistoryResult]) -> Table:
    figures = summary(results)
    table = Table("figure", "aim", "is", title="figures")
    table.add_row(
        "recall at medium severity and above", "≥ 95 %", f"{figures['recall_medium_and_high']:.1%}"
    )
    table.add_row(
        "false holds per signal-month of normal traffic",
        "≤ 1",
        f"{figures['false_holds_per_signal_month']:.1f}",
    )
    table.add_row(
        "share of normal traffic's time held", "", f"{figures['held_share_of_normal_traffic']:.2%}"
    )
    for name, key, aim in (
        ("outage", "outage", "2 min"),
        ("50 % loss", "half_lost", "5 min"),
        ("identifier dropout", "dropout", "10 min"),
    ):
        is_ = f"{_seconds(figures[f'{key}_median_s'])}, worst {_seconds(figures[f'{key}_worst_s'])}"
        table.add_row(f"time until {name} is found", f"≤ {aim}", is_)
    table.add_row(
        "pushes let through after a fault was found", "0", f"{figures['pushes_after_detection']}"
    )
    table.add_row("pushes let through before", "", f"{figures['pushes_before_detection']}")
    return table


def _histories(results: Sequence[HistoryResult]) -> Table:
    table = Table(
        "profile",
        "what",
        "severity",
        "result",
        "after",
        "pushes",
        "first reason",
        title="every history",
    )
    for one in results:
        if one.outcome is not None:
            outcome = one.outcome
            pushes = f"{outcome.let_before} + {outcome.let_after}"
            table.add_row(
                one.profile,
                one.disturbance,
                one.severity,
                outcome.result,
                _seconds(outcome.delay_s),
                pushes,
                outcome.reason,
            )
        elif one.holds is not None:
            held = one.holds
            table.add_row(
                one.profile,
                one.disturbance,
                "",
                f"{held.episodes} holds",
                f"{held.share:.1%}",
                "",
                "; ".join(held.reasons[:3]),
            )
    return table
