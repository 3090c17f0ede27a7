"""``stratum privacy access``: from the request to the file, and what it says without one."""

from pathlib import Path

import pytest

from cli.privacy import waiting
from config.exports import archive_files
from config.settings import Settings
from tests.cli.privacy.conftest import Run
from tests.support.archives import Archive, write_archives


def test_an_archive_is_waited_for_and_downloaded(
    run: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "sleep", lambda _: write_archives(settings))
    out = tmp_path / "mary.zip"

    said = run("access", "email=Mary@Example.com", "-r", "case 115", "-o", out).output

    assert "request 1 is requested" in said
    assert "request 1: ready" in said
    assert "identifiers" in said
    assert f"{out}: " in said.replace("\n", "")
    assert out.stat().st_mode & 0o777 == 0o600
    assert len(Archive(out.read_bytes()).rows("events")) == 1


def test_a_request_is_entered_and_listed_by_kind(run: Run, settings: Settings) -> None:
    assert "request 1 is requested" in run("access", "user_id=mary", "-r", "case 115").output
    run("erase", "user_id=mary", "-r", "case 114", "--yes")
    listed = run("requests", "--kind", "access").output
    assert ("115" in listed, "114" in listed) == (True, False)
    assert "Error: Request 1 asks" in run("access", "user_id=mary", "-r", "again", code=2).output
    assert "requested" in run("link", 1, code=2).output
    write_archives(settings)
    assert "/cdp/privacy/download/" in run("link", 1).output
    assert "access" in run("show", 1).output


def test_waiting_in_vain_ends_with_code_1(run: Run, tmp_path: Path) -> None:
    arguments = ("access", "user_id=mary", "-r", "case 115", "--wait", "--wait-limit", 0.1)
    assert "request 1 is requested" in run(*arguments, code=1).output
    assert list(tmp_path.glob("*.zip")) == []


def test_a_file_that_cannot_be_written_is_noticed_before_anybody_is_asked_for(run: Run) -> None:
    said = run("access", "user_id=mary", "-r", "case 115", "-o", "/nowhere/x.zip", code=2).output
    assert "folder is not there" in " ".join(said.replace("│", " ").split())
    assert "no such request" in run("show", 1, code=2).output


def test_a_failed_archive_is_asked_for_again(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive_files(settings).directory
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    monkeypatch.setattr(waiting, "sleep", lambda _: write_archives(settings))
    said = run("access", "user_id=mary", "-r", "case 115", "--wait", code=1).output
    assert "request 1 is failed" in said
    folder.unlink()
    assert "disk" in run("show", 1).output
    assert "request 1: requested" in run("retry", 1).output
