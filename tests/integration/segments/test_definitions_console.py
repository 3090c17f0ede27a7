"""Definitions as people use them: at the console and over HTTP, each command a process of its own,
with an engine beside them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import Live, order, running

FILE = """
- kind: segment
  name: loyal
  description: Two orders or more within a year.
  rule:
    type: all
    of:
      - {type: event, event: {name: Order Completed}, window: 365d,\
 condition: {op: at_least, value: 2}}
      - {type: not, of: {type: trait, name: plan, condition: {op: equals, value: staff}}}
"""


def console(live: Live, *arguments: str, code: int = 0) -> str:
    """Run one command; answers what it prints, or its errors where it should fail."""
    environment = {**os.environ, **live.environment, "COLUMNS": "200"}
    command = [sys.executable, "-m", "cli.main", *arguments]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == code, ended.stderr
    return ended.stderr if code else ended.stdout


def test_a_file_becomes_a_previewed_and_then_a_live_segment(
    settings: Settings, workspace: TestWorkspace, tmp_path: Path
) -> None:
    with running(settings, workspace) as live:
        live.start()
        live.send(
            *(order(person, 20, 1 + number) for person in range(30) for number in range(person % 4))
        )
        live.send({"type": "identify", "userId": "user-3", "traits": {"plan": "staff"}})
        live.settle()
        expected = {f"user-{person}" for person in range(30) if person % 4 >= 2} - {"user-3"}
        file = tmp_path / "loyal.yaml"
        file.write_text(FILE.replace("at_least, value: 2", "at_least, value: two"))
        problem = console(live, "segments", "apply", str(file), code=2)
        assert f"{file}: loyal: $.of[0].condition.value: " in problem
        file.write_text(FILE)
        previewed = json.loads(console(live, "segments", "preview", "--json", str(file)))
        assert previewed["members"] == {
            "value": len(expected),
            "low": len(expected),
            "high": len(expected),
        }
        assert live.rows("SELECT count(*) FROM segments") == [(1,)], "a preview saves nothing"
        assert "version 1 is saved" in console(live, "segments", "apply", str(file))
        ((segment,),) = live.rows("SELECT id FROM segments WHERE name = 'loyal'")
        assert live.members(segment) == set()
        told = console(live, "segments", "publish", "loyal", "--wait")
        assert "0 memberships stale" in told
        assert live.members(segment) == expected
        members = live.api.everything(f"/cdp/segments/{segment}/members", limit=5)
        assert {member["version"] for member in members} == {1}
        assert len(members) == len(expected)
        ((person,),) = live.rows("SELECT profile_id FROM identifiers WHERE value = 'user-3'")
        why = live.api.get(f"/cdp/profiles/{person}/segments/{segment}/why")
        assert why["member"] is why["member_stored"] is False
        bought, other = why["why"]["of"]
        (staff,) = other["of"]
        assert (bought["holds"], bought["value"], bought["events_total"], bought["decides"]) == (
            True,
            3,
            3,
            False,
        )
        assert (other["holds"], staff["holds"], staff["value"], staff["decides"]) == (
            False,
            True,
            "staff",
            True,
        )
        console(live, "verify")
        console(live, "segments", "delete", "loyal", "--wait")
        assert live.members(segment) == set()
        console(live, "verify")


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({"type": "event", "event": {"name": "a"}, "window": "3y"}, "$.any[0].window"),
        ({"type": "event", "event": {"name": "a"}, "measure": "sum"}, "$.any[0].property"),
        (
            {"type": "trait", "name": "age", "condition": {"op": "between", "low": 1}},
            "$.any[0].condition.high",
        ),
        (
            {
                "type": "sequence",
                "steps": [{"event": {"name": "a"}}, {"event": {"name": "b"}, "absent": True}],
            },
            "$.any[0].steps[1].within",
        ),
        (
            {
                "type": "event",
                "event": {"name": "a", "where": [{"property": "p", "condition": {"op": "like"}}]},
            },
            "$.any[0].event.where[0].condition.op",
        ),
        ({"type": "segment", "segment": 99}, "$.any[0].segment"),
        ({"type": "computed", "name": "missing", "condition": {"op": "exists"}}, "$.any[0].name"),
    ],
)
def test_a_wrong_rule_is_told_with_the_exact_path_and_becomes_nothing(
    settings: Settings, workspace: TestWorkspace, node: dict[str, Any], path: str
) -> None:
    with running(settings, workspace) as live:
        rule = {
            "type": "all",
            "of": [{"type": "all", "of": []}, {"type": "not", "of": {"type": "any", "of": [node]}}],
        }
        problem = live.api.post("/cdp/segments/validate", {"rule": rule}, 422)
        assert [error["field"] for error in problem["errors"]] == [
            path.replace("$.any", "$.of[1].of.of")
        ]
        assert live.api.http.post(
            "/cdp/segments", json={"name": "wrong", "rule": rule}
        ).status_code in (201, 422)
        drafts = live.rows("SELECT id FROM segments WHERE name = 'wrong'")
        # What depends on other definitions may be saved, and is not published.
        for (draft,) in drafts:
            live.api.post(f"/cdp/segments/{draft}/publish", expect=422)
        assert live.rows(
            "SELECT count(*) FROM segments WHERE name = 'wrong' AND status <> 'draft'"
        ) == [(0,)]
        assert live.rows("SELECT count(*) FROM sweeps WHERE status = 'running'") == [(0,)]
