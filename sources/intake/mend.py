"""Leaves an optional field of the wrong type out of an event, and names it.

Such a field affects nothing else of the event.

What makes an event one – its type, a track's name, who it is about – is left as it stands, for the
decoder to judge. Pure.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

DEPTH_READ: Final = 128
"""Deepest record that is read as it stands: parsers bear a few hundred levels."""
_DEPTH_KEPT: Final = 64
"""Deepest value that is kept of an event that is deeper."""
_DEPTH_JUDGED: Final = 70
"""Deepest value that is kept of what others judge by its depth: less would pass."""


class Device(msgspec.Struct, rename="camel", gc=False):
    """``context.device``, as far as it is read."""

    advertising_id: str | None = None
    ad_tracking_enabled: bool | None = None


class ExternalId(msgspec.Struct, gc=False):
    """One of ``context.externalIds``."""

    id: str | int | float | None = None
    type: str | None = None


_Scalar = str | int | float | None
_Fields = dict[str, msgspec.Raw]

_FIELDS: Final = msgspec.json.Decoder(_Fields)
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_SCALAR: Final[msgspec.json.Decoder[_Scalar]] = msgspec.json.Decoder(_Scalar)
_TEXT: Final[msgspec.json.Decoder[str | None]] = msgspec.json.Decoder(str | None)
_OF_DEVICE: Final = {
    field.encode_name: msgspec.json.Decoder(field.type) for field in msgspec.structs.fields(Device)
}
_TRACKING: Final = "adTrackingEnabled"
_EXTERNAL: Final = msgspec.json.Decoder(ExternalId)
_ANY: Final = msgspec.json.Decoder()
_UNREADABLE_INSTANT: Final = msgspec.Raw(b'"unreadable"')
_NO: Final = msgspec.Raw(b"false")
_READ_OF_CONTEXT: Final = ("consent", "consentManagement", "ip")
"""Members of a context that are passed on as they are: others read them."""
_IDS: Final = ("userId", "anonymousId", "groupId", "previousId")
_INSTANTS: Final = ("timestamp", "originalTimestamp", "sentAt")
_HALF: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))
_JUDGED: Final = frozenset({b'"traits"', b'"properties"'})
_WHOLE_PAIR_BYTES: Final = 12


def mended(payload: bytes, *, ids: bool = False) -> tuple[bytes, tuple[str, ...]]:
    """The event without what is optional and unreadable, and the names of those fields.

    An empty list is an empty object: it is how PHP spells one. A device whose ``adTrackingEnabled``
    is neither true nor false limits it.

    Args:
        payload: JSON.
        ids: whether ids that name nobody are left out, too; for the sake of those that do.

    Raises:
        msgspec.DecodeError: it is no JSON object.
    """
    fields = _FIELDS.decode(payload)
    odd: dict[str, None] = {}
    kind = _text(fields.get("type"))
    for name in ("messageId", "name", *_unread(kind), *(_IDS if ids else ())):
        if name in fields and not _is(_SCALAR, fields[name]):
            del fields[name]
            odd[name] = None
    for name in _INSTANTS:
        if name in fields and not _is(_SCALAR, fields[name]):
            fields[name] = _UNREADABLE_INSTANT
    _put(fields, "traits", _traits, odd)
    _put(fields, "context", _context, odd)
    return msgspec.json.encode(fields), tuple(odd)


def _unread(kind: str) -> Iterable[str]:
    """Fields that are read for one type of events only, and not for this one."""
    return [
        name
        for name, reader in (("event", "track"), ("groupId", "group"), ("previousId", "alias"))
        if reader != kind
    ]


def _put(
    fields: _Fields,
    name: str,
    mend: Callable[[msgspec.Raw, dict[str, None]], msgspec.Raw | None],
    odd: dict[str, None],
) -> None:
    """Mend a member, or take it out where nothing of it is left."""
    raw = fields.get(name)
    if raw is not None:
        found = mend(raw, odd)
        if found is None:
            del fields[name]
        else:
            fields[name] = found


def _members(raw: msgspec.Raw, name: str, odd: dict[str, None]) -> _Fields:
    """The members of an object.

    None where it is null, or an empty list, or anything else, which is odd.
    """
    if bytes(raw) == b"null":
        return {}
    try:
        return _FIELDS.decode(raw)
    except msgspec.ValidationError:
        if not _is_empty_list(raw):
            odd[name] = None
        return {}


def _traits(raw: msgspec.Raw, odd: dict[str, None], name: str = "traits") -> msgspec.Raw:
    members = _members(raw, name, odd)
    kept = {trait: value for trait, value in members.items() if _is(_ANY, value)}
    if len(kept) < len(members):
        odd[name] = None
    return msgspec.Raw(msgspec.json.encode(kept))


def _context(raw: msgspec.Raw, odd: dict[str, None]) -> msgspec.Raw:
    members = _members(raw, "context", odd)
    kept: _Fields = {name: members[name] for name in _READ_OF_CONTEXT if name in members}
    for name, mend in (
        ("traits", _ambient_traits),
        ("device", _device),
        ("externalIds", _externals),
    ):
        if name in members:
            kept[name] = mend(members[name], odd)
    return msgspec.Raw(msgspec.json.encode(kept))


def _ambient_traits(raw: msgspec.Raw, odd: dict[str, None]) -> msgspec.Raw:
    return _traits(raw, odd, "context.traits")


def _device(raw: msgspec.Raw, odd: dict[str, None]) -> msgspec.Raw:
    members = _members(raw, "context.device", odd)
    kept: _Fields = {}
    for name, reader in _OF_DEVICE.items():
        if name not in members:
            continue
        if _is(reader, members[name]):
            kept[name] = members[name]
        else:
            odd[f"context.device.{name}"] = None
            if name == _TRACKING:
                kept[name] = _NO
    return msgspec.Raw(msgspec.json.encode(kept))


def _externals(raw: msgspec.Raw, odd: dict[str, None]) -> msgspec.Raw:
    try:
        items = _ITEMS.decode(raw)
    except msgspec.ValidationError:
        items = []
        if bytes(raw) != b"null" and not _is_empty_object(raw):
            odd["context.externalIds"] = None
    kept = [item for item in items if _is(_EXTERNAL, item)]
    if len(kept) < len(items):
        odd["context.externalIds"] = None
    return msgspec.Raw(msgspec.json.encode(kept))


def _is(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw) -> bool:
    try:
        decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_empty_list(raw: msgspec.Raw) -> bool:
    try:
        return not _ITEMS.decode(raw)
    except msgspec.ValidationError:
        return False


def _is_empty_object(raw: msgspec.Raw) -> bool:
    try:
        return not _FIELDS.decode(raw)
    except msgspec.ValidationError:
        return False


def _text(raw: msgspec.Raw | None) -> str:
    if raw is None:
        return ""
    try:
        return _TEXT.decode(raw) or ""
    except msgspec.ValidationError:
        return ""


def whole_characters(payload: bytes) -> bytes:
    r"""Return the same JSON with U+FFFD for every escaped half of a surrogate pair.

    >>> whole_characters(rb'["\ud83d", "\ud83d\ude42", "\\ud83d"]')
    b'["\\ufffd", "\\ud83d\\ude42", "\\\\ud83d"]'
    """
    return _HALF.sub(lambda found: b"\\ufffd" if _is_half(found[0]) else found[0], payload)


def _is_half(escape: bytes) -> bool:
    return len(escape) > len(rb"\n") and len(escape) < _WHOLE_PAIR_BYTES


def too_deep(record: bytes) -> bool:
    """Whether JSON is nested more deeply than `DEPTH_READ`.

    Found out without a parser, so that it depends on the bytes alone.

    >>> too_deep(b"[" * 128 + b"]" * 128), too_deep(b"[" * 129 + b"]" * 129)
    (False, True)
    >>> too_deep(b"[{}]" * 500)
    False
    """
    shape = _STRING.sub(b"", record).translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(DEPTH_READ):
        if not shape:
            return False
        shape = shape.replace(b"[]", b"")
    return bool(shape)


def shallow(record: bytes, around: int = 0) -> bytes:
    """The same record with null in place of whatever lies too deep in a member of its event.

    Args:
        record: JSON.
        around: in how many objects the event lies.

    >>> shallow(b'{"context":{"a":' + b"[" * 100 + b"]" * 100 + b'}}').count(b"[") < 64
    True
    """
    kept: list[bytes] = []
    depth = begin = 0
    outer, limit, cut = b"", _DEPTH_KEPT, 0
    for token in _TOKEN.finditer(record):
        sign = token[0]
        if sign in b"[{":
            if depth == around + 1:
                limit = _DEPTH_JUDGED if outer in _JUDGED else _DEPTH_KEPT
            depth += 1
            if depth == around + limit and not cut:
                cut = depth
                kept.append(record[begin : token.start()] + b"null")
        elif sign in b"]}":
            if cut and depth == cut:
                cut, begin = 0, token.end()
            depth -= 1
        elif depth == around + 1:
            outer = sign
    return b"".join([*kept, record[begin:]])
