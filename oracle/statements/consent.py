"""What a stored event says about consent, read from its JSON in the plainest way.

A grant is ``true`` in ``context.consent.categoryPreferences`` or a text in the list
``context.consentManagement.allowedConsentIds``. Whatever else is said refuses, and what makes no
sense refuses everything (``*``).
"""

import json
import re
import unicodedata
from typing import Any

from domain.policies import ProfileRules
from domain.values import Json

EVERYTHING = "*"
Pairs = tuple[tuple[str, Any], ...]


def read_consent(payload: bytes, rules: ProfileRules) -> dict[str, bool]:
    """The statements of an event: purpose → granted.

    Several contexts count together; if the last cannot be read, everything is refused.

    Args:
        payload: the stored JSON.
        rules: `event_purpose_limit`, `purpose_length_limit`.
    """
    event = json.loads(payload, object_pairs_hook=tuple, parse_int=float, strict=False)
    granted: set[str] = set()
    refused: set[str] = set()
    contexts = _all(event, "context")
    if (
        contexts
        and not _is_object(contexts[-1])
        and not _says_nothing(contexts[-1])
        and _speaks(payload)
    ):
        return {EVERYTHING: False}
    for context in contexts:
        if not _is_object(context):
            continue
        for consent in _all(context, "consent"):
            _segment(consent, granted, refused, rules)
        for consent in _all(context, "consentManagement"):
            _rudderstack(consent, granted, refused, rules)
    if len((granted | refused) - {EVERYTHING}) > rules.event_purpose_limit:
        return {EVERYTHING: False}
    if EVERYTHING in refused:
        granted = set()
    return {purpose: purpose not in refused for purpose in granted | refused}


def _speaks(payload: bytes) -> bool:
    """Whether there is a quotation mark and ``consent`` after it, be they spelled as escapes."""
    return '"consent' in re.sub(
        r"\\u00([2-7][0-9a-fA-F])", lambda found: chr(int(found[1], 16)), payload.decode()
    )


def _segment(consent: Json, granted: set[str], refused: set[str], rules: ProfileRules) -> None:
    if _says_nothing(consent):
        return
    stated = [value for value in _all(consent, "categoryPreferences") if value is not None]
    if not _is_object(consent) or (
        not stated and {key for key, _ in consent} != {"categoryPreferences"}
    ):
        refused.add(EVERYTHING)
    for preferences in stated:
        if _says_nothing(preferences):
            continue
        if not _is_object(preferences):
            refused.add(EVERYTHING)
            continue
        for purpose, value in preferences:
            if value is True:
                granted |= _grantable(purpose, rules)
            else:
                refused |= _meant(purpose, rules)


def _rudderstack(consent: Json, granted: set[str], refused: set[str], rules: ProfileRules) -> None:
    if _says_nothing(consent):
        return
    if not _is_object(consent):
        refused.add(EVERYTHING)
        return
    one_trust = _all(consent, "provider") == ["oneTrust"]
    for key, value in consent:
        if key not in ("allowedConsentIds", "deniedConsentIds") or _says_nothing(value):
            continue
        if (
            key == "allowedConsentIds"
            and one_trust
            and _is_object(value)
            and _are_names([name for _, name in value])
        ):
            continue
        if not isinstance(value, list):
            refused.add(EVERYTHING)
            continue
        for purpose in value:
            if not isinstance(purpose, str):
                refused.add(EVERYTHING)
            elif key == "deniedConsentIds":
                refused |= _meant(purpose, rules)
            else:
                granted |= _grantable(purpose, rules)


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value.strip() for value in values)


def _normal(text: str) -> str:
    visible = (
        sign
        for sign in unicodedata.normalize("NFKC", text)
        if unicodedata.category(sign) not in ("Cc", "Cf", "Cs")
    )
    return "".join(visible).strip().lower()


def _grantable(text: str, rules: ProfileRules) -> set[str]:
    purpose = _normal(text)
    plain = unicodedata.normalize("NFC", text).strip().lower() == purpose
    return (
        {purpose}
        if plain and purpose not in ("", EVERYTHING) and len(purpose) <= rules.purpose_length_limit
        else set()
    )


def _meant(text: str, rules: ProfileRules) -> set[str]:
    purpose = _normal(text)
    if len(purpose) > rules.purpose_length_limit:
        return {EVERYTHING}
    return {purpose} if purpose else set()


def _is_object(value: Json) -> bool:
    return isinstance(value, tuple)


def _all(value: Json, key: str) -> list[Any]:
    """Every value that an object has under a key."""
    return [item for name, item in value if name == key] if _is_object(value) else []


def _says_nothing(value: Json) -> bool:
    return value is None or value in ([], ())
