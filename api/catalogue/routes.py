"""What there is in a workspace, by name: events, their properties, identifier kinds."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from api.catalogue.schemas import CatalogueEvent, CatalogueIdentifier, CatalogueProperty
from api.web.deps import PoolDep, Reader, SettingsDep, require
from api.web.paging import LIMIT_MAX, Page
from api.web.values import Count, now
from domain.signals import metrics
from operators.detection.shapes import spell
from store.counting import estimate
from store.profiles import catalogue
from store.profiles.catalogue import Shape

LOOK: Final = 50_000
"""Newest events that are looked at."""
COUNTERS: Final = 100_000
"""Newest counters of each source that are looked at for the shapes of events."""
_MONTH: Final = timedelta(days=30)
_RECEIVED: Final = "FROM events WHERE workspace_id = %(workspace)s AND received_at >= %(since)s"

router = APIRouter(prefix="/cdp/catalogue", tags=["catalogue"])


@router.get("/events", summary="List event names")
async def list_event_names(
    caller: Reader,
    pool: PoolDep,
    search: Annotated[str, Query(max_length=200, description="Part of the name or type.")] = "",
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Names at most.")] = 50,
) -> Page[CatalogueEvent]:
    """Types and names of events of the last 30 days, the most frequent first.

    Of more than 50,000 events the newest are looked at: names among none of them are not listed.
    """
    since = now() - _MONTH
    text = search.replace("\0", "\ufffd")
    rows = await catalogue.named_events(pool, caller.workspace, since, text, LOOK, limit)
    exact, scale = True, 1.0
    if rows and rows[0].looked >= LOOK:
        params = {"workspace": caller.workspace, "since": since}
        exact, scale = False, max(1.0, await estimate(pool, _RECEIVED, params) / LOOK)
    items = [
        CatalogueEvent(
            type=row.type,
            name=row.name,
            events_30d=Count(value=round(row.events * scale), exact=exact),
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    ]
    return Page(items=items, next=None)


@router.get("/properties", summary="List an event's properties")
async def list_event_properties(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    name: Annotated[str, Query(max_length=1024, examples=["Order Completed"])] = "",
    type: Annotated[
        str, Query(max_length=32, description="Of events without a name.", examples=["identify"])
    ] = "",
) -> Page[CatalogueProperty]:
    """Properties of events of a name of the last day, the most frequent first.

    From a sample, whose events are looked at for names and JSON types alone. Events of the same
    name are taken together, whatever their type. Of a source with more counters than are looked at,
    the newest hours of the day count.
    """
    spelled = spell(name or type, settings.profile.shapes.length)
    since = now() - timedelta(days=1)
    rows = await catalogue.shapes(pool, caller.workspace, since, spelled, COUNTERS)
    return Page(items=_properties(rows), next=None)


def _properties(rows: Iterable[Shape]) -> list[CatalogueProperty]:
    looked, found = 0.0, defaultdict[str, dict[str, float]](dict)
    for row in rows:
        parts = row.metric.split(metrics.PART)
        if len(parts) == 3:
            found[parts[1]][parts[2]] = row.events
        else:
            looked += row.events
    items = [_property(name, types, looked) for name, types in found.items()]
    return sorted(items, key=lambda one: (-one.share, one.property))


def _property(name: str, types: dict[str, float], looked: float) -> CatalogueProperty:
    had = sum(types.values())
    return CatalogueProperty(
        property=name,
        share=min(1.0, had / looked) if looked else 0.0,
        types={kind: count / had for kind, count in sorted(types.items())},
    )


@router.get(
    "/identifiers", summary="List identifier kinds", dependencies=[Depends(require("read"))]
)
async def list_identifier_kinds(settings: SettingsDep) -> Page[CatalogueIdentifier]:
    """The kinds that this installation knows, strongest first."""
    weights = settings.profile.match_weights
    kinds = sorted(settings.identity.kinds.items(), key=lambda item: (item[1].priority, item[0]))
    items = [
        CatalogueIdentifier(
            kind=name,
            priority=rule.priority,
            limit=rule.limit,
            match_worth=weights.get(name, 0.0),
        )
        for name, rule in kinds
    ]
    return Page(items=items, next=None)
