"""Valid objects for tests, with one thing changed."""

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from domain.event import Allow, Batch, Erase, Event, Identifier, Order, Record, Unmerge
from domain.ids import AggregateId, IdentifierKey, SegmentId, SourceId, WorkspaceId
from domain.intake.envelope import encode_event
from domain.keys import identifier_key, message_key
from domain.policies import IdentityRules, KindRule, ProfileRules
from domain.segments.definition import CONSENTED_CUSTOMERS, Aggregate, Segment, WorkspaceDefinitions
from operators.aggregates.plan import aggregate_specs
from operators.segments.compile_definitions import compile_program
from operators.unify.definitions import Definitions

SALT = b"a test's salt"
WORKSPACE = WorkspaceId(1)
SOURCE = SourceId(1)
REVISION = 1
"""Of definitions in tests, and of a database that was just migrated."""
SEGMENT = Segment(SegmentId(1), WORKSPACE, 1, CONSENTED_CUSTOMERS, revision=REVISION)
NOON_MS = 1_790_000_000_000
"""An instant in September 2026."""

_numbers = itertools.count(1)


def identifier(name: str) -> Identifier:
    """``user_id:u1`` → an identifier; the prefixes u, e, p, d, a stand for the five kinds."""
    kinds = {"u": "user_id", "e": "email", "p": "phone", "d": "device_id", "a": "anonymous_id"}
    kind = kinds[name[0]]
    return Identifier(identifier_key(SALT, kind, name), kind, name)


def key(name: str) -> IdentifierKey:
    """Key of `identifier`."""
    return identifier(name).key


def event(*names: str, at_ms: int = 0, message: str = "", **fields: Any) -> Event:
    """An event that names identifiers, strongest first."""
    message = message or f"m{next(_numbers)}"
    values: dict[str, Any] = {
        "workspace": WORKSPACE,
        "source": SOURCE,
        "type": "track",
        "name": "Viewed",
        "message_key": message_key(SALT, message),
        "message_id": message,
        "identifiers": tuple(identifier(name) for name in names),
        "occurred_ms": NOON_MS + at_ms,
        "received_ms": NOON_MS + max(at_ms, 0),
        "payload": b"{}",
    }
    return Event(**(values | fields))


def order(*names: str, amount_minor: int = 100, **fields: Any) -> Event:
    """A purchase in dollars."""
    return event(*names, name="Order Completed", order=Order("USD", amount_minor), **fields)


def unmerge(
    *pairs: tuple[str, str], at_ms: int = 0, message: str = "", reason: str = "wrong"
) -> Unmerge:
    """An operator's command that bans links."""
    return Unmerge(links=_links(pairs), **_command(at_ms, message, reason))


def allow(*pairs: tuple[str, str], at_ms: int = 0, message: str = "") -> Allow:
    """An operator's command that lifts the ban of links."""
    return Allow(links=_links(pairs), **_command(at_ms, message, "right after all"))


def erase(*names: str, at_ms: int = 0, until_ms: int | None = None, message: str = "") -> Erase:
    """An operator's command that erases identifiers."""
    until_ms = NOON_MS + at_ms if until_ms is None else until_ms
    keys = tuple(sorted(key(name) for name in names))
    return Erase(
        identifiers=keys, until_ms=until_ms, **_command(at_ms, message, "they asked for it")
    )


def _links(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[IdentifierKey, IdentifierKey], ...]:
    return tuple((key(one), key(other)) for one, other in pairs)


def _command(at_ms: int, message: str, reason: str) -> dict[str, Any]:
    message = message or f"c{next(_numbers)}"
    return {
        "workspace": WORKSPACE,
        "message_key": message_key(SALT, message),
        "message_id": message,
        "author": "tester",
        "reason": reason,
        "received_ms": NOON_MS + at_ms,
        "payload": b"{}",
    }


def definitions(
    *, profile: ProfileRules | None = None, segments: Sequence[Segment] = (SEGMENT,), **limits: int
) -> Definitions:
    """Default definitions with other limits per kind (``user_id=2``) or in total (``total=3``)."""
    total = limits.pop("total", 1_000)
    kinds = {
        kind: KindRule(rule.priority, limits.get(kind, rule.limit))
        for kind, rule in IdentityRules().kinds.items()
    }
    live = numbered(WorkspaceDefinitions(WORKSPACE, REVISION, segments=tuple(segments)))
    rules = IdentityRules(kinds=kinds, total_limit=total)
    return Definitions(
        rules, profile or ProfileRules(), {WORKSPACE: compile_program(live)}, REVISION
    )


def numbered(live: WorkspaceDefinitions) -> WorkspaceDefinitions:
    """Definitions with an aggregate for all that they ask for, as after a first publishing."""
    aggregates = tuple(
        Aggregate(AggregateId(number), spec) for number, spec in enumerate(aggregate_specs(live), 1)
    )
    return replace(live, aggregates=aggregates, newest_aggregate=len(aggregates))


def batch(
    messages: Iterable[dict[str, Any] | bytes],
    *,
    start: int = 0,
    partition: int = 0,
    log: str = "test",
) -> Batch:
    """A batch of Segment messages as the collector would have written them."""
    records = tuple(
        Record(
            start + place,
            0,
            encode_event(
                SOURCE,
                NOON_MS + place,
                0,
                raw if isinstance(raw, bytes) else json.dumps(raw).encode(),
            ),
        )
        for place, raw in enumerate(messages)
    )
    return Batch(log, partition, start, start + len(records), records)
