"""Schemas of the preview of an unmerge: who the people would be."""

from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.identity.schemas import AT, EMAIL, KEYS, USER, End
from api.profiles.parts_schemas import IdentifierView, Trait, money
from api.web.values import Money, View
from domain.profiles.profile import Stage
from operators.profiles.consent import consents
from operators.unify.unmerged import Part
from store.unify.foretell import Foretold, NamedSegment

_SEGMENT: JsonDict = {"id": 1, "name": "consented_customers", "before": True, "after": False}
_AUDIENCE: JsonDict = {"id": 3, "name": "Customers", "platform": "meta", "leaves": True}
_PERSON: JsonDict = {
    "profile_id": KEYS[0],
    "identifiers": [{"kind": "email", "value": "mary@example.com", "key": KEYS[0]}],
    "events": 2,
    "orders": 0,
    "revenue": [],
    "stage": "known",
    "traits": {"plan": {"value": "gold", "at": AT}},
    "segments": [_SEGMENT],
    "audiences": [_AUDIENCE],
}


class SegmentTurn(View):
    """A segment that whoever has these identifiers is in, or will be."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SEGMENT]})

    id: int
    name: str
    before: bool = Field(description="Whoever has one of these identifiers now is a member.")
    after: bool


class AudienceTurn(View):
    """An audience that follows such a segment."""

    model_config = ConfigDict(json_schema_extra={"examples": [_AUDIENCE]})

    id: int
    name: str
    platform: str
    leaves: bool = Field(
        description="These identifiers belong on its list now and will not: they are no member any"
        " more, or do not consent."
    )


class UnmergedPerson(View):
    """One person as an unmerge would leave them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERSON]})

    profile_id: UUID = Field(description="The id that the person would have.")
    identifiers: list[IdentifierView]
    events: int
    orders: int
    revenue: list[Money]
    stage: Stage
    traits: dict[str, Trait]
    segments: list[SegmentTurn]
    audiences: list[AudienceTurn]

    @classmethod
    def from_part(cls, part: Part, found: Foretold) -> "UnmergedPerson":
        """From what was decided.

        Args:
            part: the person.
            found: names of segments and audiences, and identifiers.
        """
        person, view, keys = part.person, part.person.view, frozenset(part.identifiers)
        turns = [
            (segment, _was(part, segment), segment.id in person.segments)
            for segment in found.segments
        ]
        listed = {
            segment.id: (
                any(
                    segment.id in one.segments and consents(one.view, segment.purpose)
                    for one in part.before
                ),
                after and consents(view, segment.purpose),
            )
            for segment, _, after in turns
        }
        return cls(
            profile_id=UUID(bytes=person.id),
            identifiers=[
                IdentifierView.from_identifier(each)
                for key, each in found.identifiers.items()
                if key in keys
            ],
            events=view.events,
            orders=view.orders,
            revenue=money(view),
            stage=person.stage,
            traits={name: Trait.from_register(item) for name, item in view.traits.items()},
            segments=[
                SegmentTurn(id=segment.id, name=segment.name, before=before, after=after)
                for segment, before, after in turns
                if before or after
            ],
            audiences=[
                AudienceTurn(
                    id=one.id,
                    name=one.name,
                    platform=one.platform,
                    leaves=listed[one.segment][0] and not listed[one.segment][1],
                )
                for one in found.audiences
                if one.segment in listed and any(listed[one.segment])
            ],
        )


def _was(part: Part, segment: NamedSegment) -> bool:
    return any(segment.id in one.segments for one in part.before)


class UnmergePreview(View):
    """What an unmerge would do now; nothing of it is stored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"bans": [[EMAIL, USER]], "people": [_PERSON]}]}
    )

    bans: list[tuple[End, End]] = Field(
        description="The links that would be banned, now and at every replay."
    )
    people: list[UnmergedPerson] = Field(description="Most identifiers first.")
