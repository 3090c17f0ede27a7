"""What a person consented to.

The newest statement per purpose, or a newer refusal of every purpose. State: none.
"""

from collections.abc import Iterable, Mapping

from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Leaf, Register


def statement_of(view: Leaf, purpose: str) -> Register | None:
    """The statement that counts for a purpose.

    Its newest one, or a refusal of every purpose that is as new or newer.
    """
    return statement_among(view.consent, purpose)


def statement_among(statements: Mapping[str, Register], purpose: str) -> Register | None:
    """Like `statement_of`, of the statements alone."""
    own, every = statements.get(purpose), statements.get(EVERY_PURPOSE)
    if own is None or (every is not None and every.at_ms >= own.at_ms):
        return every
    return own


def consents(view: Leaf, purpose: str) -> bool:
    """Whether the statement that counts grants the purpose; no statement is a refusal."""
    return grants(view.consent, purpose)


def grants(statements: Mapping[str, Register], purpose: str) -> bool:
    """Like `consents`, of the statements alone."""
    own = statements.get(purpose)
    if own is None or own.value is not True or purpose == EVERY_PURPOSE:
        return False
    every = statements.get(EVERY_PURPOSE)
    return every is None or every.at_ms < own.at_ms


def granted(view: Leaf, purposes: Iterable[str]) -> list[str]:
    """Those of some purposes that are granted, in order of their names."""
    return sorted(purpose for purpose in purposes if consents(view, purpose))
