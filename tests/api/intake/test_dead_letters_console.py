"""``stratum dead-letters``."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from cli.intake.dead_letters import app
from config.settings import Settings
from tests.api.conftest import Tenant


@pytest.fixture
def stratum(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command as the console would."""
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", settings.postgres.dsn.get_secret_value())
    monkeypatch.setenv("STRATUM_REDIS__URL", settings.redis.url.get_secret_value())
    monkeypatch.setenv("STRATUM_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, exit_code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result

    return run


def test_letters_are_listed_and_shown(tenant: Tenant, stratum: Callable[..., Result]) -> None:
    tenant.feed(tenant.event("track", userId="u1"), tenant.event("boom", userId="u2"))

    listed = stratum("list").stdout
    narrowed = stratum("list", "--reason", "unknown_type").stdout
    shown = stratum("show", "1").stdout

    assert "missing_event" in listed
    assert "unknown_type" in listed
    assert "missing_event" not in narrowed
    assert "A track call needs `event`." in shown
    assert '"userId":"u1"' in shown
    assert stratum("show", "1", "--raw").stdout.startswith('{"stratum":1,')
    stratum("show", "99", exit_code=2)
    stratum("list", "--reason", "whim", exit_code=2)


def test_a_retry_drives_all_that_match_or_just_the_named_ones(
    tenant: Tenant, stratum: Callable[..., Result], drain: Callable[[], list[bytes]]
) -> None:
    tenant.feed(
        *(tenant.event("track", userId=f"u{number}") for number in range(4)),
        tenant.event("boom", userId="u2"),
    )

    assert "1 in the log again" in stratum("retry", "2").stdout
    assert "3 in the log again" in stratum("retry", "--all", "--reason", "missing_event").stdout
    assert "4 in the log again" in stratum("retry", "--all", "--status", "retrying").stdout
    assert len(drain()) == 8
    stratum("retry", exit_code=2)
