"""``stratum audiences`` and ``stratum platforms``: made, asked for, paused, previewed, deleted,
checked."""

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from cli.activation import audiences, platforms
from config.settings import Settings
from tests.integration.activation.places import Place, listening

pytestmark = pytest.mark.usefixtures("workspace")
Run = Callable[..., Result]


@pytest.fixture
def place() -> Iterator[Place]:
    with listening("tiktok") as found:
        yield found


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    place: Place,
) -> Run:
    monkeypatch.setenv(
        "STRATUM_POSTGRES__DSN", json.dumps(settings.postgres.dsn.get_secret_value())
    )
    monkeypatch.setenv("STRATUM_REDIS__URL", json.dumps(settings.redis.url.get_secret_value()))
    monkeypatch.setenv("COLUMNS", "300")
    for key, value in place.settings.items():
        monkeypatch.setenv(f"STRATUM_TIKTOK__{key}".upper(), json.dumps(value))

    def invoke(command: str, *arguments: object, code: int = 0) -> Result:
        app = {"audiences": audiences.app, "platforms": platforms.app}[command]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return invoke


def test_audience_is_made_and_does_what_it_is_told(run: Run) -> None:
    assert (
        "VIPs on tiktok"
        in run(
            "audiences", "create", "consented_customers", "tiktok", "VIPs", "--interval", "0"
        ).output
    )
    said = [
        run("audiences", word, "VIPs").output
        for word in ("sync", "pause", "resume", "cancel", "reconcile", "preview", "show")
    ]

    assert "adds 0 and removes 0" in said[5]
    assert "the gate would hold: no signal feeds this audience yet" in said[5]
    assert "follows consented_customers; active" in said[6]
    assert "VIPs" in run("audiences", "list").output
    run("audiences", "delete", "VIPs")
    assert "deleting" in run("audiences", "list").output


def test_what_makes_no_sense_is_refused_in_a_sentence(run: Run) -> None:
    run("audiences", "create", "consented_customers", "tiktok", "VIPs")

    for arguments, said in (
        (("create", "consented_customers", "tiktok", "VIPs"), "of this name exists"),
        (("create", "consented_customers", "meta", "VIPs"), "meta is not connected"),
        (
            ("create", "consented_customers", "tiktok", "Others", "--interval", "60"),
            "interval lies between",
        ),
        (("sync", "nobody"), "there is no audience nobody"),
    ):
        assert said in " ".join(run("audiences", *arguments, code=2).output.split())


def test_check_tells_and_exits_by_the_result(run: Run, place: Place) -> None:
    assert "tiktok: ok" in run("platforms", "check").output
    place.fault("expired_token", "find")
    assert (
        "tiktok: reauth – Authorise the app again"
        in run("platforms", "check", "tiktok", code=1).output
    )
    listed = run("platforms").output
    assert "not configured" in listed
    assert "reauth" in listed
