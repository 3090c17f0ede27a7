"""The forms in which events state consent, and the statements that they come to. Pure.

| form | field |
|---|---|
| Segment's | ``context.consent.categoryPreferences`` |
| RudderStack's | ``context.consentManagement`` |

`sources.intake.consent` says what grants and what refuses, and finds the fields in an event.
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, NamedTuple

from domain.policies import ProfileRules
from domain.profiles.consent import EVERY_PURPOSE, is_plain_purpose, purpose_of, visible
from domain.statement import Statement, StatementState, verdicts
from domain.values import Json

CONTEXT: Final = "context"
SEGMENT: Final = "consent"
RUDDERSTACK: Final = "consentManagement"
_PREFERENCES: Final = "categoryPreferences"
_ALLOWED: Final = "allowedConsentIds"
_DENIED: Final = "deniedConsentIds"
_OLD_ONETRUST: Final = "oneTrust"
SEGMENT_FORM: Final = f"{CONTEXT}.{SEGMENT}.{_PREFERENCES}"
RUDDERSTACK_FORM: Final = f"{CONTEXT}.{RUDDERSTACK}"
VERSION_FIELDS: Final = ("version", "policyVersion", "tcfPolicyVersion", "document")
"""Members of a consent object that tell which text was shown, the first one first.

Neither Segment's nor RudderStack's specification has one. ``tcfPolicyVersion`` is IAB TCF's,
``document`` mParticle's.
"""
VERSION_LENGTH: Final = 200
"""Characters of a version that are kept."""


class Stated(NamedTuple):
    """What one event says about consent.

    Attributes:
        told: at most one statement for a purpose; one of `EVERY_PURPOSE` where something cannot be
            read.
        verdicts: of `told`, purpose → granted: what is folded.
        odd: fields in which something is neither a grant nor a plain refusal.
    """

    told: tuple[Statement, ...]
    verdicts: dict[str, bool]
    odd: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Iterable[Statement], odd: Iterable[str] = ()) -> "Stated":
        """From statements, at most one for a purpose."""
        kept = tuple(told)
        return cls(kept, verdicts(kept), tuple(odd))

    def refuses(self) -> bool:
        """Whether anything is refused."""
        return False in self.verdicts.values()

    def beside(self, field: str) -> "Stated":
        """The same, and a field that cannot be read beside it."""
        return Stated(self.told, self.verdicts, (*self.odd, field))

    def refusals(self, field: str) -> "Stated":
        """The refusals alone, and the field for whose sake no grant counts."""
        return Stated.of((one for one in self.told if not one.is_granted), (*self.odd, field))


class Members(list[tuple[str, Any]]):
    """A JSON object as pairs in their order, so that no key hides another of its name."""


UNREADABLE: Final = object()
"""A value that is too deep to be read."""


def values(value: Json, key: str) -> list[Any]:
    """All values of a key; an object that cannot be read holds one that cannot be read."""
    if value is UNREADABLE:
        return [value]
    return [item for name, item in value if name == key] if isinstance(value, Members) else []


def _nothing(value: object) -> bool:
    return value is None or value == []


class Statements:
    """Collects the statements of one event; of several about a purpose the first refusal stands.

    Args:
        rules: `event_purpose_limit`, `purpose_length_limit`.
    """

    def __init__(self, rules: ProfileRules) -> None:
        self._rules = rules
        self._granted: dict[str, Statement] = {}
        self._refused: dict[str, Statement] = {}
        self._everything: Statement | None = None
        self._odd: dict[str, None] = {}
        self._form, self._version = "", ""

    def segment(self, consent: Json) -> None:
        """Take in a ``context.consent``."""
        if _nothing(consent):
            return
        self._form, self._version = SEGMENT_FORM, version_of(consent)
        stated = [value for value in values(consent, _PREFERENCES) if value is not None]
        if not isinstance(consent, Members) or (
            not stated and any(key != _PREFERENCES for key, _ in consent)
        ):
            self._form = f"{CONTEXT}.{SEGMENT}"
            self._cannot_read(SEGMENT)
            return
        for preferences in stated:
            if isinstance(preferences, Members):
                for purpose, value in preferences:
                    self._state(SEGMENT, purpose, value)
            elif not _nothing(preferences):
                self._cannot_read(SEGMENT)

    def rudderstack(self, consent: Json) -> None:
        """Take in a ``context.consentManagement``."""
        if _nothing(consent):
            return
        self._form, self._version = RUDDERSTACK_FORM, version_of(consent)
        if not isinstance(consent, Members):
            self._cannot_read(RUDDERSTACK)
            return
        for ids in values(consent, _DENIED):
            self._list(ids, granted=False)
        for ids in values(consent, _ALLOWED):
            if _names(ids) and values(consent, "provider") == [_OLD_ONETRUST]:
                # What older clients send for OneTrust, id → name. It is no list of ids, so it
                # grants nothing; nor does it refuse.
                self._odd[RUDDERSTACK] = None
            else:
                self._list(ids, granted=True)

    def stated(self) -> Stated:
        """What the event says in the end."""
        if len(self._granted.keys() | self._refused.keys()) > self._rules.event_purpose_limit:
            too_many = self._said(EVERY_PURPOSE, StatementState.UNREADABLE)
            return Stated.of([too_many], {**self._odd, SEGMENT: None})
        told = list(self._refused.values())
        if self._everything is not None:
            told.append(self._everything)
        else:
            told += [
                said for purpose, said in self._granted.items() if purpose not in self._refused
            ]
        return Stated.of(told, self._odd)

    def _said(self, purpose: str, state: StatementState) -> Statement:
        return Statement(purpose, state, self._form, self._version)

    def _list(self, ids: Json, *, granted: bool) -> None:
        if _nothing(ids):
            return
        if not isinstance(ids, list) or isinstance(ids, Members):
            self._cannot_read(RUDDERSTACK)
            return
        for purpose in ids:
            if not isinstance(purpose, str):
                self._cannot_read(RUDDERSTACK)
            elif purpose.strip():
                self._state(RUDDERSTACK, purpose, granted)

    def _state(self, field: str, text: str, value: object) -> None:
        purpose, plain = purpose_of(text), isinstance(value, bool)
        sayable = (
            bool(purpose)
            and purpose != EVERY_PURPOSE
            and len(purpose) <= self._rules.purpose_length_limit
        )
        if not plain or not sayable:
            self._odd[field] = None
        if value is True:
            if sayable and is_plain_purpose(text):
                self._granted.setdefault(purpose, self._said(purpose, StatementState.GRANTED))
            else:
                self._odd[field] = None
        elif sayable:
            state = StatementState.REFUSED if plain else StatementState.UNREADABLE
            self._refused.setdefault(purpose, self._said(purpose, state))
        elif purpose:
            named = plain and purpose == EVERY_PURPOSE
            self._refuse_all(StatementState.REFUSED if named else StatementState.UNREADABLE)

    def _cannot_read(self, field: str) -> None:
        self._refuse_all(StatementState.UNREADABLE)
        self._odd[field] = None

    def _refuse_all(self, state: StatementState) -> None:
        if self._everything is None:
            self._everything = self._said(EVERY_PURPOSE, state)


def version_of(consent: Json) -> str:
    """The version of the text that a consent object states; empty where it states none.

    The first member of `VERSION_FIELDS` that is a text or a finite number, at most
    `VERSION_LENGTH` visible characters of it.
    """
    for field in VERSION_FIELDS:
        for value in values(consent, field):
            if isinstance(value, float) and isfinite(value):
                return f"{value:g}" if value != int(value) else str(int(value))[:VERSION_LENGTH]
            if isinstance(value, str) and (text := visible(value)):
                return text[:VERSION_LENGTH]
    return ""


def _names(ids: Json) -> bool:
    members: Iterable[tuple[str, Any]] = ids if isinstance(ids, Members) else ()
    return any(True for _ in members) and all(
        isinstance(name, str) and name.strip() for _, name in members
    )
