"""Writes `dashboard/src/rule/golden.json`: rules with the words and problems that the API has.

The page's tests read it, so that the page says of a rule what the API says. One entry per line:
``make golden`` writes it.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from api.segments.rules_schemas import with_defaults
from domain.ids import SegmentId
from domain.segments.rule import Rule
from domain.segments.span import span_ms
from domain.values import Json
from operators.rules.describe import to_text
from operators.rules.references import DefinitionParams, placed
from store.definitions.errors import InvalidDefinitionError
from tests.dashboard.examples import by_hand, spans
from tests.dashboard.language import language
from tests.support.rule_reading import read_rule
from tests.support.rules_generators import rules

PATH: Final = Path(__file__).parents[2] / "dashboard" / "src" / "rule" / "golden.json"
SEED: Final = 20_260_301
SEGMENTS: Final = (SegmentId(1), SegmentId(7))
DRAWN: Final = 350
DAMAGED: Final = 350

_ODD: Final[tuple[Json, ...]] = (
    None, True, False, 0, -1, 1.5, "", "x", "30d", "0d", [], {}, [[]], {"type": "all"},
    {"op": "exists"}, {"type": "constructor"}, {"op": "toString"}, [1, 5], "all", 2**31,
)  # fmt: skip
"""What a damaged rule has in the place of something else."""


def document() -> str:
    """The whole file."""
    rng = random.Random(SEED)
    drawn = [rules(rng, rng.choice((0, 1, 2, 4)), SEGMENTS) for _ in range(DRAWN)]
    trees = [*by_hand(), *drawn]
    parts: dict[str, list[Json]] = {
        "rules": [_described(tree, spelled_out=n % 3 == 2) for n, tree in enumerate(trees)],
        "damaged": list(_damaged(rng, trees)),
        "spans": [[text, _length(text)] for text in spans()],
    }
    lines = [f'"{name}": [\n{_lines(entries)}\n]' for name, entries in parts.items()]
    return f'{{\n"language": {_line(language())},\n' + ",\n".join(lines) + "\n}\n"


def _described(tree: Rule, *, spelled_out: bool) -> dict[str, Json]:
    """A rule as JSON, the words for each node, and where the API finds it wrong."""
    rule = with_defaults(tree) if spelled_out else msgspec.to_builtins(tree)
    words: dict[str, Json] = {path: to_text(node) for path, _, node in placed(tree)}
    return {"rule": rule, "words": words, "problems": _problems(rule)}


def _problems(rule: Json) -> list[Json]:
    try:
        read_rule(rule, DefinitionParams())
    except InvalidDefinitionError as error:
        return [problem.path for problem in error.problems]
    return []


def _damaged(rng: random.Random, trees: list[Rule]) -> Iterator[dict[str, Json]]:
    """Rules in which one thing is changed for another, is missing or too many."""
    for _ in range(DAMAGED):
        rule = msgspec.to_builtins(rng.choice(trees))
        _damage(rng, rule)
        yield {"rule": rule, "problems": _problems(rule)}


def _damage(rng: random.Random, rule: Any) -> None:
    spots = list(_spots(rule))
    holder, key = rng.choice(spots)
    act = rng.random()
    if act < 0.5:
        holder[key] = rng.choice(_ODD)
    elif act < 0.75:
        del holder[key]
    elif isinstance(holder, dict):
        holder[rng.choice(("extra", "of", "name", "__proto__"))] = rng.choice(_ODD)
    else:
        holder.insert(key, rng.choice(_ODD))


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a JSON value: what holds it, and its key there."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _spots(value[key])


def _length(text: str) -> int | None:
    try:
        return span_ms(text)
    except ValueError:
        return None


def _lines(entries: list[Json]) -> str:
    return ",\n".join(_line(entry) for entry in entries)


def _line(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    PATH.write_text(document())
