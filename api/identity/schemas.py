"""Schemas of the identity graph: nodes, links, conflicts and merge history."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.profiles.events_schemas import message_id_of, read_payload
from api.web.values import Instant, View, instant
from domain.link import REFUSED
from domain.policies import IdentityRules
from store.identity.graph import LinkRow, Node
from store.identity.merges import MergeRow

KEYS = ("5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11", "9d1f0a52-08c4-4b0e-8f6b-6f6c0b1d2e33")
_EVENT = "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77"
AT = "2026-03-01T09:30:00Z"
EMAIL: JsonDict = {
    "key": KEYS[0],
    "kind": "email",
    "value": "mary@example.com",
    "profile_id": KEYS[1],
}
USER: JsonDict = {"key": KEYS[1], "kind": "user_id", "value": "u1", "profile_id": KEYS[1]}
_CAUSE: JsonDict = {
    "id": _EVENT,
    "type": "identify",
    "name": "",
    "occurred_at": AT,
    "message_id": "m-1",
}


class CauseView(View):
    """The event or command that stated a fact.

    Where that event is no longer stored, only its id is known.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CAUSE]})

    id: UUID | None
    type: str | None
    name: str | None
    occurred_at: Instant | None
    message_id: str | None = Field(
        default=None, description="As the client sent it; in merge histories."
    )

    @classmethod
    def from_row(cls, row: Node | LinkRow | MergeRow) -> "CauseView":
        """From a row with its cause."""
        payload = row.cause_payload if isinstance(row, MergeRow) else None
        return cls(
            id=row.cause,
            type=row.cause_type,
            name=row.cause_name,
            occurred_at=row.cause_at,
            message_id=message_id_of(read_payload(payload)) if payload else None,
        )


class End(View):
    """One end of a link.

    Kind, value and person are null where no event was accepted for that identifier.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EMAIL]})

    key: UUID
    kind: str | None
    value: str | None
    profile_id: UUID | None

    @classmethod
    def of_link(cls, link: LinkRow) -> tuple["End", "End"]:
        """Both ends of a stored link."""
        return (
            cls(key=link.a, kind=link.a_kind, value=link.a_value, profile_id=link.a_profile),
            cls(key=link.b, kind=link.b_kind, value=link.b_value, profile_id=link.b_profile),
        )


class GraphNode(View):
    """One identifier of a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "key": KEYS[0],
                    "kind": "email",
                    "value": "mary@example.com",
                    "first_event": _CAUSE,
                }
            ]
        }
    )

    key: UUID
    kind: str
    value: str
    first_event: CauseView | None = Field(
        description="Earliest stored event that names the identifier."
    )

    @classmethod
    def from_node(cls, node: Node) -> "GraphNode":
        """From the stored identifier."""
        first = CauseView.from_row(node) if node.cause else None
        return cls(key=node.key, kind=node.kind, value=node.value, first_event=first)


class LinkView(View):
    """Two identifiers that an event named together, and the verdict on their link."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "a": EMAIL,
                    "b": USER,
                    "status": "linked",
                    "reason": "",
                    "stated_at": AT,
                    "cause": _CAUSE,
                }
            ]
        }
    )

    a: End
    b: End
    status: Literal["linked", "refused", "banned"]
    reason: str = Field(
        description="A sentence: why the link is refused or banned; empty where it holds."
    )
    stated_at: Instant = Field(description="Event time of the earliest event that states it.")
    cause: CauseView

    @classmethod
    def from_row(cls, link: LinkRow, rules: IdentityRules) -> "LinkView":
        """From the stored link fact."""
        a, b = End.of_link(link)
        return cls(
            a=a,
            b=b,
            status=link.status,
            reason=explain(link.status, link.reason, rules),
            stated_at=instant(link.first_ms),
            cause=CauseView.from_row(link),
        )


def explain(status: str, reason: str, rules: IdentityRules) -> str:
    """Why a link does not hold, as a sentence.

    >>> explain("refused", "limit:user_id", IdentityRules())
    'Uniting these two would give one person more than 1 identifier of kind user_id.'
    """
    if status != REFUSED:
        return reason
    _, _, kind = reason.partition(":")
    if kind in rules.kinds:
        limit = rules.kinds[kind].limit
        return (
            f"Uniting these two would give one person more than {limit}"
            f" identifier{'s' * (limit != 1)} of kind {kind}."
        )
    return f"Uniting these two would give one person more than {rules.total_limit} identifiers."


class Graph(View):
    """A person's identity, ready for drawing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "profile_id": KEYS[1],
                    "redirected_from": None,
                    "nodes": [
                        {
                            "key": KEYS[0],
                            "kind": "email",
                            "value": "mary@example.com",
                            "first_event": _CAUSE,
                        }
                    ],
                    "links": [],
                    "conflicts": [],
                    "truncated": False,
                }
            ]
        }
    )

    profile_id: UUID
    redirected_from: UUID | None
    nodes: list[GraphNode]
    links: list[LinkView] = Field(description="Links that hold or were banned by an operator.")
    conflicts: list[LinkView] = Field(
        description="Links that a limit refuses; one end may belong to another person."
    )
    truncated: bool = Field(description="There are more nodes or links than are shown.")


class Merge(View):
    """Two people united, or one split, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "kind": "merge",
                    "survivor": KEYS[1],
                    "other": KEYS[0],
                    "occurred_at": AT,
                    "recorded_at": AT,
                    "cause": _CAUSE,
                    "link": [EMAIL | {"profile_id": None}, USER | {"profile_id": None}],
                }
            ]
        }
    )

    id: int
    kind: Literal["merge", "split", "unmerge"]
    survivor: UUID = Field(description="Merge: who absorbed. Split and unmerge: who was split.")
    other: UUID = Field(description="Merge: who was absorbed. Split and unmerge: who came out.")
    occurred_at: Instant
    recorded_at: Instant
    cause: CauseView
    link: list[End] = Field(
        description="The two identifiers whose link united them; empty where no single link did."
    )

    @classmethod
    def from_row(cls, row: MergeRow) -> "Merge":
        """From the stored merge."""
        link = []
        # The engine writes the cause where there is no link.
        if row.link_a and row.link_b and row.link_a != row.cause:
            link = [
                End(key=row.link_a, kind=row.link_a_kind, value=row.link_a_value, profile_id=None),
                End(key=row.link_b, kind=row.link_b_kind, value=row.link_b_value, profile_id=None),
            ]
        return cls(
            id=row.id,
            kind=row.kind,
            survivor=row.survivor,
            other=row.other,
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            cause=CauseView.from_row(row),
            link=link,
        )
