"""Names of what there is in a workspace; never a value."""

from pydantic import ConfigDict, Field

from api.web.values import Count, Instant, View


class CatalogueEvent(View):
    """Events of one type and name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "track",
                    "name": "Order Completed",
                    "events_30d": {"value": 1200, "exact": True},
                    "last_seen_at": "2026-03-01T09:30:00Z",
                }
            ]
        }
    )

    type: str
    name: str = Field(description="Empty for types without names.")
    events_30d: Count = Field(
        description="Received in 30 days; where there are too many to count, from the share among"
        " the newest."
    )
    last_seen_at: Instant


class CatalogueProperty(View):
    """A property of an event."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"property": "revenue", "share": 0.97, "types": {"number": 0.98, "string": 0.02}}
            ]
        }
    )

    property: str
    share: float = Field(description="Of the sampled events that had it, 0–1.")
    types: dict[str, float] = Field(
        description="JSON type → share among those that had it: string, number, boolean, list,"
        " object."
    )


class CatalogueTrait(View):
    """A trait that people have."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "plan",
                    "types": {"string": 1.0},
                    "people": {"value": 1200, "exact": False},
                }
            ]
        }
    )

    name: str
    types: dict[str, float] = Field(
        description="JSON type → share among the sampled people who had it: string, number,"
        " boolean, list, object."
    )
    people: Count = Field(
        description="Who have it; of more people than are sampled, from the share among those."
    )


class PurposeSegment(View):
    """A segment that serves a purpose."""

    id: int
    name: str


class CataloguePurpose(View):
    """A purpose that people stated something about, or that is configured or needed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "advertising",
                    "granted": {"value": 900, "exact": False},
                    "refused": {"value": 120, "exact": False},
                    "unstated": {"value": 180, "exact": False},
                    "title": "Advertising",
                    "words": "We show you our offers on other sites.",
                    "platforms": ["meta", "google"],
                    "segments": [{"id": 3, "name": "Buyers"}],
                    "exports": [12],
                }
            ]
        }
    )

    purpose: str
    granted: Count
    refused: Count = Field(description="Who refused it, or every purpose.")
    unstated: Count = Field(description="Who said nothing: it counts as not granted.")
    title: str | None = Field(description="As configured; null where it is not.")
    words: str = Field(description="What people are told that they allow.")
    platforms: list[str] = Field(description="Platforms that are sent nobody without it.")
    segments: list[PurposeSegment] = Field(description="Segments that serve it.")
    exports: list[int] = Field(
        description="Exports that serve it and have a file, or are about to have one."
    )


class CatalogueIdentifier(View):
    """An identifier kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "email", "priority": 2, "limit": 5, "match_worth": 3.0}]
        }
    )

    kind: str
    priority: int = Field(description="1 is strongest.")
    limit: int = Field(description="How many one person may have.")
    match_worth: float = Field(description="What it is worth for matching by ad platforms.")
