"""Saved versions of definitions as clients see them: who saved what, and who published it."""

from typing import Any, Final, Self

import msgspec
from pydantic import Field

from api.segments.rules_schemas import example, with_defaults
from api.segments.shown_rules_schemas import ShownRfmRule, ShownRule, ShownTraitRule
from api.web.actors import ActorName
from api.web.values import Instant, View
from domain.segments.definition import RfmRule
from domain.values import Json
from store.definitions.views import SavedVersion

_SAVED: Final[dict[str, Any]] = {
    "version": 2,
    "author": "key:1",
    "author_name": "ada",
    "created_at": "2026-03-01T09:30:00Z",
    "published_at": "2026-03-01T09:30:00Z",
    "published_by": "key:1",
    "published_by_name": "ada",
}
_EVENT: Final = {"name": "Order Completed"}


class SavedView(View):
    """One saved version of a definition, without its rule."""

    version: int
    purpose: str = Field(description="Of a segment; else empty.")
    author: str = Field(description="`key:<id>` of an API key, `console:<user>`, or `stratum`.")
    author_name: ActorName = None
    created_at: Instant
    published_at: Instant | None
    published_by: str | None
    published_by_name: ActorName = None

    @classmethod
    def from_version(cls, row: SavedVersion) -> Self:
        """From the store's row."""
        said = {name: value for name, value in vars(row).items() if name != "definition"}
        return cls.model_validate(said | {"rule": cls.shown(row.definition)})

    @staticmethod
    def shown(stored: Json) -> Json:
        """A stored rule as it is answered."""
        return stored


class SegmentVersionView(SavedView):
    """One saved version of a segment."""

    model_config = example(
        **_SAVED, purpose="advertising", rule={"type": "consent", "purpose": "advertising"}
    )
    rule: ShownRule


class TraitVersionView(SavedView):
    """One saved version of a computed trait."""

    model_config = example(**_SAVED, purpose="", rule={"function": "count", "event": _EVENT})
    rule: ShownTraitRule


class RfmVersionView(SavedView):
    """One saved version of the workspace's RFM."""

    model_config = example(
        **_SAVED,
        purpose="",
        rule={"event": _EVENT, "property": "revenue", "look_back": "365d", "refresh_s": 3600},
    )
    rule: ShownRfmRule

    @staticmethod
    def shown(stored: Json) -> Json:
        """With what is said by default, as the live definition is answered."""
        return with_defaults(msgspec.convert(stored, RfmRule))
