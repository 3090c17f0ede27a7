"""The stored events that are the evidence for a node of a rule.

Those that match its filters, with the instant until which each counts.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.changes import HistoryEvent
from domain.segments.definition import WorkspaceDefinitions
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour, Computed, Rfm, Rule
from domain.segments.span import span_ms
from operators.rules.conditions import matcher
from operators.rules.windows import NEVER, Window, bucketer, expirer, window_of
from operators.segments.explain import events_of
from operators.segments.touches import read_properties


class Citation(NamedTuple):
    """One event that is evidence for a node.

    Attributes:
        event: as stored.
        counts_until_ms: when it leaves the node's window; None where it never does.
    """

    event: HistoryEvent
    counts_until_ms: int | None


def cited_filters(
    node: Rule, definitions: WorkspaceDefinitions
) -> tuple[tuple[EventFilter, ...], Window]:
    """Which events a node itself looks at, and in which window.

    No filters where it looks at none.
    """
    everything = window_of(None)
    if isinstance(node, Behaviour):
        return (node.event,), window_of(node.window)
    if isinstance(node, Computed):
        found = [trait.rule for trait in definitions.traits if trait.name == node.name]
        return tuple(trait.event for trait in found), window_of(
            found[0].window
        ) if found else everything
    if isinstance(node, Rfm) and definitions.rfm is not None:
        purchases = definitions.rfm.rule
        return (purchases.event,), Window(span_ms(purchases.look_back), "day")
    return events_of(node), everything


def evidence_for(
    node: Rule, events: Iterable[HistoryEvent], definitions: WorkspaceDefinitions, now_ms: int
) -> list[Citation]:
    """The events that are the evidence for a node at an instant, newest first.

    Args:
        node: a node without children.
        events: the person's stored events of the types and names that the node looks at; others are
            passed over.
        definitions: of the workspace.
        now_ms: the instant; events that no longer count are left out.
    """
    filters, window = cited_filters(node, definitions)
    zone = definitions.time_zone
    bucket_of, expiry = bucketer(window.resolution, zone), expirer(window, zone)
    found = [
        Citation(event, None if until >= NEVER else until)
        for event in events
        if _matches(event, filters, zone) and (until := expiry(bucket_of(event.at_ms))) > now_ms
    ]
    return sorted(
        found, key=lambda citation: (citation.event.at_ms, citation.event.message), reverse=True
    )


def _matches(event: HistoryEvent, filters: Sequence[EventFilter], zone: str) -> bool:
    for wanted in filters:
        if wanted.event_type == event.type and wanted.name in (None, event.name):
            test = matcher(wanted, zone)
            if test is None or test(read_properties(event.properties)):
                return True
    return False
