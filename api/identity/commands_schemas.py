"""Schemas of an operator's commands on the identity graph: unmerge requests and their progress."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from api.identity.schemas import AT, EMAIL, KEYS, USER, End
from api.web.actors import ActorName
from api.web.commands import Kind
from api.web.texts import LongReasonText
from api.web.values import Instant, Request, View


class IdentifierRef(Request):
    """An identifier by kind and value, or by key."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "email", "value": "mary@example.com"}]}
    )

    kind: str | None = Field(default=None, max_length=256)
    value: str | None = Field(default=None, max_length=1024)
    key: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "IdentifierRef":
        if (self.key is None) == (self.kind is None) or (self.kind is None) != (self.value is None):
            raise ValueError("give either `key`, or `kind` and `value`")
        return self


class UnmergeRequest(Request):
    """Which identifiers to split off, or which links never held; exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "identifiers": [{"kind": "email", "value": "mary@example.com"}],
                    "reason": "shared family address",
                },
                {
                    "links": [[{"key": KEYS[0]}, {"key": KEYS[1]}]],
                    "reason": "typed by mistake at the till",
                },
            ]
        }
    )

    identifiers: list[IdentifierRef] = Field(
        default=[], max_length=1_000, description="These become a person, or people, of their own."
    )
    links: list[tuple[IdentifierRef, IdentifierRef]] = Field(
        default=[], max_length=1_000, description="These links are banned."
    )
    reason: LongReasonText = Field(
        description="Kept in the audit log and shown on the banned links."
    )

    @model_validator(mode="after")
    def _one_of(self) -> "UnmergeRequest":
        if bool(self.identifiers) == bool(self.links):
            raise ValueError("give either `identifiers` or `links`")
        return self


class UnmergeAccepted(View):
    """The command is in the log; the people are split when it has been processed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"command_id": "unmerge-12-9f2c4e1a0b7d3c55", "links": [[EMAIL, USER]]}]
        }
    )

    command_id: str = Field(
        description="Ask `GET /cdp/commands/{id}` whether it has been processed."
    )
    links: list[tuple[End, End]] = Field(
        description="The links that are banned, now and at every replay."
    )


class AllowRequest(Request):
    """Of which links the ban is lifted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "links": [[{"key": KEYS[0]}, {"key": KEYS[1]}]],
                    "reason": "it was her address after all",
                }
            ]
        }
    )

    links: list[tuple[IdentifierRef, IdentifierRef]] = Field(
        min_length=1,
        max_length=1_000,
        description="Links that are banned, as the graph lists them.",
    )
    reason: LongReasonText = Field(description="Kept in the audit log.")


class AllowAccepted(View):
    """The command is in the log; the links hold again when it has been processed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"command_id": "allow-13-4f0a9d6e21b7c358", "links": [[EMAIL, USER]]}]
        }
    )

    command_id: str = Field(
        description="Ask `GET /cdp/commands/{id}` whether it has been processed."
    )
    links: list[tuple[End, End]] = Field(description="The links whose ban is lifted.")


class CommandStatus(View):
    """Whether an operator's command has taken effect."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "unmerge-12-9f2c4e1a0b7d3c55",
                    "kind": "unmerge",
                    "status": "processed",
                    "requested_at": AT,
                    "requested_by": "key:1",
                    "requested_by_name": "ada",
                    "subject": "profile:" + KEYS[1],
                }
            ]
        }
    )

    id: str
    kind: Kind
    status: Literal["pending", "processed"]
    requested_at: Instant
    requested_by: str
    requested_by_name: ActorName = None
    subject: str
