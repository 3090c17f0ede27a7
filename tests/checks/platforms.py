"""Platforms under test: each row of the registry with its golden files and its operations."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sinks.ads.platform import (
    Create,
    Delete,
    Find,
    Matchable,
    Platform,
    PlatformCall,
    Read,
    Row,
    Status,
    Write,
)
from sinks.ads.registry import PLATFORMS

GOLDEN: Final = Path(__file__).parents[1] / "golden"
TOKEN: Final = "secret-token"
_IDS: Final = ("aebe52e7-03ee-455a-b3c4-e57283966239", "bebe52e7-03ee-455a-b3c4-e57283966239")


@dataclass(frozen=True)
class Subject:
    """One platform.

    Attributes:
        people: the first has several identifiers of each kind, the second one.
        operations: name of a golden file → what it holds the requests of.
    """

    platform: Platform
    people: tuple[Matchable, ...]
    rows: tuple[Row, ...]
    operations: dict[str, PlatformCall]

    def golden(self, name: str) -> Any:
        """The requests of an operation as they must be."""
        stored = json.loads((GOLDEN / self.platform.name / f"{name}.json").read_text())
        return stored if isinstance(stored, list) else [stored]


def subject(name: str) -> Subject:
    """Read ``tests/golden/<platform>/cases.json``."""
    cases = json.loads((GOLDEN / name / "cases.json").read_text())
    spec = next(spec for known, spec in PLATFORMS.items() if known == name)
    platform = spec.codec(spec.params(**cases["params"]), "" if spec.token_url else TOKEN)
    people = tuple(
        Matchable(own_id, {kind: tuple(values) for kind, values in known.items()})
        for own_id, known in zip(_IDS, cases["people"], strict=True)
    )
    rows = tuple(row for row in map(platform.row, people) if row)
    sought, audience = cases["sought"], cases["audience"]
    operations: dict[str, PlatformCall] = {
        "find": Find(sought, "stratum:1"),
        "find_next": Find(cases["name"], "stratum:1", cases["after"]),
        "create": Create(cases["name"], "stratum:1"),
        "add": Write("add", audience, rows, 9778993),
        "remove": Write("remove", audience, rows[:1], 9778994),
        "read": Read(audience),
        "delete": Delete(audience),
    }
    if "receipt" in cases:
        operations["status"] = Status(cases["receipt"])
    return Subject(platform, people, rows, operations)


SUBJECTS: Final[dict[str, Subject]] = {name: subject(name) for name in PLATFORMS}
OPERATIONS: Final = [
    (name, operation) for name, one in SUBJECTS.items() for operation in one.operations
]
