"""One statement of consent: what an event says about one purpose, and how it says so."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple


class StatementState(StrEnum):
    """What is said of a purpose; whatever is not granted counts as refused."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


OPERATOR_FORM: Final = "operator"
"""Form of what an operator entered."""


class Statement(NamedTuple):
    """What one event says about one purpose.

    Attributes:
        purpose: normal form (`domain.profiles.consent.purpose_of`), or `EVERY_PURPOSE`.
        state: granted, refused, or so said that it cannot be read, which refuses.
        form: path of the field that says it, for example ``context.consentManagement``.
        version: of the text that the person was shown, where the event states one; else empty.
    """

    purpose: str
    state: StatementState
    form: str
    version: str = ""

    @property
    def is_granted(self) -> bool:
        """Whether it grants; everything else refuses."""
        return self.state is StatementState.GRANTED


def verdicts(statements: Iterable[Statement]) -> dict[str, bool]:
    """Return purpose → granted, as it is folded; of one event no purpose is stated twice."""
    return {one.purpose: one.is_granted for one in statements}
