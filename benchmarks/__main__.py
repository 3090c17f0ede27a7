"""Runs benchmarks by name: ``python -m benchmarks`` all, ``python -m benchmarks merges`` one.

A size follows a name: ``expiry:people=20000,spread_s=20``. Names and defaults of sizes are the
parameters of the benchmark's ``run``.
"""

import argparse
import importlib
import inspect
import os
import platform
from collections.abc import Callable
from typing import Final

from benchmarks.support.figures import Report

MODULES: Final = {
    "throughput": "intake.throughput",
    "people": "profiles.people",
    "merges": "profiles.merges",
    "erasure": "profiles.erasure",
    "retention": "profiles.retention",
    "access": "profiles.access",
    "collector": "intake.collector",
    "latency": "intake.latency",
    "lookup": "profiles.lookup",
    "defined_ingest": "segments.defined_ingest",
    "evaluation": "segments.evaluation",
    "transitions": "segments.transitions",
    "expiry": "segments.expiry",
    "backfill": "segments.backfill",
    "preview": "segments.preview",
    "funnels": "segments.funnels",
    "signals": "signals",
    "nab": "nab.benchmark",
    "exports": "export",
    "activation": "activation",
    "dashboard": "dashboard",
}
"""Name → module below ``benchmarks``; all of them run in this order."""

Run = Callable[..., None]


def _chosen(wanted: str) -> tuple[Run, dict[str, int]]:
    """A benchmark and its sizes from ``name`` or ``name:size=number,size=number``.

    Raises:
        ValueError: there is no such benchmark or size.
    """
    name, _, sizes = wanted.partition(":")
    if name not in MODULES:
        raise ValueError(f"no benchmark called {name}; there are {', '.join(MODULES)}")
    run: Run = importlib.import_module(f"benchmarks.{MODULES[name]}").run
    known = {
        size: parameter.default
        for size, parameter in inspect.signature(run).parameters.items()
        if size != "report"
    }
    given: dict[str, int] = {}
    for pair in filter(None, sizes.split(",")):
        size, _, number = pair.partition("=")
        if size not in known or not number.isdigit():
            there = ", ".join(f"{each}={default}" for each, default in known.items()) or "none"
            raise ValueError(f"{name} has no size {pair}; there are {there}")
        given[size] = int(number)
    return run, given


def main() -> None:
    """Parse the names, run each benchmark, and say which aims were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name[:size=number,…]",
        help=f"one of {', '.join(MODULES)}; default all",
    )
    try:
        chosen = [_chosen(name) for name in parser.parse_args().names or MODULES]
    except ValueError as error:
        parser.error(str(error))
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}"
    )
    report = Report()
    for run, sizes in chosen:
        try:
            run(report, **sizes)
        except TimeoutError as error:
            report.add(run.__module__.rpartition(".")[2], "not measured", str(error), met=False)
    missed = [figure.name for figure in report.figures if figure.met is False]
    print(
        f"{len(report.figures)} figures"
        + (f"; missed: {', '.join(missed)}" if missed else "; every aim met")
    )


if __name__ == "__main__":
    main()
