import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from cli.audit import app
from config.settings import Settings
from operators.audit import Entry, link_hash
from store.audit import trail
from tests.conftest import TestWorkspace


@pytest.fixture
def dsn(settings: Settings, workspace: TestWorkspace, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a few entries, which the command is pointed at."""
    dsn = settings.postgres.dsn.get_secret_value()
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", dsn)
    with psycopg.connect(dsn, autocommit=True) as conn:
        for number in range(3):
            trail.append(
                conn, workspace.id, "key:1", "request", f"audience:{number}", {"rows": number}
            )
    return dsn


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_a_whole_log_is_confirmed_with_its_newest_link(dsn: str) -> None:
    code, said = run("verify")
    assert code == 0
    assert "default: 5 entries, 0 problems, newest link 5:" in said

    anchor = said.strip().rsplit(" ", 1)[1]
    with psycopg.connect(dsn, autocommit=True) as conn:
        trail.append(conn, 1, "key:1", "request", "audience:9", {})
    assert run("verify", "-w", "default", "--anchor", anchor)[0] == 0


def test_tampering_is_named_and_ends_in_code_1(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE audit SET actor = 'key:2' WHERE subject = 'audience:1'")
    code, said = run("verify")
    assert code == 1
    assert "(link 4) is not what was recorded" in said
    assert "1 problems" in said


def test_a_cut_off_log_does_not_hold_the_anchor(dsn: str) -> None:
    anchor = run("verify")[1].strip().rsplit(" ", 1)[1]
    with psycopg.connect(dsn, autocommit=True) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("DELETE FROM audit WHERE subject = 'audience:2'")
        conn.execute("DELETE FROM audit_chain WHERE seq = 5")
    assert run("verify")[0] == 0, "nothing shows it from within"
    code, said = run("verify", "-w", "default", "--anchor", anchor)
    assert code == 1
    assert "not the one that the anchor was taken from" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "-w", "nobody"), "no workspace is called nobody"),
        (("verify", "-w", "default", "--anchor", "x"), "an anchor is a link's number and hash"),
        (("verify", "--anchor", "1:00"), "say whose chain it is"),
    ],
)
@pytest.mark.usefixtures("dsn")
def test_bad_input_gets_a_reason(arguments: tuple[str, ...], said: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert said in " ".join(output.replace("│", " ").split())


@pytest.mark.usefixtures("dsn")
def test_an_export_can_be_verified_without_the_database(tmp_path: Path) -> None:
    out = tmp_path / "audit.ndjson"
    assert run("export", "--out", str(out))[0] == 0

    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    previous = b""
    for line in lines:
        entry = Entry(
            line["id"],
            line["workspace_id"],
            line["at_us"],
            line["actor"],
            line["action"],
            line["subject"],
            line["detail"],
        )
        previous = link_hash(previous, line["seq"], entry)
        assert previous.hex() == line["hash"]
