"""The command line: quick help, one clear sentence for every expected failure, commands that find
the running stack."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.failures import sentence
from config.settings import Settings
from local.servers import claim
from local.stack.running import ADDRESSES, LOCK
from sources.log.positions import Session
from store.errors import StoreUnavailable
from tests.conftest import TestWorkspace

pytestmark = pytest.mark.servers

_COMMANDS = (
    "up", "demo", "engine", "api", "migrate", "replay", "verify", "segments", "traits", "lag",
    "dead-letters", "simulate", "keys",
)  # fmt: skip


def _stratum(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STRATUM_")}
    argv = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(
        argv,
        cwd=cwd,
        env={**clean, "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def addressed(settings: Settings) -> dict[str, str]:
    return {
        "STRATUM_POSTGRES__DSN": json.dumps(settings.postgres.dsn.get_secret_value()),
        "STRATUM_REDIS__URL": json.dumps(settings.redis.url.get_secret_value()),
    }


def test_help_lists_every_command_without_importing_any(tmp_path: Path) -> None:
    program = "import sys, runpy; sys.argv = ['stratum', '--help']\n"
    program += "try: runpy.run_module('cli.main', run_name='__main__')\n"
    program += (
        "except SystemExit: print([name for name in ('psycopg', 'fastapi', 'bytewax', 'redis') if"
        " name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert all(f" {command} " in shown for command in _COMMANDS)
    assert shown.strip().endswith("[]")


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help_that_needs_no_stack(tmp_path: Path, command: str) -> None:
    told = _stratum(command, "--help", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert f"Usage: stratum {command}" in told.stdout


def test_a_wrong_setting_is_told_in_one_sentence(tmp_path: Path) -> None:
    told = _stratum("up", cwd=tmp_path, STRATUM_SERVER__PORT="many")
    assert told.returncode == 2
    assert told.stderr.startswith("Error: the configuration does not hold:\n  server.port: ")
    assert "Traceback" not in told.stderr


def test_a_command_without_a_stack_says_how_to_get_one(tmp_path: Path) -> None:
    told = _stratum("keys", "list", cwd=tmp_path)
    assert told.returncode == 2
    assert re.fullmatch(
        r"Error: no stack runs in .* and postgres\.dsn is not set: run `stratum up` .*\n",
        told.stderr,
    )


def test_a_refused_connection_is_told_in_one_sentence(tmp_path: Path) -> None:
    told = _stratum(
        "keys", "list", cwd=tmp_path, STRATUM_POSTGRES__DSN="postgresql://nobody@127.0.0.1:1/none"
    )
    assert told.returncode == 2
    assert told.stderr.startswith("Error: Postgres does not answer: ")
    assert told.stderr.count("\n") == 1


def test_a_database_that_goes_while_the_lag_is_read_is_told_in_one_sentence() -> None:
    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect("postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(StoreUnavailable) as found:
        Session(connect).run(lambda _: None)
    said = sentence(found.value)
    assert said is not None
    assert said.startswith("Postgres does not answer: connection failed")


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path, addressed: dict[str, str]) -> None:
    told = _stratum("api", cwd=tmp_path, STRATUM_SERVER__HOST="203.0.113.1", **addressed)
    assert told.returncode == 2
    assert (
        told.stderr == "Error: cannot listen on 203.0.113.1:8080: Cannot assign requested address\n"
    )


def test_migrating_a_current_database_changes_nothing(
    tmp_path: Path, addressed: dict[str, str]
) -> None:
    assert _stratum("migrate", cwd=tmp_path, **addressed).stdout == "the schema is current\n"


def test_keys_are_made_listed_and_revoked(
    tmp_path: Path, addressed: dict[str, str], workspace: TestWorkspace
) -> None:
    assert workspace.id
    made = _stratum("keys", "create", "dashboard", "--scope", "read", cwd=tmp_path, **addressed)
    assert re.fullmatch(r"API key: [\w-]{43}\n", made.stdout)
    assert "dashboard" in _stratum("keys", "list", cwd=tmp_path, **addressed).stdout
    assert _stratum("keys", "revoke", "2", cwd=tmp_path, **addressed).stdout == "key 2 is revoked\n"
    again = _stratum("keys", "revoke", "2", cwd=tmp_path, **addressed)
    assert again.returncode == 2
    assert "has no working key 2" in again.stderr


def test_workspaces_and_sources_are_added_once(tmp_path: Path, addressed: dict[str, str]) -> None:
    assert _stratum("keys", "workspace", "shop", cwd=tmp_path, **addressed).returncode == 0
    made = _stratum("keys", "source", "web", "--workspace", "shop", cwd=tmp_path, **addressed)
    assert re.fullmatch(r"write key: [\w-]{43}\n", made.stdout)
    assert (
        "there is a source web already"
        in _stratum(
            "keys", "source", "web", "--workspace", "shop", cwd=tmp_path, **addressed
        ).stderr
    )
    assert (
        "there is a workspace shop already"
        in _stratum("keys", "workspace", "shop", cwd=tmp_path, **addressed).stderr
    )
    assert (
        "there is no workspace"
        in _stratum(
            "keys", "source", "web", "--workspace", "none", cwd=tmp_path, **addressed
        ).stderr
    )


def test_commands_find_the_stack_that_runs_in_the_folder(
    tmp_path: Path, addressed: dict[str, str]
) -> None:
    folder = tmp_path / ".stratum"
    folder.mkdir()
    (folder / ADDRESSES).write_text(json.dumps(addressed))
    held = claim.take(folder / LOCK)
    assert held is not None
    try:
        assert _stratum("migrate", cwd=tmp_path).stdout == "the schema is current\n"
    finally:
        os.close(held)
    assert _stratum("migrate", cwd=tmp_path).returncode == 2
