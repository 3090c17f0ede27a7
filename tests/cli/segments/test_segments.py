"""``stratum segments`` and ``stratum traits``: files become definitions, problems name their place,
sweeps are watched."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.segments import segments, traits
from config.settings import Settings
from tests.conftest import TestWorkspace

VIPS = """
- name: vips
  description: The best.
  rule: {type: trait, name: plan, condition: {op: equals, value: vip}}
- kind: segment
  name: early
  purpose: email
  rule:
    type: all
    of:
      - {type: computed, name: orders, condition: {op: at_least, value: 2}}
      - {type: trait, name: since, condition: {op: before, instant: 2026-01-01}}
"""
ORDERS = (
    '{"kind": "trait", "name": "orders", "rule": {"function": "count", "event": {"name": "Order'
    ' Completed"}}}'
)

pytestmark = pytest.mark.usefixtures("workspace")
Run = Callable[..., Result]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> Run:
    monkeypatch.setenv(
        "STRATUM_POSTGRES__DSN", json.dumps(settings.postgres.dsn.get_secret_value())
    )
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(command: str, *arguments: object, code: int = 0) -> Result:
        app = {"segments": segments.app, "traits": traits.app}[command]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes files."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_files_become_live_definitions(run: Run, file: Callable[[str, str], Path]) -> None:
    run("traits", "apply", file("orders.json", ORDERS), "--publish")
    told = run("segments", "apply", file("vips.yaml", VIPS), "--publish", "--wait")
    assert "segment vips (2) version 1 is live" in told.stdout
    assert "0 memberships stale" in told.stdout
    listed = run("segments", "list").stdout
    assert [word in listed for word in ("consented_customers", "vips", "early", "live")] == [
        True
    ] * 4
    assert "orders" in run("traits", "list").stdout


def test_all_files_of_one_command_are_swept_once(
    run: Run, file: Callable[[str, str], Path], postgres_dsn: str
) -> None:
    run("traits", "apply", file("orders.json", ORDERS), "--publish")
    run("segments", "apply", file("vips.yaml", VIPS), "--publish")
    with psycopg.connect(postgres_dsn) as conn:
        found = conn.execute(
            "SELECT segments, reason FROM sweeps ORDER BY id DESC LIMIT 1"
        ).fetchone()
        assert conn.execute("SELECT count(*) FROM sweeps").fetchone() == (3,)
        assert found == ([2, 3], "segment.publish vips, segment.publish early")


def test_what_is_shown_can_be_applied_again(run: Run, file: Callable[[str, str], Path]) -> None:
    run("segments", "apply", file("vips.yaml", VIPS))
    shown = run("segments", "show", "vips").stdout
    assert json.loads(shown)["description"] == "The best."
    assert (
        "segment vips (2) version 1 is saved"
        in run("segments", "apply", file("again.json", shown)).stdout
    )
    changed = shown.replace('"vip"', '"pro"')
    assert "version 2 is saved" in run("segments", "apply", file("again.json", changed)).stdout
    assert json.loads(run("segments", "show", "2").stdout)["rule"]["condition"]["value"] == "pro"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "name: x\nrule: {type: event, event: {name: a}, window: 90}",
            "bad.yaml: x: $.window: A span is a whole number",
        ),
        ("name: x\nrule: {type: all, of: [{type: rfm}]}", "bad.yaml: x: $.of[0]: Bound recency"),
        (
            "name: x\nrule: {type: segment, segment: 99}",
            "bad.yaml: x: $.segment: There is no live segment 99",
        ),
        ("name: x", "bad.yaml: x: $.rule: This field is missing."),
        ("rule: {type: all, of: []}\ncolour: red", "$.colour: There is no such field here"),
        ("kind: trait\nname: x", "$.kind: kinds here are segment"),
        ("[", "bad.yaml: cannot be read"),
        ("5", "a definition is an object"),
    ],
)
def test_a_problem_names_the_file_and_the_place(
    run: Run, file: Callable[[str, str], Path], text: str, told: str
) -> None:
    assert told in run("segments", "apply", file("bad.yaml", text), "--publish", code=2).stderr


def test_one_bad_definition_leaves_all_unsaved(run: Run, file: Callable[[str, str], Path]) -> None:
    good = file("good.yaml", "name: good\nrule: {type: all, of: []}")
    run(
        "segments",
        "apply",
        good,
        file("bad.yaml", "name: bad\nrule: {type: segment, segment: 99}"),
        "--publish",
        code=2,
    )
    assert "good" not in run("segments", "list").stdout


def test_a_segment_is_paused_resumed_and_deleted(run: Run) -> None:
    for command, told in (("pause", "is paused"), ("resume", "is live"), ("delete", "is deleted")):
        assert told in run("segments", command, "consented_customers").stdout
    assert "consented_customers" not in run("segments", "list").stdout
    run("segments", "pause", "consented_customers", code=2)
    assert "Error: There is no such segment." in run("segments", "resume", "1", code=2).stderr


def test_a_trait_in_use_is_not_deleted(run: Run, file: Callable[[str, str], Path]) -> None:
    run("traits", "apply", file("orders.json", ORDERS), "--publish")
    run("segments", "apply", file("vips.yaml", VIPS), "--publish")
    assert "Segments use it: early." in run("traits", "delete", "orders", code=2).stderr
    run("segments", "delete", "early")
    run("traits", "delete", "orders")


def test_a_sweep_is_watched_to_its_end(
    run: Run, postgres_dsn: str, workspace: TestWorkspace
) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO profiles (id, workspace_id, version, stage, doc) VALUES"
            " (gen_random_uuid(), %s, 1, 'known', '')",
            (workspace.id,),
        )
        run("segments", "pause", "consented_customers")

        def finish() -> None:
            with psycopg.connect(postgres_dsn, autocommit=True) as other:
                other.execute(
                    "UPDATE sweeps SET status = 'done', visited = 1, stale = 0, finished_at = now()"
                    " WHERE status = 'running'"
                )

        timer = threading.Timer(0.3, finish)
        timer.start()
        told = run("segments", "progress")
        timer.join()
    assert "1 people visited, 0 changed, 0 memberships stale" in told.stdout


def test_what_is_done_is_audited_with_its_author(run: Run, postgres_dsn: str) -> None:
    run("segments", "pause", "consented_customers")
    with psycopg.connect(postgres_dsn) as conn:
        row = conn.execute("SELECT actor, action FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    assert row[0].startswith("console:")
    assert row[1] == "segment.pause"
