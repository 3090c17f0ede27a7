"""``stratum export``: a file that is whole or continued, and sentences where the server says no."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from api.app import create_app
from cli.export.client import ExportClient
from cli.main import app as stratum
from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.support.exporting import writer
from tests.support.serving import serving_api

AT_MS = 1_790_000_000_000


@pytest.fixture
def url(settings: Settings, engine: Engine) -> Iterator[str]:
    """The API over people, and a thread that writes exports as upkeep does."""
    consent = {"consent": {"categoryPreferences": {"advertising": True}}}
    for number in range(50):
        traits = {"plan": "pro", "email": f"u{number}@example.com"}
        engine.feed(
            engine.event(
                "track",
                f"u{number}",
                AT_MS + number,
                event="Order Completed",
                properties={"revenue": 5},
                context=consent | {"traits": traits},
            )
        )
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
            while not stop.wait(0.01):
                writer(settings).run_once(conn)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with serving_api(create_app(settings)) as address:
            yield address
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def run(url: str, workspace: TestWorkspace) -> Callable[..., Result]:
    def invoke(*arguments: object, code: int = 0) -> Result:
        command = ["export", *map(str, arguments), "--url", url, "--api-key", workspace.api_key]
        result = CliRunner().invoke(stratum, command)
        assert result.exit_code == code, result.output
        return result

    return invoke


def test_segment_becomes_a_file(run: Callable[..., Result], tmp_path: Path) -> None:
    out = tmp_path / "people.csv"

    result = run(
        "consented_customers",
        "-o",
        out,
        "--columns",
        "trait.plan,identifier.email,last.Order Completed,revenue",
    )

    lines = out.read_text().splitlines()
    assert (
        lines[0]
        == "id,stage,first_seen_at,last_seen_at,orders,identifier.email,trait.plan,last.Order"
        " Completed,revenue"
    )
    assert len(lines) == 51
    assert "50 people" in result.output
    assert [path.name for path in tmp_path.glob("people*")] == ["people.csv"]


def test_download_that_broke_off_goes_on(
    url: str, workspace: TestWorkspace, tmp_path: Path
) -> None:
    out, ranges = tmp_path / "people.ndjson", []

    def note(request: httpx.Request) -> None:
        ranges.append(request.headers.get("range"))

    headers = {"authorization": f"Bearer {workspace.api_key}"}
    with httpx.Client(
        base_url=url, headers=headers, event_hooks={"request": [note]}, timeout=30
    ) as http:
        client = ExportClient(http, lambda *_: None)
        body: dict[str, Any] = {
            "format": "ndjson",
            "segment_id": client.segment("consented_customers"),
        }
        client.save(body, out)
        whole = out.read_bytes()
        out.unlink()
        export = http.get("/cdp/exports").json()["items"][0]["id"]
        (tmp_path / "people.ndjson.part").write_bytes(whole[:1000])
        (tmp_path / "people.ndjson.part.json").write_text(
            json.dumps({"export": export, "request": body})
        )
        ranges.clear()

        view = client.save(body, out)

    assert view["id"] == export
    assert [each for each in ranges if each] == ["bytes=1000-"]
    assert out.read_bytes() == whole


def test_another_request_for_the_same_file_begins_anew(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "people.csv"
    (tmp_path / "people.csv.part").write_bytes(b"old")
    (tmp_path / "people.csv.part.json").write_text(json.dumps({"export": 1, "request": {}}))

    run("consented_customers", "-o", out)

    assert out.read_bytes().startswith(b"id,stage")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody", "-o", "x.csv"), "there is no segment nobody"),
        (("consented_customers", "-o", "x.csv", "--purpose", "none"), "takes a reason"),
        (("consented_customers", "-o", "x.csv", "--columns", "plan"), "plan is no column"),
        (("consented_customers", "-o", "x.csv", "--columns", "computed.nothing"), "nothing"),
    ],
)
def test_refusals_are_one_sentence(
    run: Callable[..., Result], arguments: tuple[str, ...], told: str
) -> None:
    assert told in run(*arguments, code=2).output
