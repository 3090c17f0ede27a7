"""Segments and their members as clients write and see them."""

from typing import Any, Final

from pydantic import ConfigDict, Field

from api.segments.definitions_schemas import Seen, Status
from api.segments.rules_schemas import Name, Rule, example
from api.segments.shown_rules_schemas import ShownRule
from api.web.texts import DescriptionText, NameText
from api.web.values import Count, Instant, Request, View, Whole
from domain.segments.definition import ADVERTISING
from store.segments.segments import SegmentRow

_RULE: Final[dict[str, Any]] = {
    "type": "all",
    "of": [
        {"type": "lifecycle", "stages": ["customer"]},
        {"type": "consent", "purpose": "advertising"},
    ],
}


class SegmentView(View):
    """A segment and how many people are in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "name": "consented_customers",
                    "description": "Customers at present who consented to advertising.",
                    "purpose": "advertising",
                    "status": "live",
                    "version": 1,
                    "newest_version": 1,
                    "rule": _RULE,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-01T09:30:00Z",
                    "members": {"value": 1834, "exact": True},
                }
            ]
        }
    )

    id: int
    name: str
    description: str
    purpose: str = Field(
        description=(
            "Consent purpose that it serves: who withdraws it is taken off platforms at once."
        )
    )
    status: Status = Field(description="A paused segment keeps the members it had.")
    version: int = Field(description="That is live; 0 before the first publishing.")
    newest_version: int = Field(
        description="That was saved last; a draft where it is above `version`."
    )
    rule: ShownRule | None = Field(description="That is live; null before the first publishing.")
    created_at: Instant
    updated_at: Instant
    members: Count

    @classmethod
    def from_row(cls, row: SegmentRow, members: Count) -> "SegmentView":
        """From the store's row."""
        return cls(
            id=row.id,
            name=row.name,
            description=row.description,
            purpose=row.purpose,
            status=(
                "live" if row.status == "live" else "paused" if row.status == "paused" else "draft"
            ),
            version=row.version,
            newest_version=row.newest,
            rule=row.definition,
            created_at=row.created_at,
            updated_at=row.updated_at,
            members=members,
        )


class SegmentRequest(Request):
    """A new segment."""

    model_config = example(
        name="customers",
        description="Whoever bought and consented.",
        purpose="advertising",
        rule=_RULE,
    )
    name: NameText
    description: DescriptionText = ""
    purpose: Name = Field(default=ADVERTISING, description="Consent purpose that it serves.")
    rule: Rule


class SegmentUpdate(SegmentRequest):
    """A new version of a segment.

    The name and the description change at once, the rule and the purpose by publishing.
    """

    model_config = example(
        name="customers",
        description="Whoever bought and consented.",
        purpose="advertising",
        rule=_RULE,
        version=1,
    )
    version: Seen = None


class RuleRequest(Request):
    """A rule to be checked."""

    model_config = example(rule=_RULE, segment=None)
    rule: Rule
    segment: Whole | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        description="The segment that would have it; null for a new one.",
    )


class CheckedView(View):
    """A rule that could be published now."""

    model_config = example(rule=_RULE)
    rule: ShownRule = Field(description="As it would be stored.")
