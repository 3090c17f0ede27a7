"""The recipe for an operator of rules holds: three files, and everything else follows."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.long

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("api", "config", "domain", "operators", "oracle", "sinks", "sources", "store")

CHANGES: Final = {
    "domain/segments/conditions.py": (
        "Condition = (\n",
        """\
class SpelledLike(_Condition, frozen=True, tag="spelled_like"):
    '''A text equal to this one, whatever the case of its letters.'''

    example = {"value": "pro"}
    value: Text


Condition = (
    SpelledLike |
""",
    ),
    "operators/rules/operators.py": (
        "OPERATORS: Final[dict[type, Operator]] = {\n",
        """\
def _spelled_like(condition: conditions.SpelledLike) -> Test:
    text = condition.value.casefold()
    return lambda value: isinstance(value, str) and value.casefold() == text


OPERATORS: Final[dict[type, Operator]] = {
    conditions.SpelledLike: Operator("is spelled like {value}", _spelled_like),
""",
    ),
    "oracle/conditions.py": (
        "        case conditions.Exists():\n            return value is not None\n",
        """\
        case conditions.Exists():
            return value is not None
        case conditions.SpelledLike(value=text):
            return isinstance(value, str) and value.casefold() == text.casefold()
""",
    ),
}
"""File → a text of it, and what that is replaced by."""

CHECK: Final = """
import sys
from pathlib import Path
from pydantic import TypeAdapter, ValidationError
import domain
assert Path(domain.__file__).is_relative_to(sys.argv[1])
from api.segments import rules_schemas
from api.segments.rule_checks import checked_rule
from api.web.problems import problem_of
from domain.ids import WorkspaceId
from domain.segments.definition import WorkspaceDefinitions
from domain.segments.event_filter import Where
from domain.segments.rule import decode_rule, encode_rule
from operators.rules.conditions import tester
from operators.rules.describe import to_text
from operators.rules.references import DefinitionParams
from operators.segments.compile_rules import Compiler
from oracle.conditions import satisfies
from store.definitions.errors import InvalidDefinitionError
from store.segments.occurrences import trace_of

PARAMS = DefinitionParams()
LIKE = {"op": "spelled_like", "value": "Pro"}

def read(document):
    return checked_rule(TypeAdapter(rules_schemas.Rule).validate_python(document), PARAMS)

def problems(document):
    try:
        read(document)
    except ValidationError as error:
        return [problem_of(item, item["loc"], document).path for item in error.errors()]
    except InvalidDefinitionError as error:
        return [problem.path for problem in error.problems]
    return []

found = read({"type": "trait", "name": "plan", "condition": LIKE})
assert decode_rule(encode_rule(found)) == found
assert to_text(found) == "the trait plan is spelled like “Pro”"
wrong = {"type": "trait", "name": "plan", "condition": LIKE | {"value": 1}}
assert problems(wrong) == ["$.condition.value"]
assert problems({"type": "event", "event": {"name": "x"}, "condition": LIKE}) == ["$.condition.op"]
assert "SpelledLike" in TypeAdapter(rules_schemas.Rule).json_schema()["$defs"]
assert trace_of(Where("plan", found.condition)) == b'%"plan"%'
assert Compiler(WorkspaceDefinitions(WorkspaceId(1))).compile(found).rule is found
test = tester(found.condition, "UTC")
for value, expected in (("PRO", True), ("pro", True), ("free", False), (1, False), (None, False)):
    assert test(value) is satisfies(found.condition, value, 0, "UTC") is expected
"""


def test_an_operator_needs_three_files(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignored)
    for name, (old, new) in CHANGES.items():
        text = (tmp_path / name).read_text()
        assert text.count(old) == 1, name
        (tmp_path / name).write_text(text.replace(old, new))
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
