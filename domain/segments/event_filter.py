"""Which events count: their type, their name, and conditions on their properties."""

from typing import Annotated, Final, Literal

import msgspec
from annotated_types import MaxLen
from msgspec import Meta

from domain.segments.conditions import Condition
from domain.segments.part import CHILDREN_LIMIT, Name, Part, Text

_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class Where(Part, frozen=True):
    """A condition on one property of an event."""

    example = {"property": "product.category", "condition": {"op": "equals", "value": "shoes"}}
    property: Annotated[Name, Meta(description="Dots lead into objects.")]
    condition: Condition


class EventFilter(Part, frozen=True):
    """Which events count: of one type and name, all of whose conditions hold."""

    example = {
        "name": "Order Completed",
        "where": [{"property": "revenue", "condition": {"op": "at_least", "value": 50}}],
    }
    name: Annotated[Text | None, Meta(description="Null: whatever its name.")]
    event_type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    where: Annotated[tuple[Where, ...], MaxLen(CHILDREN_LIMIT)] = ()


def filter_key(event: EventFilter) -> bytes:
    """Names an event filter.

    Filters are told apart by it and not by ``==``, for which 1 and true are one.
    """
    return _ENCODER.encode(event)
