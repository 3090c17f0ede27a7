"""``stratum privacy verify``: what holds of a receipt, and what does not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app as stratum
from config.settings import Settings
from tests.api.privacy.conftest import Hand
from tests.cli.privacy.conftest import Run, requests


def verify(file: Path, code: int) -> str:
    result = CliRunner().invoke(stratum, ["privacy", "verify", str(file)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_receipt_holds(receipt: Path) -> None:
    said = verify(receipt, 0)

    assert "FAILS" not in said
    assert "records afterwards, identifiers, reason, requested_at, requested_by" in said
    assert "records events, identifiers, links, memberships, merges, processed_at" in said
    assert "merges, processed_at, recipients, steps" in said
    assert "the register says the same in every field" in said


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a JSON document that holds no further ones."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
    else:
        yield path


def other(value: Any) -> Any:
    """Another value of the same kind, as near as can be."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 1
    if value in {"new", "removed", "completed", "erase", "neighbours"}:
        return {"new": "refuse", "removed": "left_before", "completed": "processing"}.get(
            value, f"{value}d"
        )
    return value.replace("2026", "2027", 1) if "2026" in value else f"{value[:-1]}0"[::-1]


def test_no_field_of_a_receipt_can_be_changed(receipt: Path) -> None:
    whole = json.loads(receipt.read_text())
    free = {("issued_at",)}
    held = []
    for path in places(whole):
        document = json.loads(receipt.read_text())
        inner = document
        for part in path[:-1]:
            inner = inner[part]
        if path in free or inner[path[-1]] == other(inner[path[-1]]):
            continue
        inner[path[-1]] = other(inner[path[-1]])
        receipt.write_text(json.dumps(document))
        result = CliRunner().invoke(stratum, ["privacy", "verify", str(receipt)])
        assert isinstance(result.exception, SystemExit | None)
        if result.exit_code == 0:
            held.append((path, inner[path[-1]]))
        receipt.write_text(json.dumps(whole))

    assert held == []


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_a_receipt_without_one_of_its_entries_does_not_hold(receipt: Path, left_out: int) -> None:
    document = json.loads(receipt.read_text())
    del document["audit"][left_out]
    receipt.write_text(json.dumps(document))

    assert "the receipt lacks the entry" in verify(receipt, 1)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE audit SET detail = detail || '{\"events\": 5}' WHERE action LIKE 'erasure.p%'",
            "says something else in the audit log: detail",
        ),
        ("DELETE FROM audit WHERE action = 'erase'", "is not in the audit log"),
        (
            "DELETE FROM audit_chain WHERE seq = (SELECT max(seq) FROM audit_chain)",
            "is not in the audit log",
        ),
        (
            "UPDATE audit SET actor = 'key:9' WHERE id = 1",
            "is not what was recorded",
        ),
        ("UPDATE erasures SET events = 5", "removed.events: the register says 5"),
        ("DELETE FROM erasure_recipients", "recipients: the register says"),
        ("UPDATE erasures SET steps = '{}'", "steps[0].at: the register says"),
        ("UPDATE audiences SET name = 'Others'", "recipients[0].audience: the register says"),
        ("DELETE FROM privacy_requests", "the register has no such erasure"),
    ],
)
def test_what_was_changed_in_the_database_does_not_hold(
    receipt: Path, settings: Settings, statement: str, said: str
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement.encode())

    assert said in verify(receipt, 1)


def test_a_chain_that_was_written_anew_does_not_hold(receipt: Path, settings: Settings) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(
            "UPDATE audit SET detail = detail || '{\"events\": 5}' WHERE action ="
            " 'erasure.processed'"
        )
        conn.execute("UPDATE erasures SET events = 5")
        conn.execute("DELETE FROM audit_chain")
        rows = conn.execute("SELECT id FROM audit ORDER BY id").fetchall()
        for place, (number,) in enumerate(rows, 1):
            conn.execute(
                "INSERT INTO audit_chain SELECT a.workspace_id, %(seq)s, a.id, audit_hash(coalesce("
                "(SELECT hash FROM audit_chain WHERE seq = %(seq)s - 1), ''), %(seq)s, a)"
                " FROM audit a WHERE a.id = %(id)s",
                {"seq": place, "id": number},
            )

    assert "not the one that the anchor was taken from" in verify(receipt, 1)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": "x"}', "\x00", '{"a":' * 2_000, "\ud800"]
)
@pytest.mark.usefixtures("url")
def test_what_is_no_receipt_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(content, errors="surrogatepass")

    assert "it is no receipt of an erasure" in " ".join(verify(file, 2).split())


def test_a_receipt_of_another_database_is_told(receipt: Path) -> None:
    document = json.loads(receipt.read_text())
    receipt.write_text(json.dumps(document | {"workspace": "elsewhere"}))

    assert "the database has no such workspace" in verify(receipt, 1)


def test_a_receipt_of_an_erasure_under_way_holds_when_it_is_done(
    run: Run, settings: Settings, hand: Hand, tmp_path: Path
) -> None:
    run("erase", "user_id=mary", "-r", "case 114", "--yes")
    (request,) = requests(settings)
    number = request["id"]
    assert "there is no receipt" in run("receipt", number, code=2).output
    hand.process(request)
    early = tmp_path / "early.json"
    run("receipt", number, "-o", early)
    hand.complete(request, at="2100-01-01T00:00:00+00:00")

    said = verify(early, 0)

    assert "status: since then completed" in said
