"""The history of consent: changes of state, the statement in force, and that folding it gives what
the person's registers hold."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import MessageKey
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Register, later_consent
from domain.statement import OPERATOR_FORM, Statement, StatementState
from operators.profiles.consent import grants
from operators.profiles.consent_history import Because, Told, counts_for, in_force, runs

GRANTED, REFUSED, UNREADABLE = StatementState


def told(at_ms: int, state: StatementState, purpose: str = "ads", version: str = "") -> Told:
    key = MessageKey(bytes([at_ms % 256, len(purpose), list(StatementState).index(state)] * 6)[:16])
    return Told(at_ms, key, Statement(purpose, state, "form", version))


def folded(history: list[Told]) -> dict[str, Register]:
    registers: dict[str, Register] = {}
    for one in history:
        purpose = one.statement.purpose
        known = registers.get(purpose)
        registers[purpose] = one.register if known is None else later_consent(one.register, known)
    return registers


def test_repeated_statements_are_one_change_with_their_number_and_last_time() -> None:
    history = [told(at, GRANTED) for at in (1, 2, 3)] + [told(5, REFUSED), told(9, REFUSED)]
    refused, granted = runs(reversed(history), is_end=True)
    assert (refused.first.at_ms, refused.last.at_ms, refused.size) == (5, 9, 2)
    assert (granted.first.at_ms, granted.last.at_ms, granted.size) == (1, 3, 3)
    assert refused.is_whole
    assert granted.is_whole


def test_another_text_version_is_a_change() -> None:
    history = [told(1, GRANTED, version="1"), told(2, GRANTED, version="2")]
    assert [run.first.at_ms for run in runs(reversed(history), is_end=True)] == [2, 1]


def test_what_operators_entered_stands_alone() -> None:
    entered = [
        one._replace(statement=one.statement._replace(form=OPERATOR_FORM))
        for one in (told(2, GRANTED), told(3, GRANTED))
    ]
    history = [told(1, GRANTED), *entered, told(4, GRANTED)]
    assert [run.size for run in runs(reversed(history), is_end=True)] == [1, 1, 1, 1]


@given(st.lists(st.builds(told, st.integers(0, 3), st.sampled_from(StatementState))))
def test_the_newest_run_of_a_purpose_ends_with_the_statement_that_is_folded(
    history: list[Told],
) -> None:
    registers = folded(history)
    found = runs(history, is_end=True)
    assert [run for run in found if run.last.register == registers["ads"]] == found[:1]


def test_a_run_that_older_statements_may_continue_says_so() -> None:
    history = [told(2, REFUSED), told(1, GRANTED), told(0, GRANTED, "email")]
    assert [run.is_whole for run in runs(history, is_end=False)] == [True, False, False]


def test_the_statement_in_force_is_named_with_its_reason() -> None:
    history = [
        told(1, GRANTED, "newest"),
        told(2, GRANTED, "newest"),
        told(2, GRANTED, "tie"),
        told(2, REFUSED, "tie"),
    ]
    found = in_force(folded(history), history)
    assert (found["newest"].because, found["newest"].told) == (Because.NEWEST, history[1])
    assert (found["tie"].because, found["tie"].told) == (Because.REFUSAL_WINS, history[3])


def test_a_refusal_of_every_purpose_is_in_force_for_what_was_granted_before() -> None:
    history = [told(1, GRANTED), told(2, UNREADABLE, EVERY_PURPOSE), told(3, GRANTED, "email")]
    found = in_force(folded(history), history)
    assert (found["ads"].because, found["ads"].told) == (Because.EVERY_PURPOSE, history[1])
    assert found["email"].because is Because.NEWEST
    assert found[EVERY_PURPOSE].because is Because.NEWEST
    registers = folded(history)
    assert [counts_for(registers, one) for one in history] == [False, True, True]


def test_a_statement_whose_event_is_not_stored_is_in_force_all_the_same() -> None:
    found = in_force({"ads": Register(True, 5, 0)}, [])
    assert found["ads"].told is None


PURPOSES = ("ads", "email", EVERY_PURPOSE)
HISTORIES = st.lists(
    st.builds(
        told,
        st.integers(0, 6),
        st.sampled_from(StatementState),
        st.sampled_from(PURPOSES),
        st.sampled_from(["", "1"]),
    ).filter(lambda one: one.statement.purpose != EVERY_PURPOSE or not one.statement.is_granted),
    max_size=12,
    unique_by=lambda one: (one.at_ms, one.statement.purpose, one.statement.state),
)


@given(HISTORIES)
def test_exactly_the_statements_in_force_make_the_registers(history: list[Told]) -> None:
    registers = folded(history)
    found = in_force(registers, history)
    assert found.keys() == registers.keys()
    for purpose, one in found.items():
        assert one.told is not None
        assert one.told.register == one.register
        assert (one.register.value is True) == grants(registers, purpose)


@given(HISTORIES)
def test_runs_hold_every_statement_once(history: list[Told]) -> None:
    ordered = sorted(history, key=lambda one: (one.at_ms, one.event), reverse=True)
    assert sum(run.size for run in runs(ordered, is_end=True)) == len(history)
