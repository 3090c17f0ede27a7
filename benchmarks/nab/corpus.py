"""The shipped part of the NAB corpus: series with step and labels, from the archive."""

import itertools
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.nab.scoring import Labelled
from domain.instants import MINUTE_MS, to_ms

ARCHIVE: Final = Path(__file__).parents[1] / "data" / "nab.tar.xz"


@dataclass(frozen=True)
class Series:
    """One series of the corpus.

    Attributes:
        name: ``family/file``.
        at_ms: instants, ascending.
        values: one per instant.
        step_ms: the usual distance of its instants.
        labels: its windows.
    """

    name: str
    at_ms: tuple[int, ...]
    values: tuple[float, ...]
    step_ms: int
    labels: Labelled

    @property
    def family(self) -> str:
        """The family that it belongs to."""
        return self.name.partition("/")[0]


def corpus() -> list[Series]:
    """All series, by name."""
    with tarfile.open(ARCHIVE) as archive:
        files = {
            member.name: archive.extractfile(member)
            for member in archive.getmembers()
            if member.isfile()
        }
        read = {name: file.read().decode() for name, file in files.items() if file is not None}
    windows: dict[str, list[tuple[str, str]]] = json.loads(read["windows.json"])
    return [_series(name, read[name], windows[name]) for name in sorted(windows)]


def _series(name: str, text: str, windows: Sequence[tuple[str, str]]) -> Series:
    rows = [line.split(",") for line in text.splitlines()[1:]]
    at_ms = tuple(_instant(at) for at, _ in rows)
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(at_ms))
    labelled = tuple(
        (at_ms.index(_instant(first)), at_ms.index(_instant(last))) for first, last in windows
    )
    step_ms = max(MINUTE_MS, gaps[len(gaps) // 2])
    return Series(
        name,
        at_ms,
        tuple(float(value) for _, value in rows),
        step_ms,
        Labelled(len(rows), labelled),
    )


def _instant(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))
