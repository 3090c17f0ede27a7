"""What a person consented to.

The newest statement per purpose, or a newer refusal of every purpose; nothing while a person is
restricted. State: none.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.profiles.consent import ANY_USE, EVERY_PURPOSE
from domain.profiles.leaf import Leaf, Register

_NAMELESS: Final = frozenset({ANY_USE, EVERY_PURPOSE})
"""What stands in place of a purpose, and is none."""


def restriction_among(statements: Mapping[str, Register]) -> Register | None:
    """The restriction that is in force; None where there is none, or it was released."""
    use = statements.get(ANY_USE)
    return None if use is None or use.value is True else use


def restricted(view: Leaf) -> bool:
    """Whether a person is kept and used for nothing.

    They consent to nothing and are in no segment.
    """
    return restriction_among(view.consent) is not None


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
    """Whether the statement that counts grants the purpose, and the person is not restricted.

    No statement is a refusal.
    """
    return grants(view.consent, purpose)


def grants(statements: Mapping[str, Register], purpose: str) -> bool:
    """Like `consents`, of the statements alone."""
    own = statements.get(purpose)
    if own is None or own.value is not True or purpose in _NAMELESS:
        return False
    every = statements.get(EVERY_PURPOSE)
    if every is not None and every.at_ms >= own.at_ms:
        return False
    return restriction_among(statements) is None


def granted(view: Leaf, purposes: Iterable[str]) -> list[str]:
    """Those of some purposes that are granted, in order of their names."""
    return sorted(purpose for purpose in purposes if consents(view, purpose))
