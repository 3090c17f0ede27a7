"""``stratum privacy``: from the preview to the proof, and what it says where something is wrong."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app as stratum
from cli.privacy import waiting
from config.settings import Settings
from domain.privacy.data_map import PLACES
from tests.api.privacy.conftest import Hand
from tests.cli.privacy.conftest import Run, requests


def test_a_preview_shows_masks_and_no_values(run: Run) -> None:
    said = run("preview", "email=Mary@Example.com").output

    assert "email m…@e…, user_id m…" in said
    assert "mary" not in said.lower()


@pytest.mark.parametrize("typed", ["m...@e...", "m…@e…"])
def test_a_person_is_erased_once_somebody_types_the_mask(
    run: Run, settings: Settings, typed: str
) -> None:
    said = run("erase", "user_id=mary", "-r", "case 114", typed=f"{typed}\n").output

    (request,) = requests(settings)
    assert f"request {request['id']} is requested" in said


def test_nobody_is_erased_where_something_else_is_typed(run: Run, settings: Settings) -> None:
    said = run("erase", "user_id=mary", "-r", "case 114", typed="yes\n", code=1).output

    assert "Nothing was erased." in said
    assert requests(settings) == []


def test_a_request_is_listed_and_shown(run: Run, settings: Settings, hand: Hand) -> None:
    run("erase", "user_id=mary", "-r", "case 114", "--yes", "--afterwards", "refuse")
    (request,) = requests(settings)
    number = request["id"]

    assert "case 114" in run("requests", "--status", "requested").output
    assert "case 114" not in run("requests", "--overdue").output
    assert f"request {number}: requested" in run("show", number).output
    assert f"request {number}: requested" in run("retry", number).output
    hand.process(request)
    hand.complete(request)
    said = run("show", number).output
    assert "removed at" in said
    assert "dead_letters" in said
    assert "nothing to send" in run("retry", number, code=2).output


def test_waiting_shows_the_steps_and_ends_with_the_last_one(
    run: Run, settings: Settings, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter((hand.process, hand.complete))
    monkeypatch.setattr(waiting, "sleep", lambda _: next(looks)(requests(settings)[0]))

    said = run("erase", "user_id=mary", "-r", "case 114", "--yes", "--wait").output

    assert "the engine removed 3 identifiers, 4 events" in said
    assert said.index("the engine removed") < said.index("2026-03-02 10:00 neighbours 1 rows")


def test_waiting_in_vain_ends_with_code_1(run: Run) -> None:
    arguments = ("erase", "user_id=mary", "-r", "case 114", "--yes", "--wait", "--wait-limit", 0.1)
    assert "is not completed yet" in run(*arguments, code=1).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("preview", "mary"), "a person is a profile id"),
        (("preview", "user_id=nobody"), "There is no such profile."),
        (("erase", "user_id=mary", "-r", "x", "--yes"), "It shows too little"),
        (("show", 7), "There is no such request."),
        (("receipt", 7), "There is no such request."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    run: Run, arguments: tuple[object, ...], said: str
) -> None:
    output = run(*arguments, code=2).output
    assert said in " ".join(output.replace("│", " ").split())


def test_the_map_is_printed_without_a_server() -> None:
    result = CliRunner().invoke(stratum, ["privacy", "map", "--json"])

    assert result.exit_code == 0
    assert len(json.loads(result.output)) == len(PLACES)
    assert CliRunner().invoke(stratum, ["privacy", "map"]).exit_code == 0


def test_a_law_is_named_and_its_time_extended_once(run: Run, settings: Settings) -> None:
    run("erase", "user_id=mary", "-r", "case 116", "--yes", "--regulation", "ccpa")
    (request,) = requests(settings)
    number = request["id"]
    assert "(ccpa)" in run("show", number).output

    said = run("extend", number, "-r", "several archives have to be searched").output

    assert "several archives" in said
    assert "extended before" in run("extend", number, "-r", "once more", code=2).output
    unknown = run("access", "user_id=mary", "-r", "case", "--regulation", "pipeda", code=2).output
    assert "gdpr, ccpa" in unknown
