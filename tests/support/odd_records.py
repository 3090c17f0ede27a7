"""Seeded records that hold any JSON value in any position, and the definitions that look at them:
what no SDK sends and any browser can."""

import json
import random
from typing import Any, Final

import msgspec

from domain.ids import SegmentId, WorkspaceId
from domain.intake.envelope import PREFIX, encode_event
from domain.segments.definition import CONSENTED_CUSTOMERS, Segment, WorkspaceDefinitions
from domain.segments.rule import decode_rule
from tests.support.builders import numbered

RECEIVED_MS: Final = 1_790_000_000_000

_NUMBERS: Final = (
    "0", "-0", "1", "-1", "404", "1.5", "-0.0", "1e2", "1E-400", "1e308", "1e400", "-1e400",
    "1.0e+400", "9007199254740993",
    "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1" + "0" * 40,
    "1" * 308, "9" * 309, "-" + "7" * 400,
    "3" * 5000, "1e-5", "2147483648", "253402300800000",
)  # fmt: skip
_TEXTS: Final = (
    '""', '"a"', '"abc"', '"true"', '"null"', '"u1"', '"\\u0000"', '"a\\u0000b"', '"\\ud83d"',
    '"\\ude00x"', '"\\ud83d\\ude00"', '"é"',
    '"19.99"', '"EUR"', '"2026-11-28T10:00:00Z"', '"2026-02-30"', '"9999-12-31T23:59:59.999Z"',
    '"0001-01-01"', '"mary@example.com"',
    '"+49 30 901820"', '"[object Object]"', '"\\u2028"', '"\\u001f"', '"' + "x" * 600 + '"',
    '"' + "ü" * 1200 + '"', '"NaN"', '"%s"',
)  # fmt: skip
_SIMPLE: Final = (
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"":null}',
    '{"a":{"b":1}}',
    '["a",1,true,null,{"a":[]}]',
)
_BROKEN: Final = (
    "",
    "nul",
    "{",
    "[1,]",
    '{"a":}',
    "NaN",
    "Infinity",
    "01",
    "1.",
    '"\x01"',
    '"\\x41"',
    "\ufeff{}",
    "'a'",
    "undefined",
)
_KEYS: Final = (
    "a",
    "b",
    "c",
    "amount",
    "sku",
    "",
    "a.b",
    "\x1f",
    "é",
    "n" * 300,
    "revenue",
    "__proto__",
)
_FIELDS: Final = (
    "messageId", "userId", "anonymousId", "event", "name", "previousId", "groupId", "timestamp",
    "originalTimestamp", "sentAt", "traits",
    "properties", "context", "integrations", "type", "channel", "version",
)  # fmt: skip
_IDS: Final = frozenset({"userId", "anonymousId", "previousId", "email", "phone"})
_CONTEXT: Final = (
    "traits",
    "device",
    "consent",
    "consentManagement",
    "externalIds",
    "ip",
    "library",
    "page",
)
_TYPES: Final = ("track", "track", "track", "page", "screen", "identify", "group", "alias")
_EVENTS: Final = ("E", "E", "Order Completed", "Viewed", "Platform Report")


def value(rng: random.Random, depth: int = 3) -> str:
    """Any JSON value, spelled; one in some hundred is none."""
    kind = rng.random()
    if depth and kind < 0.3:
        return spelled(
            rng, [(rng.choice(_KEYS), value(rng, depth - 1)) for _ in range(rng.randrange(4))]
        )
    if depth and kind < 0.4:
        return "[" + ",".join(value(rng, depth - 1) for _ in range(rng.randrange(4))) + "]"
    if kind < 0.403:
        return rng.choice(_BROKEN)
    if kind < 0.406:
        deep = rng.choice((30, 63, 64, 65, 200, 900, 5_000))
        return rng.choice(("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep))
    return rng.choice(rng.choice((_NUMBERS, _TEXTS, _TEXTS, _SIMPLE)))


def spelled(_rng: random.Random, fields: list[tuple[str, str]]) -> str:
    """An object; keys may come twice."""
    return "{" + ",".join(f"{json.dumps(name)}:{held}" for name, held in fields) + "}"


def own(rng: random.Random, number: int) -> str:
    """Any value where somebody is named, mostly one of their own: an id that everybody shares ties
    all people into one knot."""
    said = value(rng)
    if rng.random() < 0.005 or not said or said[0] not in '"0123456789':
        return said
    return f'{said[:-1]}{number}"' if said[0] == '"' else f"{number}"


def message(rng: random.Random, number: int, people: int) -> str:
    """A plain message with one to three positions that hold anything."""
    person = rng.randrange(people)
    fields = {
        "type": json.dumps(rng.choice(_TYPES)),
        "messageId": json.dumps(f"m{number if rng.random() < 0.97 else rng.randrange(number + 1)}"),
        "userId": json.dumps(f"user-{person}"),
        "event": json.dumps(rng.choice(_EVENTS)),
        "previousId": json.dumps(f"old-{person}"),
        "groupId": '"g"',
        "properties": spelled(
            rng, [("amount", str(rng.randrange(100))), ("sku", '"x"'), ("revenue", "12.5")]
        ),
    }
    if rng.random() < 0.5:
        fields["anonymousId"] = json.dumps(
            f"device-{person if rng.random() < 0.98 else rng.randrange(people)}"
        )
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        where = rng.random()
        if where < 0.35:
            field = rng.choice(_FIELDS)
            fields[field] = own(rng, number) if field in _IDS else value(rng)
        elif where < 0.65:
            held = [(rng.choice(_KEYS), value(rng)) for _ in range(rng.randrange(1, 5))]
            fields["properties"] = spelled(rng, [("amount", str(rng.randrange(100))), *held])
        elif where < 0.8:
            names = [
                rng.choice(("email", "phone", "plan", *_KEYS)) for _ in range(rng.randrange(1, 4))
            ]
            fields["traits"] = spelled(
                rng, [(name, own(rng, number) if name in _IDS else value(rng)) for name in names]
            )
        else:
            fields["context"] = spelled(
                rng, [(rng.choice(_CONTEXT), value(rng)) for _ in range(rng.randrange(1, 3))]
            )
    return spelled(rng, list(fields.items()))


def record(rng: random.Random, number: int, source: int, people: int) -> bytes:
    """A record of the log: a message as the collector wraps it, and sometimes what only somebody
    else writes."""
    raw = message(rng, number, people).encode("utf-8", "surrogatepass")
    kind = rng.random()
    if kind < 0.96:
        return encode_event(source, RECEIVED_MS + number, 0, raw)
    if kind < 0.97:
        return raw  # without an envelope, of no source
    if kind < 0.98:
        return encode_event(source, RECEIVED_MS, 0, raw)[: rng.randrange(1, 60)]  # cut off
    if kind < 0.985:
        return rng.randbytes(rng.randrange(200))
    surroundings = [
        (name, value(rng, 1))
        for name in ("source", "received", "sent", "message_id", "command")
        if rng.random() < 0.4
    ]
    return PREFIX + (
        spelled(rng, [*surroundings, ("event", raw.decode("utf-8", "replace"))])[1:]
    ).encode("utf-8", "replace")


def records(seed: int, count: int, source: int, people: int) -> list[bytes]:
    """So many records; the same seed gives the same ones."""
    rng = random.Random(seed)
    return [record(rng, number, source, people) for number in range(count)]


def looked_at(workspace: WorkspaceId, revision: int) -> WorkspaceDefinitions:
    """Segments that read odd properties and traits in every way."""
    event: dict[str, Any] = {"name": "E"}
    where = [{"property": "amount", "condition": {"op": "at_least", "value": 50}}]
    rules: list[dict[str, Any]] = [
        {
            "type": "event",
            "event": event | {"where": where},
            "condition": {"op": "at_least", "value": 1},
        },
        {
            "type": "event",
            "event": {"name": None, "event_type": "page"},
            "measure": "unique",
            "property": "sku",
            "condition": {"op": "at_least", "value": 2},
        },
        {
            "type": "event",
            "event": event,
            "measure": "sum",
            "property": "a",
            "window": "48h",
            "condition": {"op": "at_least", "value": 2},
        },
        {
            "type": "event",
            "event": event,
            "measure": "maximum",
            "property": "b",
            "condition": {"op": "at_most", "value": 10**9},
        },
        {
            "type": "event",
            "event": event,
            "measure": "average",
            "property": "a.b",
            "condition": {"op": "greater_than", "value": 0.5},
        },
        {"type": "trait", "name": "a", "condition": {"op": "not_equals", "value": 1}},
        {"type": "trait", "name": "plan", "condition": {"op": "contains", "value": "a"}},
    ]
    decoded = [CONSENTED_CUSTOMERS, *(decode_rule(msgspec.json.encode(rule)) for rule in rules)]
    segments = tuple(
        Segment(SegmentId(number), workspace, 1, rule, revision=revision)
        for number, rule in enumerate(decoded, 1)
    )
    return numbered(WorkspaceDefinitions(workspace, revision, segments=segments))
