"""Words that come in tables: none may lack a text on the page."""

import json
import re
from pathlib import Path

from domain.gate import Code
from tests.dashboard import runbook

_SOURCE = Path(__file__).parents[2] / "dashboard" / "src"
_CODES = _SOURCE / "trust" / "codes.ts"
_NAVIGATION = _SOURCE / "features" / "frame" / "navigation.ts"
_BY_COMMAND = {"resting", "engine", "log", "test"}
"""Alerts about processes and servers: no page of the dashboard helps."""


def test_every_reason_of_the_gate_has_a_text() -> None:
    table = _CODES.read_text().split("export const CODES", 1)[1].split("\n};", 1)[0]
    written = set(re.findall(r"^  (\w+): \{", table, re.MULTILINE))
    assert written == {code.value for code in Code}


def test_alerts_show_the_runbook_as_it_is_written() -> None:
    assert runbook.WRITTEN.read_text() == runbook.written(), "run python -m tests.dashboard.runbook"


def test_every_kind_of_alert_has_a_section_to_show() -> None:
    kinds = {"signal", "gate", "push", "withdrawal", "privacy", "dead_letters", "anomaly", "engine"}
    assert kinds <= set(json.loads(runbook.WRITTEN.read_text()))


def test_the_runbook_says_on_which_page_to_look_and_to_act() -> None:
    pages = set(re.findall(r'name: "([^"]+)", to: ', _NAVIGATION.read_text()))
    sections = re.split(r"^## ", runbook.RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    texts = {name.strip(): text for name, _, text in (one.partition("\n") for one in sections)}
    silent = {
        kind
        for kind, text in texts.items()
        if not pages & set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text))
    }
    assert silent == _BY_COMMAND
    said = re.findall(
        r"\*([^*]+)\* on the dashboard|(?:under|page) \*([^*]+)\*", runbook.RUNBOOK.read_text()
    )
    assert {one or other for one, other in said} <= pages
