"""Reads what an event says about consent: Segment's and RudderStack's fields. Pure.

They are ``context.consent`` and ``context.consentManagement``.

Consent fails closed. A grant is one of two values, and nothing else is:

- exactly ``true`` for a purpose in ``context.consent.categoryPreferences``;
- a purpose's id as a text in the list ``context.consentManagement.allowedConsentIds``.

A purpose that the same event refuses as well is refused. Whatever else is said about a purpose
refuses it; what cannot be read refuses every purpose (`domain.profiles.consent.EVERY_PURPOSE`), and
then nothing that the event grants counts. Missing, ``null``, ``{}`` and ``[]`` say nothing.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from domain.policies import ProfileRules
from domain.profiles.consent import EVERY_PURPOSE, is_plain_purpose, purpose_of
from domain.values import Json

REMEMBERED: Final = 4_096
"""Texts whose meaning is cached: those of one site are few."""
REMEMBERED_BYTES: Final = 1_024
"""Longest text that is cached."""
_MARK: Final = b'"consent'
"""What an event that speaks of consent has in it, unless it spells its keys with escapes."""
ABSENT: Final = msgspec.Raw()
"""Where nothing stands."""
_CONTEXT: Final = "context"
_SEGMENT: Final = "consent"
_RUDDERSTACK: Final = "consentManagement"
_CONTEXT_KEY, _SEGMENT_KEY, _RUDDERSTACK_KEY = b'"context"', b'"consent"', b'"consentManagement"'
_PREFERENCES: Final = "categoryPreferences"
_ALLOWED: Final = "allowedConsentIds"
_DENIED: Final = "deniedConsentIds"
_OLD_ONETRUST: Final = "oneTrust"
ESCAPED: Final = re.compile(rb"\\u00[4-7]")
"""A letter of ASCII spelled as an escape: a key may hide behind it."""
_ESCAPE: Final = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


def mentions_consent(payload: bytes) -> bool:
    r"""Whether an event may contain consent anywhere, escaped or not.

    >>> mentions_consent(b'{"con\\u0073ent":1}'), mentions_consent(b'{"userId":"u"}')
    (True, False)
    """
    if _MARK in payload:
        return True
    return b"\\u00" in payload and _MARK in _ESCAPE.sub(
        lambda found: bytes.fromhex(found[1].decode()), payload
    )


class Stated(NamedTuple):
    """What one event says about consent.

    Attributes:
        statements: purpose → granted; `EVERY_PURPOSE` → False where something cannot be read.
        odd: fields in which something is neither a grant nor a plain refusal.
    """

    statements: dict[str, bool]
    odd: tuple[str, ...] = ()

    def refuses(self) -> bool:
        """Whether anything is refused."""
        return False in self.statements.values()

    def beside(self, field: str) -> "Stated":
        """The same, and a field that cannot be read beside it."""
        return Stated(self.statements, (*self.odd, field))

    def refusals(self, field: str) -> "Stated":
        """The refusals alone, and the field for whose sake no grant counts."""
        return Stated(
            {purpose: False for purpose, granted in self.statements.items() if not granted},
            (*self.odd, field),
        )


class ConsentReader:
    """Reads consent; caches the texts it has read.

    Args:
        rules: `event_purpose_limit`, `purpose_length_limit`.
    """

    def __init__(self, rules: ProfileRules) -> None:
        self._rules = rules
        self._remember = lru_cache(maxsize=REMEMBERED)(self._read)

    def __call__(self, payload: bytes, segment: msgspec.Raw, rudderstack: msgspec.Raw) -> Stated:
        """Read what an event says.

        If a key comes twice, ``context`` included, all its values count.

        Args:
            payload: the whole event, valid JSON.
            segment: its last ``context.consent``, or `ABSENT`.
            rudderstack: its last ``context.consentManagement``, or `ABSENT`.
        """
        if (
            (b"\\" in payload and ESCAPED.search(payload))
            or payload.count(_CONTEXT_KEY) > 1
            or payload.count(_SEGMENT_KEY) > 1
        ):
            return self._whole(payload)
        if rudderstack is not ABSENT and payload.count(_RUDDERSTACK_KEY) > 1:
            return self._whole(payload)
        one = b"" if segment is ABSENT else bytes(segment)
        other = b"" if rudderstack is ABSENT else bytes(rudderstack)
        if len(one) + len(other) > REMEMBERED_BYTES:
            return self._read(one, other)
        return self._remember(one, other)

    def _read(self, segment: bytes, rudderstack: bytes) -> Stated:
        said = _Statements(self._rules)
        if segment:
            said.segment(_parsed(segment))
        if rudderstack:
            said.rudderstack(_parsed(rudderstack))
        return said.stated()

    def _whole(self, payload: bytes) -> Stated:
        said = _Statements(self._rules)
        for context in _values(_parsed(payload), _CONTEXT):
            for consent in _values(context, _SEGMENT):
                said.segment(consent)
            for consent in _values(context, _RUDDERSTACK):
                said.rudderstack(consent)
        return said.stated()


class _Members(list[tuple[str, Any]]):
    """A JSON object as pairs in their order, so that no key hides another of its name."""


_UNREADABLE: Final = object()
"""A value that is too deep to be read."""


def _parsed(text: bytes) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_Members, parse_int=float, strict=False)
    except (ValueError, RecursionError):
        return _UNREADABLE


def _values(value: Json, key: str) -> list[Any]:
    """All values of a key; an object that cannot be read holds one that cannot be read."""
    if value is _UNREADABLE:
        return [value]
    return [item for name, item in value if name == key] if isinstance(value, _Members) else []


def _nothing(value: object) -> bool:
    return value is None or value == []


class _Statements:
    """Collects the statements of one event."""

    def __init__(self, rules: ProfileRules) -> None:
        self._rules = rules
        self._granted: dict[str, None] = {}
        self._refused: dict[str, None] = {}
        self._everything = False
        self._odd: dict[str, None] = {}

    def segment(self, consent: Json) -> None:
        """Take in a ``context.consent``."""
        if _nothing(consent):
            return
        stated = [value for value in _values(consent, _PREFERENCES) if value is not None]
        if not isinstance(consent, _Members) or (
            not stated and any(key != _PREFERENCES for key, _ in consent)
        ):
            self._cannot_read(_SEGMENT)
            return
        for preferences in stated:
            if isinstance(preferences, _Members):
                for purpose, value in preferences:
                    self._state(_SEGMENT, purpose, value)
            elif not _nothing(preferences):
                self._cannot_read(_SEGMENT)

    def rudderstack(self, consent: Json) -> None:
        """Take in a ``context.consentManagement``."""
        if _nothing(consent):
            return
        if not isinstance(consent, _Members):
            self._cannot_read(_RUDDERSTACK)
            return
        for ids in _values(consent, _DENIED):
            self._list(ids, granted=False)
        for ids in _values(consent, _ALLOWED):
            if _names(ids) and _values(consent, "provider") == [_OLD_ONETRUST]:
                # What older clients send for OneTrust, id → name. It is no list of ids, so it
                # grants nothing; nor does it refuse.
                self._odd[_RUDDERSTACK] = None
            else:
                self._list(ids, granted=True)

    def stated(self) -> Stated:
        """What the event says in the end."""
        if len(self._granted.keys() | self._refused.keys()) > self._rules.event_purpose_limit:
            return Stated({EVERY_PURPOSE: False}, tuple({**self._odd, _SEGMENT: None}))
        statements = dict.fromkeys(self._refused, False)
        if self._everything:
            statements[EVERY_PURPOSE] = False
        else:
            statements |= {
                purpose: True for purpose in self._granted if purpose not in self._refused
            }
        return Stated(statements, tuple(self._odd))

    def _list(self, ids: Json, *, granted: bool) -> None:
        if _nothing(ids):
            return
        if not isinstance(ids, list) or isinstance(ids, _Members):
            self._cannot_read(_RUDDERSTACK)
            return
        for purpose in ids:
            if not isinstance(purpose, str):
                self._cannot_read(_RUDDERSTACK)
            elif purpose.strip():
                self._state(_RUDDERSTACK, purpose, granted)

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
                self._granted[purpose] = None
            else:
                self._odd[field] = None
        elif sayable:
            self._refused[purpose] = None
        elif purpose:
            self._everything = True

    def _cannot_read(self, field: str) -> None:
        self._everything = True
        self._odd[field] = None


def _names(ids: Json) -> bool:
    members: Iterable[tuple[str, Any]] = ids if isinstance(ids, _Members) else ()
    return any(True for _ in members) and all(
        isinstance(name, str) and name.strip() for _, name in members
    )
