"""Segments and their members as dashboards see them."""

from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.values import Count, Instant, JsonValue, View


class SegmentView(View):
    """A segment and how many people are in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "name": "consented_customers",
                    "version": 1,
                    "definition": {"builtin": "consented_customers", "purpose": "advertising"},
                    "created_at": "2026-03-01T09:30:00Z",
                    "members": {"value": 1834, "exact": True},
                }
            ]
        }
    )

    id: int
    name: str
    version: int = Field(description="Bumped by every edit of the definition.")
    definition: JsonValue
    created_at: Instant
    members: Count


class Member(View):
    """One person in a segment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"profile_id": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11", "since": "2026-03-01T09:30:00Z", "version": 1}]
        }
    )

    profile_id: UUID
    since: Instant
    version: int = Field(description="Version of the definition that put the person there.")
