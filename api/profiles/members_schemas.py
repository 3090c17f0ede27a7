"""Members of segments as clients see them."""

from uuid import UUID

from pydantic import ConfigDict, Field

from api.profiles.parts_schemas import EXAMPLE_ID
from api.profiles.schemas import AT, SUMMARY, ProfileSummary
from api.web.values import Instant, View


class Member(View):
    """One person in a segment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"profile_id": EXAMPLE_ID, "since": AT, "version": 1, "person": SUMMARY}]
        }
    )

    profile_id: UUID
    since: Instant
    version: int = Field(description="Version of the definition that put the person there.")
    person: ProfileSummary
