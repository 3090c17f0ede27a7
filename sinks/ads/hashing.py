"""The forms in which platforms take identifiers: normalised before SHA-256, or not hashed.

Input values come normalised from `operators.identity.normalise`. Every function returns the empty
string where nothing usable is left, and `digest` refuses to hash that: the hash of nothing would
match everybody else's nothing.

    form             Meta    Google  TikTok  Snapchat
    email            plain   gmail   plain*  plain
    phone            digits  e164    e164    digits
    device id        raw     raw     hashed  hashed

* or stripped, and Snapchat's phone e164, where settings say so: the platforms' pages leave these
  open.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})
_PHONE_DIGITS: Final = range(7, 16)
"""ITU-T E.164 allows at most 15 digits; nothing under 7 can be dialled from abroad."""
_DEVICE_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def digest(value: str) -> str:
    """Hash one normalised value: SHA-256, lower-case hex; the empty string stays empty.

    >>> digest("mary@example.com")
    'f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79'
    >>> digest("")
    ''
    """
    return sha256(value.encode()).hexdigest() if value else ""


def smallest(values: Iterable[str], normalise: Callable[[str], str]) -> str:
    """Choose one of several values, the same on every run: the smallest usable normal form or "".

    >>> smallest(["zoe@example.com", "n/a", "Mary@example.com"], email_plain)
    'mary@example.com'
    """
    return min(filter(None, map(normalise, values)), default="")


def email_plain(value: str) -> str:
    """Spell an e-mail for Meta, TikTok and Snapchat: trimmed, lower case.

    >>> email_plain("  Mary@Example.com ")
    'mary@example.com'
    >>> email_plain("unknown")
    ''
    """
    email = value.strip().lower()
    local, at, domain = email.rpartition("@")
    return email if at and local and "." in domain and len(email.split()) == 1 else ""


def email_stripped(value: str) -> str:
    """Spell an e-mail as some TikTok uploads do: no dots and ``+suffix`` at any domain.

    Source: the form that Twilio Segment's TikTok Audiences destination hashes; TikTok's own help
    page shows the plain one.

    >>> email_stripped("Jane.Doe+news@Example.com")
    'janedoe@example.com'
    """
    email = email_plain(value)
    local, at, domain = email.rpartition("@")
    local = local.partition("+")[0].replace(".", "")
    return f"{local}{at}{domain}" if local else ""


def email_gmail(value: str) -> str:
    """Normalise an e-mail for Google.

    At gmail.com and googlemail.com dots and ``+suffix`` are removed; elsewhere they are kept.

    Source: Data Manager API, Format user data.

    >>> email_gmail("Cloudy.SanFrancisco+shopping@gmail.com")
    'cloudysanfrancisco@gmail.com'
    >>> email_gmail("user.name+nyc@example.com")
    'user.name+nyc@example.com'
    """
    email = email_plain("".join(value.split()))
    local, _, domain = email.rpartition("@")
    if domain not in _GMAIL:
        return email
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def phone_digits(value: str) -> str:
    """Spell an international phone number for Meta and Snapchat: digits only, no leading zeros.

    >>> phone_digits("+1 (706) 767-5127"), phone_digits("00117067675127")
    ('17067675127', '117067675127')
    >>> phone_digits("+0000000000")
    ''
    """
    digits = "".join(character for character in value if character in "0123456789").lstrip("0")
    return digits if len(digits) in _PHONE_DIGITS and len(set(digits)) > 1 else ""


def phone_e164(value: str) -> str:
    """Spell an international phone number for Google and TikTok: E.164 with its plus.

    >>> phone_e164("+1 (800) 555-0100")
    '+18005550100'
    """
    digits = phone_digits(value)
    return f"+{digits}" if digits else ""


def device_id(value: str) -> str:
    """Spell a mobile advertising id: lower case with hyphens.

    All zeros is what a phone says that does not want to be followed.

    >>> device_id("AEBE52E7-03EE-455A-B3C4-E57283966239")
    'aebe52e7-03ee-455a-b3c4-e57283966239'
    >>> device_id("00000000-0000-0000-0000-000000000000")
    ''
    """
    device = value.strip().lower()
    return device if _DEVICE_ID.fullmatch(device) and set(device) - set("0-") else ""
