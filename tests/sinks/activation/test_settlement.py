"""What follows from a platform's answer, case by case."""

import pytest

from sinks.activation.destination import LOST
from sinks.activation.settlement import (
    Accept,
    Confirm,
    Fail,
    Lost,
    Postpone,
    RefuseRows,
    Settlement,
    settlement,
)
from sinks.ads.outcomes import Accepted, Delivered, Outcome, Rejected, Retry, Written
from sinks.http.retry import RetryParams
from store.activation.requests import OpenRequest

ROWS = 3
PARAMS = RetryParams(attempts=4)
GIVEN_UP = "No success in 4 attempts; the next push tries again."


def half() -> float:
    return 0.5


def request(kind: str = "scheduled", attempts: int = 0) -> OpenRequest:
    return OpenRequest(1, 1, 1, 1, kind, "add", attempts)


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        (Written(rows=3, invalid=1), Confirm(1)),
        (Accepted(3, "r", 1.5), Accept("r", 1_500)),
        (Retry("busy"), Postpone("busy", 500)),
        (Retry("throttled", 30), Postpone("throttled", 30_500)),
        (Rejected("x", "400/BAD", rows=(0, 2)), RefuseRows(frozenset({0, 2}), "refused:bad")),
        (Rejected("invalid", rows=(1,)), RefuseRows(frozenset({1}), "refused:invalid")),
        (Rejected("invalid", "400", "look"), Fail("invalid", "400", "look")),
        (Rejected(LOST, advice="gone"), Lost("gone")),
    ],
)
def test_each_answer_has_one_consequence(outcome: Outcome, wanted: Settlement) -> None:
    assert settlement(request(), ROWS, outcome, PARAMS, half) == wanted


def test_places_that_are_no_rows_of_the_request_give_it_up() -> None:
    rejected = Rejected("invalid", "400", "look", rows=(0, 3))
    assert settlement(request(), ROWS, rejected, PARAMS, half) == Fail("invalid", "400", "look")


def test_a_push_is_given_up_after_its_last_attempt() -> None:
    found = settlement(request(attempts=3), ROWS, Retry("busy"), PARAMS, half)
    assert found == Fail("busy", "", GIVEN_UP)


@pytest.mark.parametrize("kind", ["urgent", "delete"])
def test_what_takes_people_off_is_never_given_up(kind: str) -> None:
    found = settlement(request(kind, attempts=30), ROWS, Retry("busy"), PARAMS, half)
    assert isinstance(found, Postpone)


@pytest.mark.parametrize(
    ("outcome", "word", "reason"),
    [
        (Delivered(), "delivered", ""),
        (Accepted(3, "r", 1.5), "delivered", ""),
        (Retry("busy"), "retry", "busy"),
        (Rejected("invalid", rows=(0,)), "retry", "rows_refused"),
        (Rejected("terms"), "rejected", "terms"),
        (Rejected(LOST), "rejected", LOST),
    ],
)
def test_the_consequence_has_the_public_word_and_reason(
    outcome: Outcome, word: str, reason: str
) -> None:
    found = settlement(request(), ROWS, outcome, PARAMS, half)
    assert (found.outcome, found.reason) == (word, reason)


def test_only_a_wait_draws_from_chance() -> None:
    for outcome in (Delivered(), Accepted(3, "r", 1.5), Rejected("terms"), Rejected(LOST)):
        settlement(request(), ROWS, outcome, PARAMS, iter(()).__next__)
