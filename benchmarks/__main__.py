"""Runs benchmarks by name: ``python -m benchmarks`` for all of them, ``python -m benchmarks throughput merges`` for some."""

import argparse
import importlib
import os
import platform
from typing import Final

from benchmarks.figures import Report

NAMES: Final = ("throughput", "people", "merges", "collector", "latency", "lookup", "funnels")


def main() -> None:
    """Parse the names, run each benchmark, and exit 1 if an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(NAMES)}; default all")
    chosen = parser.parse_args().names or NAMES
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    report = Report()
    for name in chosen:
        importlib.import_module(f"benchmarks.{name}").run(report)
    missed = [figure.name for figure in report.figures if figure.met is False]
    print(f"{len(report.figures)} figures" + (f"; missed: {', '.join(missed)}" if missed else "; every aim met"))


if __name__ == "__main__":
    main()
