r"""Takes identifiers out of an event's JSON, and leaves every other byte as it is.

Works on the text token by token – strings and numbers –, so that no parser's limits, repeated
keys or odd numbers matter. Pure; never raises.

An identifier is known in every spelling that its kind's normal form undoes, whatever JSON escapes
are in it; inside a longer text in upper or lower case, percent-encoded (RFC 3986), and with the
escapes of JSON inside JSON.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from domain.event import Identifier
from domain.identifiers import KINDS, Form
from operators.erasure.tokens import TOKEN, spellings, unescaped

ERASED: Final = "[erased]"
"""Stands where a part of a text, or the name of a member, was an identifier."""
PART_LIMIT: Final = 5
"""Shortest identifier, in characters, that is looked for inside longer texts."""
PATTERNS_REMEMBERED: Final = 1_024
"""Identifiers whose pattern is cached: events of one person name the same ones."""

Normal = Callable[[str, str], str | None]
"""(identifier kind, text) → the normalised value, None where it identifies nobody."""

_PHONES: Final = frozenset(kind.name for kind in KINDS if kind.form is Form.PHONE)
_PERSONAL: Final = frozenset(kind.name for kind in KINDS if kind.form is not Form.EXACT)
"""Kinds whose values mean nothing else, wherever they stand."""
_TELLING: Final = 8
"""Shortest other identifier, in characters, that is looked for where no member states it."""
_KIND_OF: Final = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    **{kind.trait: kind.name for kind in KINDS if kind.trait},
    **{kind.device: kind.name for kind in KINDS if kind.device},
}
"""Member of a record → the kind that it states."""
_UNTOUCHED: Final = frozenset(
    {"currency", "messageId", "originalTimestamp", "receivedAt", "sentAt", "timestamp", "type"}
)
"""Members whose values decide what an event is, and when it was."""
_CONSENT: Final = frozenset({"consent", "consentManagement"})
"""Members that say what somebody consents to: nothing in them may be read otherwise than before."""
_WORDS: Final = frozenset(
    {
        *_KIND_OF, *_UNTOUCHED, *_CONSENT, "adTrackingEnabled", "context", "device", "id",
        "previousId",
        "event", "externalIds", "groupId", "ip", "name", "properties", "revenue", "traits",
    }
)  # fmt: skip
"""Members by which a record is read; they stay, although somebody may be called the same."""
_SCANNED: Final = re.compile(TOKEN.pattern + rb"|(?P<mark>[{}\[\]])", re.DOTALL)


def redacted(
    payload: bytes,
    identifiers: Iterable[Identifier],
    normal: Normal,
    kept: Iterable[Identifier] = (),
) -> bytes:
    r"""Return an event's JSON in which none of the identifiers can be read.

    A value that is one becomes null. A text that contains one of `PART_LIMIT` characters or more
    has `ERASED` there; so has the name of a member, which is never null.

    Args:
        payload: JSON that the decoder accepts; anything else comes back as JSON-like as it was.
        identifiers: which to take out.
        normal: normal forms, as the event was decoded by.
        kept: other identifiers of the event. A text that is one stays whole, though a part of it
            may look like an identifier to take out; where it is one of each, the name of the
            member decides.

    Returns:
        The same bytes where nothing matches.

    >>> mary = Identifier(b"", "email", "mary@example.com")
    >>> redacted(rb'{"to": "Mary\u0040example.com"}', [mary], lambda _, text: text.lower())
    b'{"to": null}'
    >>> redacted(b'{"url": "/?m=mary%40example.com"}', [mary], lambda _, text: text)
    b'{"url": "/?m=[erased]"}'
    """
    return _Redaction(identifiers, normal, kept).apply(payload)


class _Redaction:
    """One payload's pass; remembers the member that it is in.

    Args:
        identifiers: which to take out.
        normal: normal forms.
        kept: which stay.
    """

    def __init__(
        self, identifiers: Iterable[Identifier], normal: Normal, kept: Iterable[Identifier]
    ) -> None:
        self._normal = normal
        self._erased = _by_kind(identifiers)
        self._kept = _by_kind(kept)
        self._parts = [
            _pattern(value, phone=kind in _PHONES)
            for kind, value in sorted(
                ((kind, value) for kind, values in self._erased.items() for value in values),
                key=lambda item: -len(item[1]),
            )
            if _tells(kind, value) and value.lower() not in ERASED
        ]
        self._member = ""
        self._around: list[str] = []

    def apply(self, payload: bytes) -> bytes:
        """Rewrite every token that needs it."""
        if not self._erased:
            return payload
        found = _SCANNED.sub(self._token, payload)
        return payload if found == payload else found

    def _token(self, token: re.Match[bytes]) -> bytes:
        mark, number = token["mark"], token["number"]
        if mark is not None:
            self._nest(mark)
            return mark
        if self._member in _CONSENT or not _CONSENT.isdisjoint(self._around):
            if token["text"] is not None and token["colon"] is not None:
                self._member = unescaped(token["text"])
            return token[0]
        if number is not None:
            return b"null" if self._is_number(number.decode()) else number
        text = unescaped(token["text"])
        colon = token["colon"]
        if colon is None:
            return self._value(token["text"], text)
        self._member = text
        if text in _WORDS:
            return token[0]
        if self._kinds(text, self._erased):
            return _quoted(ERASED) + colon
        return self._without_parts(token["text"], text) + colon

    def _nest(self, mark: bytes) -> None:
        """Remember the member around what begins here, and again where it ends."""
        if mark in b"{[":
            self._around.append(self._member)
        elif self._around:
            self._member = self._around.pop()

    def _value(self, token: bytes, text: str) -> bytes:
        if self._member in _UNTOUCHED:
            return token
        erased, kept = self._kinds(text, self._erased), self._kinds(text, self._kept)
        if kept and (not erased or _KIND_OF.get(self._member) in kept):
            return token
        return b"null" if erased else self._without_parts(token, text)

    def _is_number(self, spelled: str) -> bool:
        if self._member in _UNTOUCHED:
            return False
        texts = spellings(spelled)
        erased = {kind for text in texts for kind in self._kinds(text, self._erased)}
        kept = {kind for text in texts for kind in self._kinds(text, self._kept)}
        if kept and (not erased or _KIND_OF.get(self._member) in kept):
            return False
        return bool(erased) or any(
            phone.fullmatch(spelled)
            for kind in _PHONES & self._erased.keys()
            for phone in [_pattern(value, phone=True) for value in self._erased[kind]]
        )

    def _kinds(self, text: str, wanted: dict[str, set[str]]) -> set[str]:
        """Kinds of which the whole text is one of the values, as far as that means anything here.

        A short one says something else, too, unless the member is one that states identifiers.
        """
        return {
            kind
            for kind, values in wanted.items()
            for value in [text.strip() if text.strip() in values else self._normal(kind, text)]
            if value in values and (self._states(kind) or _tells(kind, value))
        }

    def _states(self, kind: str) -> bool:
        return (
            _KIND_OF.get(self._member) == kind
            or self._member == "previousId"
            or (self._member == "id" and "externalIds" in self._around)
        )

    def _without_parts(self, token: bytes, text: str) -> bytes:
        left = text
        for part in self._parts:
            left = part.sub(ERASED, left)
        return token if left == text else _quoted(left)


def _tells(kind: str, value: str | None) -> bool:
    """Whether a value means somebody wherever it stands, and no quantity, word or date."""
    return value is not None and (
        ((kind in _PERSONAL or "@" in value) and len(value) >= PART_LIMIT)
        or (
            len(value) >= _TELLING
            and any(map(str.isdigit, value))
            and (any(map(str.isalpha, value)) or value.isdigit())
        )
    )


def _by_kind(identifiers: Iterable[Identifier]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for item in identifiers:
        values.setdefault(item.kind, set()).add(item.value)
    return values


@lru_cache(PATTERNS_REMEMBERED)
def _pattern(value: str, *, phone: bool) -> re.Pattern[str]:
    """What finds a value inside a text; a phone number with or without its plus."""
    signs = [_sign(sign) for sign in value]
    if phone and value.startswith("+"):
        signs[0] = f"(?:{signs[0]})?"
    return re.compile("".join(signs), re.IGNORECASE)


def _sign(sign: str) -> str:
    """What finds one character: itself in any case, percent-encoded, or escaped as in JSON.

    Whatever is found is not looked at in another way again: the work grows with the text alone.
    """
    encoded: dict[str, None] = {}
    plain: list[str] = []
    for each in (sign, sign.lower(), sign.upper()):
        # An encoded percent sign is itself encoded where an address is part of another one.
        percent = "".join(f"%{byte:02x}" for byte in each.encode(errors="surrogatepass"))
        encoded[percent.replace("%", "%(?:25){0,3}")] = None
        units = each.encode("utf-16-be", errors="surrogatepass").hex()
        # JSON inside JSON inside JSON inside JSON.
        encoded["".join(rf"\\{{1,15}}+u{units[at : at + 4]}" for at in range(0, len(units), 4))] = (
            None
        )
        if not any(re.fullmatch(form, each, re.IGNORECASE) for form in plain):
            plain.append(re.escape(each))
    if sign == " ":
        plain.append(r"\+")
    return f"(?>{'|'.join([*encoded, *plain])})"


def _quoted(text: str) -> bytes:
    """Spell a text as JSON: halves of surrogate pairs stay escaped."""
    try:
        return json.dumps(text, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(text).encode()
