"""How a commit of UNIFY ends."""

from typing import Final

import msgspec

DEFINITIONS: Final = "definitions"
"""Reason of the conflict that says: definitions have changed; read them again."""


class Committed(msgspec.Struct, frozen=True):
    """Everything is stored."""


class Conflict(msgspec.Struct, frozen=True):
    """A version conflict, or a message that is stored already: load again and recompute."""

    reason: str


class Fenced(msgspec.Struct, frozen=True):
    """The partition moved: drop this batch and read again from `next_position`."""

    next_position: int


Outcome = Committed | Conflict | Fenced
