"""Runs seeds of the simulation: ``python -m tests.simulation.run --seeds 10000``.

A failing seed is printed with its smallest history.

The hash seed of the interpreter is fixed, so that the order of sets is part of the reproduction.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import structlog

from tests.simulation.checks import complaints
from tests.simulation.histories import Append, History, generate
from tests.simulation.world import World


def failures(history: History, seed: int) -> list[str]:
    """What is wrong after a run; empty when all is well."""
    world = World(history, seed)
    try:
        world.run()
        return list(complaints(world))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def try_seed(seed: int) -> tuple[int, list[str]]:
    """Run one seed."""
    return seed, failures(generate(seed), seed)


def shrink(seed: int) -> History:
    """The smallest history found that still fails: first a prefix, then without single records."""
    history = generate(seed)
    size = next(
        size
        for size in range(1, len(history.appends) + 1)
        if failures(_cut(history, history.appends[:size]), seed)
    )
    history = _cut(history, history.appends[:size])
    index = 0
    while index < len(history.appends):
        smaller = _cut(history, history.appends[:index] + history.appends[index + 1 :])
        if failures(smaller, seed):
            history = smaller
        else:
            index += 1
    return history


def _cut(history: History, appends: tuple[Append, ...]) -> History:
    return replace(history, appends=appends)


def _report(seed: int, found: list[str]) -> Iterator[str]:
    yield f"seed {seed} fails: {found[0]}"
    smallest = shrink(seed)
    yield (
        f"  smallest history ({len(smallest.appends)} of {len(generate(seed).appends)} records),"
        f" rules {smallest.identity.kinds}"
    )
    yield from (
        f"  partition {append.partition}: {append.value.decode('utf-8', 'replace')}"
        for append in smallest.appends
    )
    yield from (f"  {line}" for line in failures(smallest, seed)[:20])


def main() -> int:
    """Run the seeds asked for; 1 when any fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many")
    parser.add_argument(
        "--first", type=int, default=0, help="the first one; with --seeds 1 a reproduction"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--shown", type=int, default=3, help="failing seeds that are shrunk and shown whole"
    )
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    started, failing = time.monotonic(), []
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for seed, found in pool.map(
            try_seed, range(chosen.first, chosen.first + chosen.seeds), chunksize=20
        ):
            if found:
                failing.append(seed)
                lines = (
                    _report(seed, found)
                    if len(failing) <= chosen.shown
                    else [f"seed {seed} fails: {found[0]}"]
                )
                print("\n".join(lines), flush=True)
    took = time.monotonic() - started
    print(f"{chosen.seeds} seeds, {len(failing)} failing {failing[:50]}, {took:.1f} s")
    return bool(failing)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
