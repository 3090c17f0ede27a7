"""``stratum consent``: the history of a person's consent as a table."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from api.app import create_app
from cli.main import app as stratum
from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.support.serving import serving_api

AT_MS = 1_790_000_000_000
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, engine: Engine, workspace: TestWorkspace) -> Iterator[Run]:
    """Runs a command over the API; Mary allowed advertising, and took it back."""
    for at_ms, granted in ((AT_MS, True), (AT_MS + 1_000, False)):
        context = {"consent": {"categoryPreferences": {"advertising": granted}, "version": "v7"}}
        traits = {"email": "mary@example.com"}
        engine.feed(engine.event("identify", "mary", at_ms, traits=traits, context=context))
    with serving_api(create_app(settings)) as url:

        def invoke(*arguments: object, code: int = 0) -> Result:
            command = ["consent", *map(str, arguments), "--url", url]
            result = CliRunner().invoke(stratum, [*command, "--api-key", workspace.api_key])
            assert result.exit_code == code, result.output
            return result

        yield invoke


@pytest.mark.parametrize("person", ["email=Mary@Example.com", "user_id=mary"])
def test_a_history_shows_changes_and_what_counts(run: Run, person: str) -> None:
    said = run("history", person).output

    assert "newest" in said
    assert "v7" in said
    assert said.index("refused") < said.index("granted")
    assert said == run("history", person, "--all", "--purpose", "advertising").output


def test_consent_is_granted_and_withdrawn_through_the_log(run: Run) -> None:
    because = ("-r", "asked on the phone")
    assert "consent-" in run("withdraw", "user_id=mary", "advertising", *because).output
    granted = ("grant", "user_id=mary", "advertising", *because, "--evidence", "form 4711")
    at = ("--stated-at", "2026-01-01T00:00:00Z", "--version", "v7")
    assert "is in the log" in run(*granted, *at).output


def test_what_cannot_be_stated_says_why(run: Run) -> None:
    because = ("-r", "asked on the phone")
    said = run("withdraw", "user_id=mary", "sms", *because, code=2).output
    assert "advertising" in said
    assert "evidence" in run("grant", "user_id=mary", "advertising", *because, code=2).output
    assert "shows too little" in run("withdraw", "user_id=mary", "a", "-r", "", code=2).output


def test_whoever_is_not_there_or_is_not_named_is_refused(run: Run) -> None:
    assert "no such" in run("history", "user_id=nobody", code=2).output.lower()
    assert "a person is" in run("history", "mary", code=2).output
