"""What a person stated about consent over time, and which statement is the one in force. Pure.

Clock: event time. Duplicates: an event is stored once, so it is told once.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.ids import MessageKey
from domain.profiles.consent import ANY_USE, EVERY_PURPOSE
from domain.profiles.leaf import Register, tie_of
from domain.statement import OPERATOR_FORM, Statement
from operators.profiles.consent import restriction_among, statement_among


class Told(NamedTuple):
    """One statement of a stored event.

    Attributes:
        at_ms: event time.
        event: message key of the event.
        statement: what it says.
    """

    at_ms: int
    event: MessageKey
    statement: Statement

    @property
    def register(self) -> Register:
        """The statement as it is folded."""
        return Register(self.statement.is_granted, self.at_ms, tie_of(self.event))


class Run(NamedTuple):
    """Statements about one purpose, one after the other, with one state, form and text version.

    Attributes:
        first: the oldest: with it the state began.
        last: the newest.
        size: how many.
        is_whole: whether an older statement about the purpose is known that differs, or there is
            none; else older ones that were not looked at may belong to it.
    """

    first: Told
    last: Told
    size: int
    is_whole: bool


class Because(StrEnum):
    """Why a statement is the one in force."""

    NEWEST = "newest"
    REFUSAL_WINS = "refusal_wins"
    EVERY_PURPOSE = "every_purpose"
    RESTRICTED = "restricted"


class InForce(NamedTuple):
    """What counts for a purpose now.

    Attributes:
        register: of the statement that counts.
        because: it is the newest; or a refusal of the same instant as a grant; or it refuses every
            purpose and is not older than what was said of this one; or it was granted
            and the person is restricted.
        told: the statement; None where its event is not stored any more.
    """

    register: Register
    because: Because
    told: Told | None


def runs(told: Iterable[Told], *, is_end: bool) -> list[Run]:
    """Gather repeated statements; what an operator entered stands alone, with its evidence.

    Args:
        told: newest first.
        is_end: whether there are no older ones.

    Returns:
        Runs, the one that began last first.
    """
    open_: dict[str, Run] = {}
    found: list[Run] = []
    for one in sorted(told, key=_order, reverse=True):
        purpose, state, form, version = one.statement
        run = open_.get(purpose)
        newest = one if run is None else run.last
        if run is not None:
            begun = run.first.statement
            same = (begun.state, begun.form, begun.version) == (state, form, version)
            if same and form != OPERATOR_FORM:
                open_[purpose] = run._replace(first=one, size=run.size + 1)
                continue
            found.append(run._replace(is_whole=True))
            newest = one
        open_[purpose] = Run(one, newest, 1, is_end)
    found += open_.values()
    return sorted(found, key=lambda run: (run.first.at_ms, run.first.event), reverse=True)


def _order(told: Told) -> tuple[int, bool, int]:
    """As statements follow one another when they are folded: the last one counts."""
    register = told.register
    return register.at_ms, not register.value, register.tie


def in_force(registers: Mapping[str, Register], told: Iterable[Told]) -> dict[str, InForce]:
    """Tell for every purpose that was ever named which statement counts, and why.

    Args:
        registers: the person's, purpose → statement.
        told: all statements of the instants of `registers`, in any order.
    """
    known: dict[tuple[str, Register], Told] = {}
    granted: set[tuple[str, int]] = set()
    for one in told:
        known[one.statement.purpose, one.register] = one
        if one.statement.is_granted:
            granted.add((one.statement.purpose, one.at_ms))
    found: dict[str, InForce] = {}
    frozen = restriction_among(registers) is not None
    for purpose, own in sorted(registers.items()):
        if purpose == ANY_USE:
            continue
        register = statement_among(registers, purpose) or own
        is_own = register is own
        because = Because.NEWEST if is_own else Because.EVERY_PURPOSE
        if is_own and not own.value and (purpose, own.at_ms) in granted:
            because = Because.REFUSAL_WINS
        if frozen and register.value is True:
            because = Because.RESTRICTED
        found[purpose] = InForce(
            register, because, known.get((purpose if is_own else EVERY_PURPOSE, register))
        )
    return found


def counts_for(registers: Mapping[str, Register], told: Told) -> bool:
    """Whether a statement is the one in force for the purpose that it names.

    Args:
        registers: the person's, purpose → statement.
        told: a statement of the person.
    """
    return statement_among(registers, told.statement.purpose) == told.register and (
        registers.get(told.statement.purpose) == told.register
    )
