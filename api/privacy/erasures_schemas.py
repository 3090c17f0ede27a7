"""Schemas of erasures: whom to erase, what that would remove, and how it is asked for."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.privacy.laws import RegulationName
from api.profiles.parts_schemas import EXAMPLE_ID
from api.web.texts import ReasonText
from api.web.values import Instant, Request, View
from domain.event import Identifier
from domain.privacy.erasure import Afterwards
from operators.privacy.identifiers import fingerprint, masked
from store.privacy.foretold import Foretold
from store.profiles.profiles import StoredProfile

FINGERPRINT = "3b1f0c8f6f6b1a5e8e1c0c9d2a7f4b6d5e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b"
_EMAIL: JsonDict = {"kind": "email", "value": "mary@example.com"}

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class NamedIdentifier(Request):
    """An identifier in any spelling."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EMAIL]})

    kind: str = Field(min_length=1, max_length=64)
    value: str = Field(min_length=1, max_length=1024)
    region: str = Field(
        default="",
        max_length=2,
        description="ISO 3166 region of a phone number without a country code.",
    )


class PersonRequest(Request):
    """A person by exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"identifier": _EMAIL}, {"profile_id": EXAMPLE_ID}]}
    )

    profile_id: UUID | None = Field(
        default=None, description="An id that was merged away leads to the survivor."
    )
    identifier: NamedIdentifier | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "PersonRequest":
        if (self.profile_id is None) == (self.identifier is None):
            raise ValueError("give either `profile_id` or `identifier`")
        return self


class ErasureRequest(PersonRequest):
    """Whom to erase, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "identifier": _EMAIL,
                    "reason": "asked for by letter, case 2026-114",
                    "afterwards": "new",
                    "fingerprint": FINGERPRINT,
                }
            ]
        }
    )

    reason: ReasonText = Field(
        description="Kept in the audit log for ever. No personal data: name the case, not the"
        " person."
    )
    afterwards: Afterwards = Field(
        default=Afterwards.NEW,
        description="What becomes of later activity: `new` makes a new person, `refuse` keeps"
        " none of it.",
    )
    fingerprint: Digest | None = Field(
        default=None,
        description="Of the preview that was approved: 409 where the person has other identifiers"
        " by now.",
    )
    regulation: RegulationName


class MaskedIdentifier(View):
    """An identifier by which whoever knows it recognises it."""

    key: UUID
    kind: str
    masked: str

    @classmethod
    def from_identifier(cls, identifier: Identifier) -> "MaskedIdentifier":
        """From the engine's identifier."""
        key = UUID(bytes=identifier.key)
        return cls(key=key, kind=identifier.kind, masked=masked(identifier.value))


class SourceEventsView(View):
    """Events that the person's identifiers received from one source."""

    source: int = Field(description="Id of the source.")
    name: str | None = Field(description="Null where the source is gone.")
    events: int
    first_at: Instant
    last_at: Instant


class NamedSegmentView(View):
    """A segment that the person is in."""

    id: int
    name: str


class ListingAudienceView(View):
    """An audience that has a row of the person."""

    id: int
    platform: str
    name: str
    state: str = Field(
        description="`present`: the platform confirmed it; `adding`, `removing`: under way."
    )


class PlatformPushesView(View):
    """How many pushes to a platform carried the person."""

    platform: str
    pushes: int


class ExportFilesView(View):
    """Export files of the workspace: none may hold an erased person."""

    revoked: int = Field(description="Finished files that can no longer be downloaded.")
    restarted: int = Field(description="Files under way that are written anew.")


_PREVIEW: JsonDict = {
    "profile_id": EXAMPLE_ID,
    "redirected_from": None,
    "fingerprint": FINGERPRINT,
    "identifiers": {"email": 1, "anonymous_id": 1},
    "masked": [
        {"key": EXAMPLE_ID, "kind": "email", "masked": "m…@e…"},
        {
            "key": "9d1f0a52-08c4-4b0e-8f6b-6f6c0b1d2e33",
            "kind": "anonymous_id",
            "masked": "5f…11",
        },
    ],
    "events": [
        {
            "source": 1,
            "name": "web",
            "events": 42,
            "first_at": "2026-01-07T10:00:00Z",
            "last_at": "2026-03-01T09:30:00Z",
        }
    ],
    "links": 1,
    "merges": 1,
    "segments": [{"id": 1, "name": "customers"}],
    "audiences": [{"id": 3, "platform": "meta", "name": "Customers", "state": "present"}],
    "pushes": [{"platform": "meta", "pushes": 2}],
    "exports": {"revoked": 1, "restarted": 0},
    "dead_letters": "searched when erased",
    "shared": 0,
    "open_request": None,
}


class ErasurePreview(View):
    """What an erasure would remove, and where; nothing of it is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREVIEW]})

    profile_id: UUID
    redirected_from: UUID | None = Field(
        description="The id that was asked for, where it was merged away."
    )
    fingerprint: Digest = Field(
        description="Of exactly these identifiers: repeat it in the request, so that what was"
        " approved is what is erased."
    )
    identifiers: dict[str, int] = Field(description="How many of each kind.")
    masked: list[MaskedIdentifier] = Field(description="All of them, by kind and value.")
    events: list[SourceEventsView]
    links: int = Field(description="Links that name one of them, whatever their status.")
    merges: int = Field(description="Steps of the merge history.")
    segments: list[NamedSegmentView]
    audiences: list[ListingAudienceView] = Field(description="Those that list the person now.")
    pushes: list[PlatformPushesView] = Field(description="What was sent of the person before.")
    exports: ExportFilesView
    dead_letters: Literal["searched when erased"] = Field(
        description="What could not be processed has no index by person: it is read whole then."
    )
    shared: int = Field(
        description="Other people with whom a refused or banned link connects the person: they may"
        " share a device or an address. They stay."
    )
    open_request: int | None = Field(
        description="A request that names all these identifiers and is not processed yet."
    )

    @classmethod
    def from_found(
        cls, found: StoredProfile, told: Foretold, asked: UUID | None, waiting: int | None
    ) -> "ErasurePreview":
        """From what was read.

        Args:
            found: the person.
            told: what would be removed.
            asked: the id that was asked for, if one was.
            waiting: the request that is not processed yet, if there is one.
        """
        profile, identifiers = UUID(bytes=found.person.id), found.identifiers
        return cls.model_validate(
            {
                "profile_id": profile,
                "redirected_from": None if asked == profile else asked,
                "fingerprint": fingerprint(each.key for each in identifiers),
                "identifiers": Counter(each.kind for each in identifiers),
                "masked": [MaskedIdentifier.from_identifier(each) for each in identifiers],
                "dead_letters": "searched when erased",
                "open_request": waiting,
                **msgspec.to_builtins(told, builtin_types=(datetime,)),
            }
        )
