"""Previews and RFM on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.segments import rfm, segments
from config.settings import Settings
from domain.segments.definition import RfmRule
from store.definitions.drafts import Author
from store.definitions.publish_rfm import publish_rfm
from tests.store.conftest import Engine

SEGMENT = {"name": "buyers", "rule": {"type": "event", "event": {"name": "Order Completed"}}}
pytestmark = pytest.mark.usefixtures("workspace")
Run = Callable[..., Result]


@pytest.fixture
def run(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    monkeypatch.setenv("STRATUM_QUERY__PREVIEW__DEADLINE", "PT30S")
    monkeypatch.setenv(
        "STRATUM_POSTGRES__DSN", json.dumps(settings.postgres.dsn.get_secret_value())
    )
    monkeypatch.setenv("COLUMNS", "200")
    return lambda app, *arguments: CliRunner().invoke(
        app, [str(argument) for argument in arguments]
    )


@pytest.fixture
def buyers(engine: Engine) -> Engine:
    now = engine.clock[0]
    engine.feed(
        *[
            engine.track(
                f"u{n}", "Order Completed" if n % 2 else "Page Seen", now - n * 1000, revenue=n
            )
            for n in range(6)
        ]
    )
    return engine


def file(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "segment.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.usefixtures("buyers")
def test_a_preview_tells_how_many_and_who(
    run: Run,
    tmp_path: Path,
) -> None:
    told = run(segments.app, "preview", file(tmp_path, SEGMENT))
    assert told.exit_code == 0, told.output
    assert "buyers: 3 of 6 people; everybody was evaluated" in told.output
    assert "user_id u3" in told.output
    assert "consented_customers" in told.output


@pytest.mark.usefixtures("buyers")
def test_a_preview_as_json_is_what_the_api_answers(
    run: Run,
    tmp_path: Path,
) -> None:
    told = run(segments.app, "preview", file(tmp_path, [SEGMENT, SEGMENT]), "--json")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["members"]["value"] for line in lines] == [3, 3]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"type": "event", "event": {"name": "x"}, "window": "9y"}, "$.rule.window"),
        ({"type": "segment", "segment": 99}, "$.segment"),
    ],
)
def test_a_rule_that_does_not_hold_is_told_with_its_path(
    run: Run, tmp_path: Path, rule: Any, path: str
) -> None:
    told = run(segments.app, "preview", file(tmp_path, {"name": "x", "rule": rule}))
    assert told.exit_code == 2
    assert path.removeprefix("$.rule") in told.output


def test_bounds_are_taken_at_once(run: Run, buyers: Engine) -> None:
    with buyers.conn.transaction():
        publish_rfm(buyers.conn, Author(buyers.workspace, "test"), RfmRule())
    assert run(rfm.app, "refresh").exit_code == 1
    buyers.sweep()
    told = run(rfm.app, "refresh")
    assert told.exit_code == 0, told.output
    assert "3 buyers, bounds exact" in told.output


def test_another_workspace_than_there_is_is_refused(run: Run) -> None:
    assert run(rfm.app, "refresh", "--workspace", "nowhere").exit_code == 2


def test_without_rfm_nothing_is_taken(run: Run, postgres_dsn: str) -> None:
    told = run(rfm.app, "refresh")
    assert told.exit_code == 1
    assert "no RFM is published" in told.output
    with psycopg.connect(postgres_dsn) as conn:
        assert conn.execute("SELECT count(*) FROM rfm").fetchone() == (0,)
