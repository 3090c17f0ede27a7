"""Writes `dashboard/src/rule/recipes.json`: the cookbook's segments, for the page to start from.

``make golden`` writes it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from domain.segments import rule as language
from domain.values import Json
from operators.rules.references import DefinitionParams, placed, traits_of, uses_rfm
from tests.support.rule_reading import read_rule

ROOT: Final = Path(__file__).parents[2]
PATH: Final = ROOT / "dashboard" / "src" / "rule" / "recipes.json"
_CHAPTER: Final = re.compile(r"^## Segments\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_RECIPE: Final = re.compile(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK: Final = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
_REFERENCE: Final = re.compile(r"here number (\d+), \*(.+?)\*")


def document() -> str:
    """The whole file."""
    return json.dumps(list(recipes()), indent=1, ensure_ascii=False) + "\n"


def recipes() -> Iterator[dict[str, Json]]:
    """Every recipe of the cookbook, in its order."""
    chapter = _CHAPTER.search((ROOT / "docs" / "cookbook.md").read_text())
    if chapter is None:
        raise ValueError("the cookbook has no chapter of segments")
    for found in _RECIPE.finditer(chapter[1]):
        yield _recipe(found[1], found[2])


def _recipe(title: str, body: str) -> dict[str, Json]:
    blocks: list[Any] = [json.loads(block) for block in _BLOCK.findall(body)]
    (rule,) = [block for block in blocks if "type" in block]
    tree = read_rule(rule, DefinitionParams())
    named = {int(number): name for number, name in _REFERENCE.findall(body)}
    used = traits_of(tree)
    segments: list[Json] = [
        {"path": f"{path}.segment", "name": named[node.segment]}
        for path, _, node in placed(tree)
        if isinstance(node, language.Member)
    ]
    needs: dict[str, Json] = {
        "segments": segments,
        "traits": [block for block in blocks if block.get("name") in used],
        "rfm": uses_rfm(tree),
    }
    return {"title": title, "text": _text(body), "rule": rule, "needs": needs}


def _text(body: str) -> str:
    """What a recipe is, in whole sentences: without those that only lead to a block."""
    text = " ".join(_REFERENCE.sub(r"“\2”", body.partition("```")[0]).split())
    return text[: text.rindex(".") + 1] if text.endswith(":") else text


if __name__ == "__main__":
    PATH.write_text(document())
