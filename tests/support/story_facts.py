"""The facts of the story as `tests/browser/story.md` tells them; looks into answers."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.story import Story

TABLE: Final = Path(__file__).parent.parent / "browser" / "story.md"
_STEP: Final = re.compile(r"([\w:#-]*)((?:\[[^\]]+\])*)")
_TEST: Final = re.compile(r"\[(\w+)(=|~)([^\]]+)\]")


@dataclass(frozen=True)
class Fact:
    """One row of the table.

    Attributes:
        name: what it says.
        ask: path of a GET, with names in braces.
        look: where in the answer.
        value: what must stand there, as text.
    """

    name: str
    ask: str
    look: str
    value: str

    def path(self, story: Story) -> str:
        """The path, with ids for names: ``{audiences[meta]}`` and the like."""
        return self.ask.format(**vars(story))


def facts() -> list[Fact]:
    """Every row, in order."""
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in rows]
    return [Fact(*(cell.strip("` |") for cell in row)) for row in cells if row[1].startswith("/")]


def fact(name: str) -> str:
    """What a fact says, by its name.

    Raises:
        KeyError: the table has no such row.
    """
    return {one.name: one.value for one in facts()}[name]


def found(answer: Any, look: str) -> str:
    """What stands at a place of an answer, as text.

    Steps are parted by dots; ``[name=value]`` takes the first of a list with that value,
    ``[name~value]`` the first in whose value that is, ``#`` counts a list.
    """
    at: Any = answer
    for step in look.split("."):
        matched = _STEP.fullmatch(step)
        assert matched, step
        name, tests = matched.groups()
        if name:
            at = len(at) if name == "#" else at[int(name)] if name.isdigit() else at[name]
        if tests:
            at = _first(at, _TEST.findall(tests))
    return str(at)


def _first(items: list[Any], tests: list[tuple[str, str, str]]) -> Any:
    suiting = [
        one for one in items if all(_holds(one[key], how, value) for key, how, value in tests)
    ]
    assert suiting, f"nothing with {tests}"
    return suiting[0]


def _holds(found: Any, how: str, value: str) -> bool:
    return value in found if how == "~" else str(found) == value
