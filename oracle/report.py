"""What verification found in one workspace, as a person reads it and as JSON."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from oracle.compare import Difference
from oracle.tables import Totals


@dataclass
class Report:
    """The outcome for one workspace.

    Attributes:
        workspace: its name.
        now_ms: the instant whose stages and memberships were compared.
        totals: how much was compared.
        differences: all of them; empty when the tables are right.
    """

    workspace: str
    now_ms: int
    totals: Totals = field(default_factory=Totals)
    differences: list[Difference] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Differences per kind, most frequent first."""
        return dict(Counter(difference.kind for difference in self.differences).most_common())

    def lines(self) -> Iterator[str]:
        """The report as text: totals, then counts, then every difference."""
        totals = ", ".join(f"{count:,} {name}" for name, count in asdict(self.totals).items())
        yield f"workspace {self.workspace}: {totals}"
        if not self.differences:
            yield "  the tables are what the events say"
            return
        counted = ", ".join(f"{count:,} {kind}" for kind, count in self.counts().items())
        yield f"  {len(self.differences):,} differences: {counted}"
        yield from (f"  {difference}" for difference in self.differences)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {**asdict(self), "counts": self.counts()}
