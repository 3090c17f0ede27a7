"""``stratum privacy retention``: shown, previewed, set once somebody agrees."""

import psycopg
import pytest

from config.settings import Settings
from tests.cli.privacy.conftest import Run
from tests.conftest import TestWorkspace

RETENTION = "retention"


@pytest.fixture
def letters(settings: Settings, workspace: TestWorkspace) -> None:
    """Three dead letters, two of them old."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        for position, days in enumerate((1, 100, 200)):
            conn.execute(
                "INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason,"
                " detail, payload, recorded_at)"
                " VALUES (%s, 'l', 0, %s, 0, 'bad_json', '', '',"
                " now() - make_interval(days => %s))",
                (workspace.id, position, days),
            )


def said_of(output: str, name: str) -> str:
    return next(line for line in output.splitlines() if name in line)


@pytest.mark.usefixtures("letters")
def test_a_policy_is_previewed_and_set(run: Run) -> None:
    assert "forever" in said_of(run(RETENTION, "show").output, "dead_letters")
    said = run(RETENTION, "preview", "dead_letters=90d").output
    assert "2 dead letters" in said_of(said, "dead_letters")
    said = run(RETENTION, "set", "dead_letters=90d", "-r", "a concept", typed="y\n").output
    assert "90d" in said_of(said, "dead_letters")
    said = run(RETENTION, "set", "exports=2y", "-r", "a concept", "--yes").output
    assert "90d" in said_of(said, "dead_letters"), "not named: as it was"
    run(RETENTION, "set", "exports=forever", "-r", "a concept")


@pytest.mark.usefixtures("letters")
def test_nothing_is_set_where_nobody_agrees(run: Run) -> None:
    run(RETENTION, "set", "dead_letters=90d", "-r", "a concept", typed="n\n", code=1)
    assert "forever" in said_of(run(RETENTION, "show").output, "dead_letters")


@pytest.mark.parametrize("change", ["dead_letters", "dead_letters=", "exports=0d", "exports=nan"])
def test_what_is_no_span_is_refused(run: Run, change: str) -> None:
    assert "name a class and a span" in run(RETENTION, "preview", change, code=2).output


def test_the_server_s_reasons_are_told(run: Run) -> None:
    said = run(RETENTION, "preview", "raw_events=400d", code=2).output
    assert "cannot be limited" in said
