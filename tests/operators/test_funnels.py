"""Best attempts, against an oracle that tries every choice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.funnels.breakdown import Kind, break_down
from operators.funnels.funnel import (
    Attempts,
    Occurrences,
    StepFigures,
    Took,
    best_attempts,
    figures,
    some,
)

History = list[list[tuple[int, int]]]
"""Per step: (person, instant)."""


def columns(history: History) -> list[Occurrences]:
    return [
        Occurrences(
            np.array([person for person, _ in step], np.int64),
            np.array([at for _, at in step], np.int64),
        )
        for step in history
    ]


def chains(
    history: History, person: int, chain: tuple[int, ...], window: int
) -> list[tuple[int, ...]]:
    """Every way in which a person's attempt can continue."""
    found = [chain]
    if len(chain) < len(history):
        for who, at in history[len(chain)]:
            if who == person and at > chain[-1] and at - chain[0] <= window:
                found += chains(history, person, (*chain, at), window)
    return found


def naive(history: History, window: int) -> dict[int, tuple[int, ...]]:
    """Furthest, then the earliest beginning, then each step as early as can be."""
    best = {}
    for person in {who for who, _ in history[0]}:
        every = [
            chain
            for who, at in history[0]
            if who == person
            for chain in chains(history, person, (at,), window)
        ]
        best[person] = min(every, key=lambda chain: (-len(chain), chain))
    return best


def as_dict(attempts: Attempts) -> dict[int, tuple[int, ...]]:
    rows = zip(attempts.person, attempts.reached, attempts.at_ms, strict=True)
    return {int(person): tuple(map(int, at[:reached])) for person, reached, at in rows}


occurrences = st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 25)), max_size=9)


@given(st.lists(occurrences, min_size=1, max_size=5), st.integers(1, 30))
def test_nobody_gets_further_or_begins_earlier_than_trying_everything_finds(
    history: History, window: int
) -> None:
    attempts = best_attempts(columns(history), window)

    assert as_dict(attempts) == naive(history, window)
    assert all(a < b for a, b in pairwise(attempts.person))
    assert [history[0][start] for start in attempts.start] == [
        (person, at) for person, at in zip(attempts.person, attempts.at_ms[:, 0], strict=True)
    ]


@given(st.lists(occurrences, min_size=2, max_size=4), st.integers(1, 30), st.randoms())
def test_the_order_of_the_input_changes_nothing(
    history: History, window: int, random: object
) -> None:
    shuffled = [sorted(step, key=lambda _: random.random()) for step in history]  # type: ignore[attr-defined]

    assert as_dict(best_attempts(columns(shuffled), window)) == as_dict(
        best_attempts(columns(history), window)
    )


def test_a_step_at_the_window_s_end_counts_but_not_one_at_the_instant_of_the_step_before() -> None:
    history = [[(0, 0), (1, 0), (2, 0)], [(0, 10), (1, 11), (2, 0)]]

    assert as_dict(best_attempts(columns(history), 10)) == {0: (0, 10), 1: (0,), 2: (0,)}


def test_the_window_counts_from_the_first_step_and_a_later_attempt_may_get_further() -> None:
    history = [[(0, 0), (0, 8)], [(0, 9)], [(0, 15)]]

    assert as_dict(best_attempts(columns(history), 10)) == {0: (8, 9, 15)}


def test_among_beginnings_at_one_instant_the_first_in_the_input_is_taken() -> None:
    assert best_attempts(columns([[(0, 5), (0, 5)], [(0, 6)]]), 10).start.tolist() == [0]


def test_figures_say_people_conversion_drop_off_and_times() -> None:
    history = [
        [(person, 0) for person in range(10)],
        [(person, person + 1) for person in range(5)],
        [],
    ]

    first, second, third = figures(best_attempts(columns(history), 100))

    assert first == StepFigures(10, 1.0, 1.0, 0)
    assert second == StepFigures(5, 0.5, 0.5, 5, Took(3, 5, 3.0), Took(3, 5, 3.0))
    assert third == StepFigures(0, 0.0, 0.0, 5)


def test_a_funnel_that_nobody_enters_has_no_shares() -> None:
    assert figures(best_attempts(columns([[], [(0, 1)]]), 10)) == (
        StepFigures(0, None, None, 0),
        StepFigures(0, None, None, 0),
    )


def test_times_that_do_not_fit_on_one_line_are_refused() -> None:
    with pytest.raises(ValueError, match="too many people"):
        best_attempts(columns([[(2**30, 2**40)], [(0, 0)]]), 1)


def test_people_are_grouped_by_typed_values_with_the_most_common_first() -> None:
    values = [
        "pro",
        1,
        1.0,
        True,
        None,
        "pro",
        "pro",
        10**400,
        1e300,
        {"b": 1, "a": 2},
        {"a": 2, "b": 1},
    ]

    groups = break_down(values, 3)

    assert [(group.kind, group.value, group.rows.tolist()) for group in groups] == [
        (Kind.VALUE, "pro", [0, 5, 6]),
        (Kind.VALUE, 1, [1, 2]),
        (Kind.VALUE, {"b": 1, "a": 2}, [9, 10]),
        (Kind.OTHER, None, [3, 7, 8]),
        (Kind.MISSING, None, [4]),
    ]


@given(
    st.lists(
        st.one_of(st.none(), st.integers(0, 5), st.sampled_from(["a", "b"]), st.booleans()),
        max_size=30,
    ),
    st.integers(1, 4),
)
def test_groups_cover_everybody_once(values: list[object], limit: int) -> None:
    rows = [row for group in break_down(values, limit) for row in group.rows.tolist()]

    assert sorted(rows) == list(range(len(values)))


def test_the_figures_of_groups_add_up() -> None:
    history = [
        [(person, person) for person in range(6)],
        [(person, person + 1) for person in range(0, 6, 2)],
    ]
    attempts = best_attempts(columns(history), 5)

    parts = [
        figures(some(attempts, group.rows))[1].people for group in break_down([0, 1, 0, 1, 2, 1], 2)
    ]

    assert sum(parts) == figures(attempts)[1].people == 3
