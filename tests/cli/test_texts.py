"""Reasons and names on the command line obey the rules of the API."""

import pytest
import typer
from typer.testing import CliRunner

from cli import gate, keys
from cli.activation import audiences

UNREADABLE = (" ", "\u200b\u200b\u200b", "\x1b[31mred", "a\u202etxt.exe", "two\nlines")


@pytest.mark.parametrize(
    ("app", "arguments"),
    [
        (keys.app, ["create"]),
        (keys.app, ["source"]),
        (keys.app, ["workspace"]),
        (audiences.app, ["create", "customers", "meta"]),
        (gate.app, ["freeze", "--reason"]),
        (gate.app, ["advise", "--reason"]),
        (gate.app, ["enforce", "--reason"]),
        (gate.app, ["override", "stale", "--reason"]),
        (gate.app, ["release", "1", "--reason"]),
    ],
)
def test_what_nobody_can_read_is_refused(app: typer.Typer, arguments: list[str]) -> None:
    for text in UNREADABLE:
        told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, text])

        assert told.exit_code == 2, (text, told.output)
        assert "visible character" in told.output or "Leave out character" in told.output


@pytest.mark.parametrize(
    "arguments", [["confirm", "1"], ["approve", "override", "1"], ["revoke", "override", "1"]]
)
def test_an_optional_reason_is_none_or_can_be_read(arguments: list[str]) -> None:
    for text in UNREADABLE[1:]:
        told = CliRunner(env={"COLUMNS": "200"}).invoke(gate.app, [*arguments, "--reason", text])

        assert told.exit_code == 2, (text, told.output)
        assert "visible character" in told.output or "Leave out character" in told.output
