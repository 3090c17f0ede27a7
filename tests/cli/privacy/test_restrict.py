"""``stratum privacy restrict``, ``release`` and ``object``: what they ask for and show."""

import psycopg

from config.settings import Settings
from tests.cli.privacy.conftest import Run, requests


def test_a_person_is_restricted_and_released(run: Run, settings: Settings) -> None:
    said = run("restrict", "email=mary@example.com", "-r", "case 116", "--evidence", "letter 4711")
    (request,) = requests(settings)
    assert f"request {request['id']} is requested; its command is restriction-" in said.output
    assert "case 116" in run("requests", "--kind", "restriction").output

    run("release", "email=mary@example.com", "-r", "case 116, corrected")
    shown = run("show", requests(settings)[1]["id"]).output
    assert "1 identifier\n" in shown
    assert ", release\n" in shown


def test_a_release_of_nobody_restricted_says_so(run: Run) -> None:
    assert "not restricted" in run("release", "user_id=mary", "-r", "case 116", code=2).output


def test_an_objection_names_purposes_or_every_one(run: Run, settings: Settings) -> None:
    run("object", "user_id=mary", "-r", "case 117")
    run("object", "user_id=mary", "-r", "case 118", "--purpose", "advertising")

    first, second = (one["id"] for one in requests(settings))
    assert ", objection to *" in run("show", first).output
    assert ", objection to advertising" in run("show", second).output
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE privacy_requests SET completed_at = now()")
    assert "taken in at" in run("show", first).output
