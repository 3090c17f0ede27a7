"""The runbook has a section for every kind of alert, and a row for every reason of the gate."""

import ast
import re
from pathlib import Path

import pytest

from domain.gate import Code
from domain.intake.log_refusal import LogRefusal

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
SECTIONS = re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)
CONDITIONS = [ast.parse(path.read_text()) for path in (ROOT / "store/alerts").glob("*.py")]
KINDS = {
    str(call.args[1].value)
    for tree in CONDITIONS
    for call in ast.walk(tree)
    if isinstance(call, ast.Call)
    and isinstance(call.func, ast.Name)
    and call.func.id == "Condition"
    and isinstance(call.args[1], ast.Constant)
}


def test_every_kind_of_alert_has_a_section_where_its_link_leads() -> None:
    assert len(KINDS) >= 7
    assert {section.partition("\n")[0] for section in SECTIONS[1:]} == KINDS | {"test"}


@pytest.mark.parametrize("code", Code)
def test_every_reason_of_the_gate_is_explained(code: Code) -> None:
    (gate,) = (section for section in SECTIONS if section.startswith("gate\n"))
    rows = [
        line
        for line in gate.splitlines()
        if line.startswith("|") and f"`{code.value}`" in line.split("|")[1]
    ]
    assert len(rows) == 1


@pytest.mark.parametrize("reason", LogRefusal)
def test_every_reason_of_the_log_is_explained(reason: LogRefusal) -> None:
    (log,) = (section for section in SECTIONS if section.startswith("log\n"))
    rows = [
        line
        for line in log.splitlines()
        if line.startswith("|") and f"`{reason.value}`" in line.split("|")[1]
    ]
    assert len(rows) == 1


def test_every_kind_is_listed_with_its_severity() -> None:
    alerts = (ROOT / "docs/alerts.md").read_text()
    assert [kind for kind in KINDS if f"\n| `{kind}` |" not in alerts] == []
