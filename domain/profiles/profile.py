"""A person as the engine holds it, and the words for its life."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from domain.ids import IdentifierKey, ProfileId, SegmentId, WorkspaceId
from domain.profiles.leaf import Leaf, Register


class Stage(StrEnum):
    """Lifecycle: anonymous → known → customer → churned.

    The next purchase leads back to customer.
    """

    ANONYMOUS = "anonymous"
    KNOWN = "known"
    CUSTOMER = "customer"
    CHURNED = "churned"


class FactKey(NamedTuple):
    """Canonical order of facts: event time, then the tie-breaking half of the message key."""

    at_ms: int
    tie: int


NEVER: Final = FactKey(-1, 0)


class Person(msgspec.Struct, array_like=True, gc=False):
    """One profile row's document.

    Attributes:
        id: key of the founder, one of the person's own identifiers.
        workspace: tenant.
        version: grows with every commit and never repeats, even where the person is merged away and
            comes out again; 0: not stored yet.
        view: the leaves composed.
        kinds: identifiers per kind, what limits are checked against.
        sole: the only identifier that has any events, whose leaf equals the view and is not stored
            apart; None when several have.
        refused: link facts touching this person that a limit refuses.
        last_link: greatest `FactKey` of any link fact touching this person.
        stage: lifecycle stage as of the last evaluation.
        wake_ms: earliest instant at which anything changes without an event; 0 for never.
        segments: segments that the person is in, with the version of the definition that says so.
        flips: segment → earliest instant at which its result may change without an event; absent
            for never.
        granted: purposes consented to as of the last evaluation.
        built: aggregates up to this id are complete, in the view and in every leaf.
        definitions: revision of the workspace's definitions at the last evaluation.
    """

    id: ProfileId
    workspace: WorkspaceId
    version: int
    view: Leaf
    kinds: dict[str, int]
    sole: IdentifierKey | None = None
    refused: int = 0
    last_link: FactKey = NEVER
    stage: Stage = Stage.ANONYMOUS
    wake_ms: int = 0
    segments: dict[SegmentId, int] = {}
    flips: dict[SegmentId, int] = {}
    granted: list[str] = []
    built: int = 0
    definitions: int = 0


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Person)


def _only(
    name: str, struct: type[msgspec.Struct], field: str, as_type: object
) -> type[msgspec.Struct]:
    """A structure that reads one field of another and skips everything else."""
    before = struct.__struct_fields__[: struct.__struct_fields__.index(field)]
    return msgspec.defstruct(
        name,
        [*((skipped, msgspec.Raw) for skipped in before), (field, as_type)],
        array_like=True,
        gc=False,
    )


_CONSENT_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(
    _only(
        "_PersonConsent",
        Person,
        "view",
        _only("_LeafConsent", Leaf, "consent", dict[str, Register]),
    )
)


def encode_person(person: Person) -> bytes:
    """Pack a person for storage (MessagePack)."""
    return _ENCODER.encode(person)


def decode_person(packed: bytes) -> Person:
    """Read a stored person.

    Raises:
        msgspec.DecodeError: the bytes are not a person.
    """
    return _DECODER.decode(packed)


def decode_consent(packed: bytes) -> dict[str, Register]:
    """Read nothing but what a stored person said about consent, by purpose: a fraction of the work.

    Raises:
        msgspec.DecodeError: the bytes are not a person.
    """
    consent: dict[str, Register] = _CONSENT_DECODER.decode(packed).view.consent
    return consent
