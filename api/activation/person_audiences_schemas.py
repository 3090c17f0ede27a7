"""On which platforms' lists one person is, as dashboards see it."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from operators.activation import ListingReason

State = Literal[
    "on_the_list",
    "being_added",
    "waiting_for_the_platform",
    "being_removed",
    "refused",
    "not_on_the_list",
]
Reason = ListingReason


class PersonAudienceView(View):
    """One person and one audience."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "audience_id": 1,
                    "platform": "meta",
                    "name": "Customers",
                    "state": "not_on_the_list",
                    "reason": "no_consent",
                    "held_out": False,
                    "confirmed_at": None,
                }
            ]
        }
    )

    audience_id: int
    platform: str
    name: str
    state: State = Field(
        description="As far as Stratum knows: on_the_list only once the platform confirmed it."
    )
    reason: Reason = Field(description="Why the person is on the list, or should be, or is not.")
    held_out: bool = Field(
        description="Belongs to the part of the segment that is never sent, for lift measurement."
    )
    confirmed_at: Instant | None = Field(
        description="When the platform confirmed the person's row."
    )
