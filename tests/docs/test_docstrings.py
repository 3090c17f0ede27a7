"""What docstrings name under Args and Attributes is there, under that name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_ROOMS: Final = (
    "api", "benchmarks", "cli", "config", "dataflows", "domain", "faultlab", "local", "operators",
    "oracle", "sinks", "sources", "store",
)  # fmt: skip
_MODULES: Final = [path for room in _ROOMS for path in sorted((_ROOT / room).rglob("*.py"))]
_SECTION: Final = re.compile(r"^(?:Args|Attributes):\n((?:(?: +.*)?\n?)*)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^ {4}(\w+(?:, \w+)*):", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _documented(node: Function | ast.ClassDef) -> set[str]:
    sections = _SECTION.findall(ast.get_docstring(node) or "")
    return {
        name for text in sections for entry in _ENTRY.findall(text) for name in entry.split(", ")
    }


def _parameters(function: Function) -> Iterator[str]:
    for each in ast.walk(function.args):
        if isinstance(each, ast.arg):
            yield each.arg


def _members(owner: ast.ClassDef) -> Iterator[str]:
    """Fields, attributes and methods of a class, and what it is made of."""
    for each in owner.body:
        match each:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            yield from _parameters(each)
    for inner in ast.walk(owner):
        match inner:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def _there(node: Function | ast.ClassDef) -> Iterator[str]:
    return _members(node) if isinstance(node, ast.ClassDef) else _parameters(node)


def test_docstrings_name_what_is_there() -> None:
    unknown = [
        f"{path.relative_to(_ROOT)}:{node.lineno} {node.name}: {', '.join(sorted(names))}"
        for path in _MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function | ast.ClassDef)
        if (names := _documented(node) - {*_there(node)})
    ]
    assert unknown == []
