"""Small histories for the examples of the documentation: told from NOW backwards, in spans (``2h``
ago)."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from domain.ids import SegmentId
from domain.instants import to_ms
from domain.segments.span import span_ms
from oracle.rules import PersonHistory
from oracle.statements.record import Statement

NOW: Final = to_ms(datetime.fromisoformat("2026-03-10T12:00:00+00:00"))


@dataclass
class Person:
    """One person; every method adds something and gives the person back."""

    statements: list[Statement] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)

    def _say(self, kind: str, name: str, ago: str, **fields: Any) -> "Person":
        at_ms = NOW - (span_ms(ago) if ago else 0)
        message = blake2b(f"{len(self.statements)}".encode(), digest_size=16).digest()
        tie = int.from_bytes(message[:8], "big", signed=True)
        self.statements.append(Statement(message, at_ms, tie, kind, name, (), **fields))
        return self

    def did(self, name: str, ago: str = "", /, **properties: Any) -> "Person":
        """A track; an Order Completed is a purchase."""
        order = (
            ("EUR", round(100 * properties.get("revenue", 10)))
            if name == "Order Completed"
            else None
        )
        return self._say("track", name, ago, properties=properties, order=order)

    def bought(self, ago: str, revenue: float = 10, **properties: Any) -> "Person":
        """An order."""
        return self.did("Order Completed", ago, revenue=revenue, **properties)

    def saw(self, name: str, ago: str = "") -> "Person":
        """A page."""
        return self._say("page", name, ago)

    def is_(self, ago: str = "1m", /, **traits: Any) -> "Person":
        """Traits."""
        return self._say("identify", "", ago, traits=traits)

    def agreed(self, purpose: str, *, granted: bool = True, ago: str = "1d") -> "Person":
        """A statement about a purpose."""
        return self._say("identify", "", ago, consent=((purpose, granted),))

    def with_(self, **kinds: int) -> "Person":
        """Identifiers per kind."""
        self.kinds.update(kinds)
        return self

    def history(self) -> PersonHistory:
        """What rules are evaluated on."""
        return PersonHistory(tuple(self.statements), dict(self.kinds), frozenset[SegmentId]())


def nobody() -> Person:
    """Somebody who did nothing."""
    return Person()
