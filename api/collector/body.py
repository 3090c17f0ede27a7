"""Turns the body of a collector request into records of the event log.

Each event's bytes stay as the client sent them.

Strict JSON takes the fast path. What lenient clients send – NaN, Infinity, control characters in
strings, halves of surrogate pairs, a byte order mark – is read the slow way, so that one such value
does not cost the whole batch; NaN and infinities become null. An event that is no object, names
nobody or has no type is appended all the same: the engine keeps it as a dead letter with the
reason.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from api.collector import lenient as lenient_json
from api.collector.errors import Refusal
from config.collector import CollectorParams
from domain.event import EVENT_TYPES
from domain.intake.envelope import event_head, wrap_event
from domain.intake.partitioning import Ids, loose_key, partition_key
from sinks.intake.log import Entry
from sources.intake.consent import ESCAPED, mentions_consent
from sources.intake.message import instant_ms

_Found = TypeVar("_Found", "_Batch", "_Single")

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
    """The body has to be read the slow way.

    It is no strict JSON, or has a member twice that counts twice.
    """


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
        members = lenient_json.loaded(lenient_json.text_of(body))
    except RecursionError:
        raise Refusal("too_deep") from None
    return [
        lenient_json.dumped(value) for name, value in reversed(members.items()) if name == "context"
    ]


def _may_hide_another(body: bytes, events: Sequence[msgspec.Raw]) -> bool:
    """Whether a batch may have another ``context`` beside it, its name perhaps escaped."""
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
    """A partition key for something that is hardly an event, and an id where it lacks one."""
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
    """Whether a batch's member goes to every event, so that no context hides its consent."""
    return name == "context" and mentions_consent(value)


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
            relaxed = lenient_json.relaxed(raw)
            return decoder.decode(relaxed), relaxed
    except msgspec.ValidationError:
        raise Refusal("invalid_body") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refusal("invalid_json") from None
    except RecursionError:
        raise Refusal("too_deep") from None


SINGLE_TYPES: Final = {path: kind for kind in EVENT_TYPES for path in (kind, kind[0])}
"""Path segment → event type: ``track`` and ``t``, and so on; all first letters differ."""
