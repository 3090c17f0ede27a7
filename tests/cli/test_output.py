"""A terminal obeys nothing that is stored, whatever command prints it."""

import ast
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import typer
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

import cli
from cli import alerts, gate, keys
from cli.activation import audiences
from cli.intake import dead_letters
from cli.output import Screen, echo, echo_bytes, print_table
from cli.segments import segments
from config.settings import Settings
from tests.conftest import TestWorkspace

ROOM: Final = Path(cli.__file__).parent
WRITERS: Final = {ROOM / "output.py", ROOM / "logs.py"}
"""What writes to the terminal itself."""
EVIL: Final = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202e[link=http://e.com]x[/link][/]\r\n:smile:"
SPELLED: Final = (
    "\\u001b[31mred\\u001b]0;title\\u0007\\u009b2J\\u202e[link=http://e.com]x[/link][/]"
    "\\u000d\\u000a:smile:"
)


def written_past(tree: ast.AST) -> Iterator[str]:
    """What writes to the terminal and does not spell out."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called, named = ast.unparse(node.func), {each.arg for each in node.keywords}
        if (
            called in {"print", "typer.echo", "typer.secho", "Console", "get_console"}
            or called.startswith(("sys.stdout.write", "sys.stderr.write"))
            or (called in {"Live", "Progress"} and "console" not in named)
            or (called == "TextColumn" and "{" in ast.unparse(node) and "markup" not in named)
        ):
            yield f"{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize(
    "path",
    sorted(set(ROOM.rglob("*.py")) - WRITERS),
    ids=lambda path: str(path.relative_to(ROOM)),
)
def test_commands_write_by_what_spells_out(path: Path) -> None:
    assert list(written_past(ast.parse(path.read_text()))) == []


def safe(shown: str) -> bool:
    """Whether a terminal obeys nothing of it, and what was stored is seen."""
    plain = shown.replace("\n", "")
    return plain.isprintable() and "u001b[31mred" in plain


def test_lines_tables_and_rich_texts_are_spelled_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    echo(EVIL)
    print_table("name", rows=[[EVIL], [None]])
    Screen().print(EVIL)
    Screen(markup=True, soft_wrap=True).print("\x1b[31mred", style="bold")

    shown = capsys.readouterr().out

    assert safe(shown)
    assert shown.startswith(f"{SPELLED}\n")
    assert shown.count(SPELLED) == 2
    assert shown.count("[link=http://e.com]x[/link][/]") == 3


def test_a_terminal_shows_bytes_as_a_text_and_a_pipe_gets_them(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    echo_bytes(b"\x1b[31m\xff")
    assert capfdbinary.readouterr().out == b"\x1b[31m\xff\n"

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    echo_bytes(b"\x1b[31m\xff")
    assert terminal.getvalue() == "\\u001b[31m\\xff\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., str]:
    """Runs a command; answers what it printed."""
    dsn = json.dumps(settings.postgres.dsn.get_secret_value())
    monkeypatch.setenv("STRATUM_POSTGRES__DSN", dsn)
    monkeypatch.setenv("COLUMNS", "400")

    def invoke(app: typer.Typer, *arguments: object) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def insert(conn: psycopg.Connection[Any], table: str, **values: Any) -> int:
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    sql = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"
    row = conn.execute(sql.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def test_what_is_stored_is_spelled_out_by_the_commands_that_list_it(
    run: Callable[..., str], workspace: TestWorkspace, postgres_dsn: str
) -> None:
    at = "2026-03-01T00:00:00Z"
    with psycopg.connect(postgres_dsn) as conn:
        own = {"workspace_id": workspace.id}
        insert(conn, "api_keys", **own, name=EVIL, key_hash=b"x" * 32, scopes=["read"])
        segment = insert(conn, "segments", **own, name=EVIL, description=EVIL, definition=Jsonb({}))
        audience = insert(
            conn, "audiences", **own, segment_id=segment, platform="meta", name=EVIL,
            account_id="1", interval_s=0,
        )  # fmt: skip
        conn.execute(
            "INSERT INTO gate_modes (workspace_id, scope, mode, reason, author, set_at)"
            " VALUES (%s, 'workspace', 'frozen', %s, 'key:1', now())",
            (workspace.id, EVIL),
        )
        alert = insert(
            conn, "alerts", **own, dedup_key="k", key="k", kind="signal", severity="info",
            worst="info", summary=EVIL, opened_at=at, changed_at=at,
            members=Jsonb(["\x1b[31mred"]),
        )  # fmt: skip

    for app, *arguments in (
        (keys.app, "list"),
        (segments.app, "list"),
        (audiences.app, "list"),
        (audiences.app, "show", audience),
        (gate.app, "show"),
        (alerts.app, "list"),
        (alerts.app, "show", alert),
    ):
        assert safe(run(app, *arguments)), arguments


def test_a_dead_letter_is_spelled_out(
    run: Callable[..., str], workspace: TestWorkspace, postgres_dsn: str
) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        letter = insert(
            conn, "dead_letters", workspace_id=workspace.id, log="l", partition=0, position=1,
            index=0, reason="malformed_json", detail="\x1b[31mred", payload=EVIL.encode(),
            received_at="2026-03-01T00:00:00Z", recorded_at="2026-03-01T00:00:00Z",
        )  # fmt: skip

    assert safe(run(dead_letters.app, "list"))
    assert safe(run(dead_letters.app, "show", letter))
