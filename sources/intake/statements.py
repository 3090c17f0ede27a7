"""Reads what stored events say about consent, by the parser that the engine folds by. Pure."""

from contextlib import suppress

import msgspec

from domain.event import OPERATOR, RESTRICTION
from domain.policies import IdentityRules, ProfileRules
from domain.statement import Statement
from sources.intake.event import EventReader
from sources.intake.message import BadRecordError
from sources.intake.operator_consent import read_operator_consent


class StatementReader:
    """Reads statements by one set of rules.

    Args:
        identity: identifier rules.
        profile: profile rules.
    """

    def __init__(self, identity: IdentityRules, profile: ProfileRules) -> None:
        self._read = EventReader(identity, profile, stored=True).statements

    def __call__(self, source: int, payload: bytes) -> tuple[Statement, ...]:
        """Read one stored event.

        Args:
            source: that sent it; `domain.event.OPERATOR` for an operator's.
            payload: its stored JSON.

        Returns:
            At most one statement for a purpose; none of a restriction, and none where the rules of
            today read no event.
        """
        with suppress(BadRecordError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if source == OPERATOR:
                told = read_operator_consent(payload)
                return () if told.kind == RESTRICTION else told.statements
            return self._read(payload)
        return ()
