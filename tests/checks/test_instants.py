"""Conversions of instants stand in `domain/instants.py` and nowhere else in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
HOME: Final = "domain/instants.py"
ROOMS: Final = (
    "api", "cli", "config", "dataflows", "domain", "faultlab", "local", "operators", "oracle",
    "sinks", "sources", "store",
)  # fmt: skip
UNITS: Final = {60_000, 3_600_000, 86_400_000, 604_800_000}
NAMES: Final = {"EPOCH", "MS", "SECOND_MS", "MINUTE_MS", "HOUR_MS", "DAY_MS", "WEEK_MS"}
EDGES: Final = {"LAG_EDGES_MS", "DELAY_EDGES_MS"}
"""Tables of numbers, in which the unit of one would say less than the row does."""


def _called(node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return None


def _fault(node: ast.AST, oracle: bool) -> str | None:  # noqa: PLR0911 - one return per rule
    match node:
        case ast.Call(func=ast.Attribute(attr="fromtimestamp" | "utcfromtimestamp")):
            return "utc(at_ms)"
        case ast.BinOp(left=left, right=right) if "timestamp" in {_called(left), _called(right)}:
            return "to_ms(at)"
        case ast.Call(func=ast.Name(id="int" | "round"), args=[argument, *_]) if (
            _called(argument) == "timestamp"
        ):
            return "to_ms(at)"
        case ast.Call(args=[ast.Constant(value=1970), *_]) if _called(node) in {"date", "datetime"}:
            return "EPOCH"
        case ast.BinOp(left=left, right=right) if not oracle and "EPOCH" in {
            getattr(left, "id", None),
            getattr(right, "id", None),
        }:
            return "utc(at_ms) or to_ms(at)"
        case ast.Call(keywords=[ast.keyword(arg="milliseconds", value=value)]) if _called(
            node
        ) == "timedelta" and not (isinstance(value, ast.Constant) and value.value != 1):
            return "MS, or span_ms * MS"
        case ast.Constant(value=int(number)) if number in UNITS:
            return "MINUTE_MS, HOUR_MS, DAY_MS or WEEK_MS"
        case ast.Name(id=name, ctx=ast.Store()) if name.removeprefix("_") in NAMES:
            return f"import {name.removeprefix('_')}"
    return None


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what counts: neither tables of edges nor the API's examples."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) if name in EDGES:
            return
        case ast.keyword(arg="json_schema_extra"):
            return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def faults(text: str, oracle: bool = False) -> list[str]:
    """Lines of a source that convert instants by themselves, each with what to write instead."""
    return [
        f"{getattr(node, 'lineno', 0)}: {said}"
        for node in _walk(ast.parse(text))
        if (said := _fault(node, oracle))
    ]


def test_no_source_converts_instants_by_itself() -> None:
    sources = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    assert len(sources) > 300
    names = {path.relative_to(ROOT).as_posix(): path for path in sources}
    found = [
        f"{name}:{fault}"
        for name, path in names.items()
        if name != HOME
        for fault in faults(path.read_text(), oracle=name.startswith("oracle/"))
    ]
    assert not found, "use domain.instants: " + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "at = datetime.fromtimestamp(at_ms / 1000, UTC)",
        "at_ms = int(at.timestamp() * 1000)",
        "at_ms = round(1000 * at.timestamp())",
        "at_s = int(at.timestamp())",
        "start = datetime(1970, 1, 1, tzinfo=UTC)",
        "at = EPOCH + timedelta(seconds=at_s)",
        "at_ms = (at - EPOCH) // MS",
        "span = timedelta(milliseconds=span_ms)",
        "tick = timedelta(milliseconds=1)",
        "minute = at_ms // 60_000",
        "_DAY_MS: Final = 24 * 3600 * 1000",
    ],
)
def test_a_conversion_of_its_own_is_found(line: str) -> None:
    assert faults(line)


@pytest.mark.parametrize(
    "line",
    [
        "kind, at_ms = message.timestamp()",
        "interval = timedelta(milliseconds=250)",
        "at_ms = to_ms(at) // MINUTE_MS * MINUTE_MS",
        "wait_ms = interval // MS",
        "_BLOCK_MS: Final = 15 * MINUTE_MS",
    ],
)
def test_spans_and_what_a_driver_calls_timestamp_are_no_conversion(line: str) -> None:
    assert not faults(line)
