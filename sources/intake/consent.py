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
from functools import lru_cache
from typing import Final

import msgspec

from domain.policies import ProfileRules
from domain.values import Json
from sources.intake.consent_forms import (
    CONTEXT,
    RUDDERSTACK,
    SEGMENT,
    UNREADABLE,
    Members,
    Stated,
    Statements,
    values,
)

REMEMBERED: Final = 4_096
"""Texts whose meaning is cached: those of one site are few."""
REMEMBERED_BYTES: Final = 1_024
"""Longest text that is cached."""
_MARK: Final = b'"consent'
"""What an event that speaks of consent has in it, unless it spells its keys with escapes."""
ABSENT: Final = msgspec.Raw()
"""Where nothing stands."""
_CONTEXT_KEY, _SEGMENT_KEY, _RUDDERSTACK_KEY = b'"context"', b'"consent"', b'"consentManagement"'
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
        said = Statements(self._rules)
        if segment:
            said.segment(_parsed(segment))
        if rudderstack:
            said.rudderstack(_parsed(rudderstack))
        return said.stated()

    def _whole(self, payload: bytes) -> Stated:
        said = Statements(self._rules)
        for context in values(_parsed(payload), CONTEXT):
            for consent in values(context, SEGMENT):
                said.segment(consent)
            for consent in values(context, RUDDERSTACK):
                said.rudderstack(consent)
        return said.stated()


def _parsed(text: bytes) -> Json:
    try:
        return json.loads(text, object_pairs_hook=Members, parse_int=float, strict=False)
    except (ValueError, RecursionError):
        return UNREADABLE
