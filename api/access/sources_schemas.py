"""Schemas of sources and their write keys."""

from typing import Any, Final

from pydantic import ConfigDict, Field

from api.web.texts import KeyName
from api.web.values import Instant, Request, View
from store.workspaces.sources import SourceRow, WriteKey

_KEY: Final[dict[str, Any]] = {"id": 7, "created_at": "2026-03-01T09:30:00Z", "revoked_at": None}
_SOURCE: Final[dict[str, Any]] = {
    "id": 1,
    "name": "web",
    "topic": None,
    "last_accepted_at": "2026-03-01T12:28:20Z",
    "events_24h": 97405,
    "keys": [_KEY],
}
_SECRET: Final = {"write_key": "TzA0QtN9vJ0qVxGZP8m4T1cR7nYw2LdHs5KfEaUbXiO"}


class SourceRequest(Request):
    """A source to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "web", "default_region": "DE"}]}
    )

    name: KeyName = Field(description="Unique in the workspace.")
    default_region: str = Field(
        default="",
        pattern=r"^([A-Za-z]{2})?$",
        description="ISO 3166 region of phone numbers without a country code; empty: such numbers"
        " are not understood.",
    )


class WriteKeyView(View):
    """A write key; the key itself is stored nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: int
    created_at: Instant
    revoked_at: Instant | None

    @classmethod
    def from_row(cls, row: WriteKey) -> "WriteKeyView":
        """From a stored key."""
        return cls.model_validate(row, from_attributes=True)


class NewWriteKeyView(WriteKeyView):
    """A write key that was just made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY | _SECRET]})

    write_key: str = Field(repr=False, description="Keep it: it is not shown again.")


class SourceView(View):
    """Where events come from, and whether they do."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SOURCE]})

    id: int = Field(description="Its signal is `source:<id>`.")
    name: str
    topic: str | None = Field(description="Kafka topic whose bare records belong to it.")
    last_accepted_at: Instant | None = Field(
        description="When an event of it was stored last, to a minute; null where none was."
    )
    events_24h: int = Field(description="Events stored within the last 24 hours, by arrival.")
    keys: list[WriteKeyView] = Field(
        description="Those that work, then the newest that do not; at most 50."
    )

    @classmethod
    def from_row(cls, row: SourceRow) -> "SourceView":
        """From a stored source."""
        return cls.model_validate(row, from_attributes=True)


class NewSourceView(SourceView):
    """A source that was just made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SOURCE | _SECRET]})

    write_key: str = Field(repr=False, description="Keep it: it is not shown again.")
