"""``stratum gate``: what is said is told back, audited, and refused with a reason where it makes no
sense."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from cli import gate
from config.settings import Settings
from domain.instants import to_ms
from domain.signals.reading import Reading, Status
from store.signals.signals import write_readings
from tests.conftest import TestWorkspace

pytestmark = pytest.mark.usefixtures("workspace")
Run = Callable[..., str]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> Run:
    monkeypatch.setenv(
        "STRATUM_POSTGRES__DSN", json.dumps(settings.postgres.dsn.get_secret_value())
    )
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object, code: int = 0) -> str:
        result = CliRunner().invoke(gate.app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result.output

    return invoke


@pytest.fixture
def audience(postgres_dsn: str, workspace: TestWorkspace) -> int:
    with psycopg.connect(postgres_dsn) as conn:
        sql = (
            "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, 'all', %s)"
            " RETURNING id"
        )
        segment = conn.execute(sql, (workspace.id, Jsonb({}))).fetchone()
        sql = """
            INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)
            VALUES (%s, %s, 'meta', 'All', '1', 3600) RETURNING id
        """
        row = conn.execute(sql, (workspace.id, segment[0] if segment else 0)).fetchone()
        assert row is not None
        return int(row[0])


def test_a_gate_that_enforces_says_so(run: Run) -> None:
    assert "The gate enforces; nobody lets anything pass." in run("show")


def test_what_is_said_is_shown_until_it_is_taken_back(
    run: Run, audience: int, postgres_dsn: str
) -> None:
    assert "frozen" in run("freeze", "--reason", "moving house", "--scope", f"audience:{audience}")
    assert "holds for 2 h" in run(
        "override", "degraded", "stale", "--reason", "known", "--hours", 2
    )
    assert "covers the next push" in run("release", audience, "--reason", "checked")
    shown = run("show")
    assert all(
        text in shown
        for text in (
            "moving house",
            "when lifted",
            "degraded, stale",
            "whatever speaks against the next push",
        )
    )

    run("enforce", "--reason", "we are there", "--scope", f"audience:{audience}")
    run("revoke", "override", 1)
    run("revoke", "release", 1, "--reason", "no longer meant")
    assert "The gate enforces" in run("show")
    assert "no override 1 that holds" in run("revoke", "override", 1, code=2)
    with psycopg.connect(postgres_dsn) as conn:
        sql = "SELECT action, detail FROM audit WHERE action LIKE 'gate.%.revoke' ORDER BY id"
        assert conn.execute(sql).fetchall() == [
            ("gate.override.revoke", {}),
            ("gate.release.revoke", {"reason": "no longer meant"}),
        ]


def test_what_makes_no_sense_is_refused_with_a_reason(run: Run, audience: int) -> None:
    assert "within 168 hours" in run("advise", "--reason", "for ever", "--hours", 200, code=2)
    assert "cannot be overridden: frozen" in run("override", "frozen", "--reason", "let me", code=2)
    assert "no platform Meta: it is one of google, meta" in run(
        "freeze", "--scope", "platform:Meta", "--reason", "stop", code=2
    )
    assert "no audience 999" in run("release", 999, "--reason", "which", code=2)
    assert "somebody else has to approve it" in _after(run, audience)
    assert "NAME=VALUE" in run("rejudge", "healthy", code=2)
    assert "no such threshold: speed" in run("rejudge", "speed=1", code=2)


def _after(run: Run, audience: int) -> str:
    run("release", audience, "--reason", "checked")
    return run("approve", "release", 1, code=2)


def test_a_first_push_is_confirmed(run: Run, audience: int, postgres_dsn: str) -> None:
    run("confirm", audience)
    with psycopg.connect(postgres_dsn) as conn:
        assert conn.execute("SELECT confirmed_at IS NOT NULL FROM audiences").fetchone() == (True,)
        assert conn.execute(
            "SELECT count(*) FROM audit WHERE action = 'gate.confirm_first'"
        ).fetchone() == (1,)


def test_past_pushes_are_judged_anew(run: Run, workspace: TestWorkspace, postgres_dsn: str) -> None:
    at = datetime.now(UTC) - timedelta(minutes=10)
    at_ms = to_ms(at)
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        write_readings(
            conn,
            [
                Reading(workspace.id, "source:1", at_ms - age, 75.0, Status.HEALTHY, 90)
                for age in (2, 1, 0)
            ],
        )
        conn.execute(
            """
            INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict,
                automation, reasons, reading_ids, decided_at,
                                   depends_on)
            VALUES (%s, 'meta:1', 1, 'push', 'pass', 'execute', '[]', '{}', %s, '{source:1}')
            """,
            (workspace.id, at + timedelta(seconds=1)),
        )
    assert "1 decisions, 0 would differ" in run("rejudge")
    told = run("rejudge", "healthy=80")
    assert "1 decisions, 1 would differ" in told
    assert "source:1 is degraded (75)" in told
