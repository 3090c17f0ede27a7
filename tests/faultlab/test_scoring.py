"""The scorer, against histories small enough to be scored by hand."""

from datetime import timedelta

import pytest

from domain.gate import Verdict
from faultlab.engine import GateSample
from faultlab.scoring import Holds, Outcome, Result, added, judge, score_holds, together, verdict_at

MINUTE = 60_000
EVERY, PHASE = timedelta(minutes=10), timedelta(minutes=4)


def looks(spelled: str, start: int = 0) -> list[GateSample]:
    """One look per minute: ``.`` passes, ``h`` holds, ``b`` blocks."""
    verdicts = {".": Verdict.PASS, "h": Verdict.HOLD, "b": Verdict.BLOCK}
    return [
        GateSample(
            (start + minute) * MINUTE,
            verdicts[letter],
            None,
            "" if letter == "." else f"why {minute}",
        )
        for minute, letter in enumerate(spelled)
    ]


def judged(spelled: str, onset: int, until: int) -> Outcome:
    return judge(looks(spelled), onset * MINUTE, until * MINUTE, EVERY, PHASE)


def test_a_fault_is_found_by_the_first_look_after_its_onset_that_does_not_pass() -> None:
    # Onset at minute 5, held from minute 8 on: 3 minutes. Pushes at 9 and 19, both held.
    assert judged("........" + "h" * 20, 5, 25) == Outcome(Result.FOUND, 180.0, 0, 0, "why 8")


def test_pushes_before_the_fault_is_found_and_after_it_are_told_apart() -> None:
    # Pushes at 9 (passes, not found yet), 19 (held), 29 (passes again).
    assert judged("." * 15 + "hhhhhh" + "." * 14, 5, 35) == Outcome(
        Result.FOUND, 600.0, 1, 1, "why 15"
    )


def test_a_fault_that_nothing_holds_is_missed_and_lets_every_push_through() -> None:
    assert judged("." * 40, 5, 35) == Outcome(Result.MISSED, None, 3, 0, "")


def test_what_was_held_before_the_onset_is_blind_and_not_found() -> None:
    assert judged("..hhh" + "h" * 30, 5, 25).result is Result.BLIND


def test_a_hold_that_ended_before_the_onset_finds_nothing() -> None:
    assert judged(".hhh." + "." * 30, 5, 25).result is Result.MISSED


def test_a_hold_that_begins_when_the_fault_is_over_finds_nothing() -> None:
    assert judged("." * 25 + "hhh", 5, 25).result is Result.MISSED


def test_a_verdict_holds_until_the_next_look_and_nothing_passes_before_the_first() -> None:
    told = looks(".h.", start=10)
    assert [verdict_at(told, minute * MINUTE + 1) for minute in (9, 10, 11, 12, 99)] == [
        Verdict.HOLD, Verdict.PASS, Verdict.HOLD, Verdict.PASS, Verdict.PASS,
    ]  # fmt: skip


def test_each_run_of_held_looks_is_one_episode_and_lasts_until_the_next_pass() -> None:
    # Two runs: minutes 3–5 (3 minutes) and 8 (1 minute); a change from hold to block begins no new
    # one.
    assert score_holds(looks("...hbh..h..."), 0, 12 * MINUTE) == Holds(
        2, 4 * MINUTE, 12 * MINUTE, ("why 3", "why 8")
    )


def test_an_episode_that_had_begun_before_counts_and_one_that_does_not_end_lasts_to_the_end() -> (
    None
):
    assert score_holds(looks(".hh.....hh"), 2 * MINUTE, 20 * MINUTE) == Holds(
        2, (1 + 12) * MINUTE, 18 * MINUTE, ("why 2", "why 8")
    )


def test_what_is_held_all_the_time_is_one_episode_and_the_whole_time() -> None:
    told = score_holds(looks("h" * 60), 0, 60 * MINUTE)
    assert (told.episodes, told.share) == (1, 1.0)


def test_stretches_add_up_to_episodes_per_month() -> None:
    day = 24 * 60 * MINUTE
    both = added([Holds(1, day // 2, 10 * day, ("a",)), Holds(2, 0, 20 * day, ("b", "c"))])
    assert both.per_month == 3.0
    assert both.share == pytest.approx(1 / 60)
    assert both.reasons == ("a", "b", "c")


def test_scores_of_several_histories() -> None:
    score = together(
        [
            Outcome(Result.FOUND, 60.0, 1, 0, ""),
            Outcome(Result.FOUND, 120.0, 0, 2, ""),
            Outcome(Result.MISSED, None, 9, 0, ""),
            Outcome(Result.BLIND, None, 0, 0, ""),
        ]
    )
    assert (
        score.recall,
        score.blind,
        score.delay_s,
        score.worst_s,
        score.let_before,
        score.let_after,
    ) == (0.5, 1, 90.0, 120.0, 10, 2)


def test_nothing_found_has_no_delay() -> None:
    assert together([Outcome(Result.MISSED, None, 1, 0, "")]).delay_s is None
