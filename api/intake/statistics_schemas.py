"""Counts of dead letters as dashboards see them."""

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from domain.failure import REASONS
from store.intake.dead_letters import DeadLetterGroup

_AT = "2026-03-01T09:30:00Z"


class DeadLetterGroupView(View):
    """Dead letters of one reason and source."""

    reason: str = Field(description="Reason code.")
    explanation: str = Field(description="What the code means.")
    source_id: int | None = Field(description="Null where no source was recognised.")
    open: int
    retrying: int
    resolved: int
    newest_at: Instant = Field(description="When the newest one was recorded.")

    @classmethod
    def from_group(cls, group: DeadLetterGroup) -> "DeadLetterGroupView":
        """From the stored letters."""
        return cls.model_validate(vars(group) | {"explanation": REASONS.get(group.reason, "")})


class DeadLetterStatistics(View):
    """Dead letters by reason and source, those with the most open ones first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": _AT,
                    "exact": True,
                    "items": [
                        {
                            "reason": "missing_event",
                            "explanation": REASONS["missing_event"],
                            "source_id": 1,
                            "open": 12,
                            "retrying": 0,
                            "resolved": 3,
                            "newest_at": _AT,
                        }
                    ],
                }
            ]
        }
    )

    as_of: Instant
    exact: bool = Field(description="False where older letters were not looked at.")
    items: list[DeadLetterGroupView]
