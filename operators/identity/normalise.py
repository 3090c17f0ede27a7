"""Normalises identifiers.

The only place that decides how an e-mail, a phone number or an id is spelled, and which values
identify nobody.

Phone numbers become E.164 (ITU-T E.164) with the source's default region; the parser is Google's
libphonenumber.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import phonenumbers

from domain.identifiers import KINDS, Form
from domain.policies import IdentityRules

_E164: Final = re.compile(r"\+[1-9]\d{7,14}")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _exact(value: str, _region: str) -> str:
    return value


def _lower(value: str, _region: str) -> str:
    return value.lower()


def _email(value: str, _region: str) -> str | None:
    lower = value.lower()
    return lower if _EMAIL.fullmatch(lower) else None


@lru_cache(maxsize=65_536)
def _phone(value: str, region: str) -> str | None:
    if _E164.fullmatch(value):
        return value
    try:
        number = phonenumbers.parse(value, region or None)
    except phonenumbers.NumberParseException:
        return None
    spelled: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return spelled if phonenumbers.is_possible_number(number) and _E164.fullmatch(spelled) else None


_FORMS: Final[dict[Form, Callable[[str, str], str | None]]] = {
    Form.EXACT: _exact,
    Form.LOWER: _lower,
    Form.EMAIL: _email,
    Form.PHONE: _phone,
}
"""Form → (value, default region) → the normalised value, or None where it is malformed."""
_FORM_OF: Final = {kind.name: _FORMS[kind.form] for kind in KINDS}


def normalise(kind: str, value: str, rules: IdentityRules, default_region: str = "") -> str | None:
    """Spell one identifier the only way the engine knows it.

    Args:
        kind: identifier kind; one that `rules` does not name is ignored.
        value: as the client sent it.
        rules: kinds, blocked values and patterns, longest length.
        default_region: ISO 3166 region for phone numbers without a country code; empty for none.

    Returns:
        The normalised value, or None where it identifies nobody: unknown kind, blocked, malformed,
        or too long.

    >>> normalise("email", " Mary@Example.com ", IdentityRules())
    'mary@example.com'
    >>> normalise("phone", "(650) 253-0000", IdentityRules(), "US")
    '+16502530000'
    >>> normalise("device_id", "00000000-0000-0000-0000-000000000000", IdentityRules()) is None
    True
    """
    rule = rules.kinds.get(kind)
    value = value.strip()
    if rule is None or not value or len(value) > rules.length_limit or _CONTROL.search(value):
        return None
    spelled = _FORM_OF.get(kind, _exact)(value, default_region)
    if spelled is None:
        return None
    folded = spelled.lower()
    if folded in rules.blocked or folded in rule.blocked or rules.blocked_pattern.fullmatch(folded):
        return None
    return spelled
