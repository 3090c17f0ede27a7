"""The API over one person, commands that ask it, and the engine's hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from api.app import create_app
from cli.main import app as stratum
from config.settings import Settings
from tests.api.privacy.conftest import Hand
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.support.serving import serving_api

AT_MS = 1_790_000_000_000
Run = Callable[..., Result]


@pytest.fixture
def url(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The API over one person, and a database that `verify` is pointed at."""
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", settings.postgres.dsn.get_secret_value())
    traits = {"email": "mary@example.com"}
    engine.feed(engine.event("identify", "mary", AT_MS, traits=traits))
    with serving_api(create_app(settings)) as address:
        yield address


@pytest.fixture
def hand(settings: Settings, workspace: TestWorkspace) -> Hand:
    """The engine's hand."""
    return Hand(settings.postgres.dsn.get_secret_value(), workspace.id)


@pytest.fixture
def run(url: str, workspace: TestWorkspace) -> Run:
    """Runs a command over the API."""

    def invoke(*arguments: object, code: int = 0, typed: str | None = None) -> Result:
        command = ["privacy", *map(str, arguments), "--url", url, "--api-key", workspace.api_key]
        result = CliRunner().invoke(stratum, command, input=typed)
        assert result.exit_code == code, result.output
        return result

    return invoke


def requests(settings: Settings) -> list[dict[str, Any]]:
    """What the register has, as the hand takes it."""
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        rows = conn.execute("SELECT id, command FROM privacy_requests ORDER BY id").fetchall()
    return [{"id": row[0], "command": str(row[1])} for row in rows]


@pytest.fixture
def receipt(run: Run, settings: Settings, hand: Hand, tmp_path: Path) -> Path:
    """The receipt of an erasure that is completed."""
    run("erase", "user_id=mary", "-r", "case 114", "--yes")
    (request,) = requests(settings)
    audience = hand.audience("00000000-0000-0000-0000-000000000001")
    hand.process(request)
    hand.recipient(request, audience)
    hand.complete(request)
    out = tmp_path / "receipt.json"
    run("receipt", request["id"], "-o", out)
    return out
