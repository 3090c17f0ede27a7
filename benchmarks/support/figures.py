"""The table that benchmarks print: every figure beside a reference of the same run."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        value: with its unit, as text.
        reference: what it is measured against in the same run, as text; empty where the figure is
            absolute.
        aim: what the project wants.
        met: whether the aim holds; None where there is nothing to hold.
    """

    name: str
    value: str
    reference: str = ""
    aim: str = ""
    met: bool | None = None


@dataclass
class Report:
    """Collects figures and prints each as soon as it is known."""

    figures: list[Figure] = field(default_factory=list)

    def add(
        self, name: str, value: str, reference: str = "", aim: str = "", *, met: bool | None = None
    ) -> None:
        """Add one figure and print it."""
        figure = Figure(name, value, reference, aim, met)
        self.figures.append(figure)
        mark = {True: "ok  ", False: "MISS", None: "    "}[met]
        print(f"{mark} {name:<58} {value:<34} {reference:<44} {aim}", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share (0–1) of the values lies; nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)
