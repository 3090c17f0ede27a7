"""The people of one audience, as dashboards see them."""

from uuid import UUID

from pydantic import ConfigDict, Field

from api.activation.person_audiences_schemas import Reason, State
from api.profiles.parts_schemas import EXAMPLE_ID
from api.profiles.schemas import AT, SUMMARY, ProfileSummary
from api.web.values import Instant, View


class AudiencePerson(View):
    """One person on an audience's list, or a member who is not on it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "profile_id": EXAMPLE_ID,
                    "person": SUMMARY,
                    "state": "not_on_the_list",
                    "reason": "no_consent",
                    "member_since": AT,
                    "confirmed_at": None,
                }
            ]
        }
    )

    profile_id: UUID
    person: ProfileSummary | None = Field(
        description="Null where nobody has this id any more: they were merged into somebody else,"
        " or erased."
    )
    state: State = Field(
        description="As far as Stratum knows: on_the_list only once the platform confirmed it."
    )
    reason: Reason = Field(
        description="What decides, as the next push will see it; somebody on the list who is no"
        " longer to be there is removed by it."
    )
    member_since: Instant | None = Field(
        description="Since when in the segment; null where they are not."
    )
    confirmed_at: Instant | None = Field(
        description="When the platform confirmed the person's row."
    )
