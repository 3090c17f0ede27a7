"""Turns the body of a collector request into records of the event log.

Each event's bytes stay as the client sent them.

Strict JSON takes the fast path. What lenient clients send – NaN, Infinity, control characters in
strings, halves of surrogate pairs, a byte order mark – is read the slow way, so that one such value
does not cost the whole batch; NaN and infinities become null. An event that is no object, names
nobody or has no type is appended all the same: the engine keeps it as a dead letter with the
reason.
"""

import codecs
import json
import math
import re
import secrets
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from api.collector.errors import Refusal
from config.collector import CollectorParams
from domain.event import EVENT_TYPES
from domain.intake.envelope import event_head, wrap_event
from domain.intake.partitioning import Ids, loose_key, partition_key
from domain.values import Json
from sinks.intake.log import Entry
from sources.intake.consent import ESCAPED, speaks_of_consent
from sources.intake.message import instant_ms

_Found = TypeVar("_Found", "_Batch", "_Single")

_INTEGER_DIGITS_LIMIT: Final = 400
"""Longer integers have no meaning as a number and take quadratic time to read."""
_ESCAPED_BYTES: Final = "".join(chr(byte if byte < 0x80 else 0xDC00 + byte) for byte in range(256))
_HALF_PAIRS: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that stand for no byte."""
_LIKELY_KEY: Final = re.compile(r'"writeKey"\s{0,16}:\s{0,16}"([^"\\]{1,256})"')
_LIKELY_KEYS: Final = 4
_CONTEXT_KEY: Final = b'"context"'


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw]
    write_key: msgspec.Raw = msgspec.Raw()
    sent_at: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()
    integrations: msgspec.Raw = msgspec.Raw()


class _Single(msgspec.Struct, rename="camel", gc=False):
    type: msgspec.Raw = msgspec.Raw()
    write_key: msgspec.Raw = msgspec.Raw()
    sent_at: msgspec.Raw = msgspec.Raw()


class _Ambient(msgspec.Struct, gc=False):
    context: msgspec.Raw = msgspec.Raw()
    integrations: msgspec.Raw = msgspec.Raw()


_BATCH: Final = msgspec.json.Decoder(_Batch)
_SINGLE: Final = msgspec.json.Decoder(_Single)
_IDS: Final = msgspec.json.Decoder(Ids)
_AMBIENT: Final = msgspec.json.Decoder(_Ambient)
_Scalar = str | int | float | None
_SCALAR: Final[msgspec.json.Decoder[_Scalar]] = msgspec.json.Decoder(_Scalar)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


class Body(NamedTuple):
    """A body that has been read.

    Attributes:
        events: one JSON value each, as sent.
        write_key: the body's own, empty where it names none.
        sent_ms: the client's ``sentAt``, ms since 1970; 0 where absent or no instant.
        defaults: members for events that lack them: ``("context", b"{…}")``.
    """

    events: Sequence[bytes | msgspec.Raw]
    write_key: str
    sent_ms: int
    defaults: Sequence[tuple[str, bytes]]


class NotStrictError(Exception):
    """The body has to be read the slow way: it is no strict JSON, or has a member twice that counts twice."""


def read_batch(raw: bytes, params: CollectorParams, *, lenient: bool = True) -> Body:
    """Read ``{"batch":[…]}``.

    A ``context`` or ``integrations`` beside ``batch`` goes to the events that have none of their
    own. A ``context`` that speaks of consent goes to every event: where one has its own as well,
    the engine reads the consent of both, and all else from its own. Where ``context`` comes twice,
    so does it in the events.

    Raises:
        Refusal: 400, or 413 where repeating the defaults would make the batch larger than a body
            may be.
        NotStrictError: only where it must not be read leniently, or not the slow way for the sake
            of a ``context`` that comes twice.
    """
    found, strict = _decode(_BATCH, raw, lenient=lenient)
    if len(found.batch) > params.batch_limit_events:
        raise Refusal("too_many_events")
    ambient = [("context", value) for value in _contexts(strict, found, lenient=lenient)] + [
        ("integrations", bytes(found.integrations))
    ]
    defaults = [
        (name, value)
        for name, value in ambient
        if value and (value.startswith(b"{") or _for_all(name, value))
    ]
    if sum(len(value) for _, value in defaults) * len(found.batch) > params.body_limit_bytes:
        raise Refusal("body_too_large")
    return Body(found.batch, _text(found.write_key), _sent_ms(found.sent_at), defaults)


def _contexts(body: bytes, found: _Batch, *, lenient: bool) -> list[bytes]:
    """Every ``context`` beside a batch, the last one first.

    The decoder hands out the last one alone.

    Raises:
        Refusal: 400, it is nested too deep to tell.
        NotStrictError: only where it must not be read the slow way, and there may be another one.
    """
    last = bytes(found.context)
    if not last or not _may_hide_another(body, found.batch):
        return [last] if last else []
    if not lenient:
        raise NotStrictError
    try:
        members = _loaded(_text_of(body))
    except RecursionError:
        raise Refusal("too_deep") from None
    return [_dumped(value) for name, value in reversed(members.items()) if name == "context"]


def _may_hide_another(body: bytes, events: Sequence[msgspec.Raw]) -> bool:
    """Whether beside a batch, which has a ``context``, its name stands once more, or some name that may be it is spelled with escapes."""
    inside = [bytes(event) for event in events]
    if body.count(_CONTEXT_KEY) - sum(event.count(_CONTEXT_KEY) for event in inside) > 1:
        return True
    return len(ESCAPED.findall(body)) > sum(len(ESCAPED.findall(event)) for event in inside)


def read_single(raw: bytes, kind: str, *, lenient: bool = True) -> Body:
    """Read one event from a path that names its type; a body without ``type`` gets it.

    Raises:
        Refusal: 400.
        NotStrictError: only where it must not be read leniently.
    """
    found, strict = _decode(_SINGLE, raw, lenient=lenient)
    event = strict.strip()
    if not bytes(found.type):
        event = _with_member(event, "type", b'"%b"' % kind.encode())
    return Body([event], _text(found.write_key), _sent_ms(found.sent_at), ())


def likely_keys(raw: bytes) -> list[str]:
    """What looks like a write key somewhere in a body that is no strict JSON: few, in order, and without reading the body.

    The lenient reading costs much more than the strict one. It is worth it only where one of these
    is a key.
    """
    try:
        text = _text_of(raw)
    except UnicodeDecodeError:
        return []
    return [found[1] for found in islice(_LIKELY_KEY.finditer(text), _LIKELY_KEYS)]


def records(body: Body, source: int, received_ms: int, params: CollectorParams) -> list[Entry]:
    """Wrap every event for the log.

    Args:
        body: the request's events.
        source: id of the source that the write key belongs to.
        received_ms: arrival, ms since 1970.
        params: limits.

    Returns:
        Partition key and record of each event, in order.

    Raises:
        Refusal: 400, an event is too large.
    """
    entries: list[Entry] = []
    limit, head = params.event_limit_bytes, event_head(source, received_ms, body.sent_ms)
    for raw in body.events:
        event = bytes(raw)
        if len(event) > limit:
            raise Refusal("event_too_large")
        message_id = ""
        try:
            if body.defaults:
                event = _complete(event, body.defaults)
                if len(event) > limit:
                    raise Refusal("event_too_large")
            ids = _IDS.decode(event)
            if not ids.message_id:
                message_id = new_message_id()
            key = partition_key(ids.user_id, ids.anonymous_id, ids.message_id or message_id)
        except (msgspec.DecodeError, UnicodeDecodeError):
            message_id, key = _odd(event)
        entries.append((key, wrap_event(head, event, message_id)))
    return entries


def new_message_id() -> str:
    """Name an event whose client did not: random, because equal content may well be two events."""
    return secrets.token_hex(16)


def _odd(event: bytes) -> tuple[str, bytes]:
    """A message id, where it lacks one, and a partition key for something that is hardly an event."""
    try:
        fields = _OBJECT.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = {}
    message_id = "" if fields.get("messageId") else new_message_id()
    return message_id, loose_key(fields, message_id)


def _complete(event: bytes, defaults: Sequence[tuple[str, bytes]]) -> bytes:
    own = _AMBIENT.decode(event)
    for name, value in defaults:
        if not bytes(getattr(own, name)) or _for_all(name, value):
            event = _with_member(event, name, value)
    return event


def _for_all(name: str, value: bytes) -> bool:
    """Whether a batch's member is no default but goes to every event: what is said about consent is not lost to a context beside it."""
    return name == "context" and speaks_of_consent(value)


def _with_member(event: bytes, name: str, value: bytes) -> bytes:
    """An object with one more member in front."""
    rest = event[1:].lstrip()
    return b'{"%b":%b%b%b' % (name.encode(), value, b"" if rest.startswith(b"}") else b",", rest)


def _text(raw: msgspec.Raw) -> str:
    value = _scalar(raw)
    return value if isinstance(value, str) else ""


def _sent_ms(raw: msgspec.Raw) -> int:
    try:
        return instant_ms(_scalar(raw)) or 0
    except (ValueError, OverflowError):
        return 0


def _scalar(raw: msgspec.Raw) -> _Scalar:
    if not bytes(raw):
        return None
    try:
        return _SCALAR.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _decode(
    decoder: msgspec.json.Decoder[_Found], raw: bytes, *, lenient: bool
) -> tuple[_Found, bytes]:
    """Read strictly, else the slow way; also gives the bytes that were read in the end.

    Raises:
        Refusal: 400.
        NotStrictError: only where it must not be read the slow way.
    """
    try:
        try:
            return decoder.decode(raw), raw
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            if not lenient:
                raise NotStrictError from None
            relaxed = _relaxed(raw)
            return decoder.decode(relaxed), relaxed
    except msgspec.ValidationError:
        raise Refusal("invalid_body") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refusal("invalid_json") from None
    except RecursionError:
        raise Refusal("too_deep") from None


def _relaxed(raw: bytes) -> bytes:
    """The same JSON in strict spelling.

    Bytes that are not UTF-8 are kept as they are, so that two ids that differ in them never become
    one.

    Raises:
        Refusal: 400, it is not JSON even in a lenient reading.
    """
    try:
        return _dumped(_loaded(_text_of(raw)))
    except (ValueError, UnicodeDecodeError):
        raise Refusal("invalid_json") from None


def _loaded(text: str) -> Json:
    return json.loads(
        text,
        parse_constant=lambda _: None,
        parse_float=_finite,
        parse_int=_bounded,
        strict=False,
        object_pairs_hook=_Members,
    )


def _dumped(value: Json) -> bytes:
    return _bytes_of(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _text_of(raw: bytes) -> str:
    """The text of a body in any encoding of Unicode.

    Where UTF-8 is broken, each byte beyond ASCII stands for itself, as in PEP 383.
    """
    encoding = json.detect_encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if not encoding.startswith("utf-8"):
            raise
    return codecs.charmap_decode(raw.removeprefix(codecs.BOM_UTF8), "strict", _ESCAPED_BYTES)[0]


def _bytes_of(text: str) -> bytes:
    """The opposite of `_text_of`; half of a surrogate pair becomes U+FFFD.

    With Python's own error handler: it calls any other one for every character of a run with all of
    the run, which is quadratic.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF_PAIRS.sub("\ufffd", text).encode(errors="surrogateescape")


class _Members(dict[str, Any]):
    """An object that is written as it was read: a key that comes twice stays twice, for the decoder to say what counts."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:  # noqa: ANN401 - what the JSON encoder iterates over
        """All members, in their order."""
        return self._pairs


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _bounded(text: str) -> int | None:
    return int(text) if len(text) <= _INTEGER_DIGITS_LIMIT else None


SINGLE_TYPES: Final = {path: kind for kind in EVENT_TYPES for path in (kind, kind[0])}
"""Path segment → event type: ``track`` and ``t``, and so on; all first letters differ."""
