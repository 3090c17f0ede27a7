"""Ids of the business, each a distinct type so that one cannot stand in for another.

Persons and identifiers are named by 16-byte keyed digests (`domain.keys`): they reveal nothing
about the person, need no allocation round trip, and are equal on every worker that sees the same
identifier.
"""

from typing import NewType

WorkspaceId = NewType("WorkspaceId", int)
SourceId = NewType("SourceId", int)
SegmentId = NewType("SegmentId", int)
AudienceId = NewType("AudienceId", int)
TraitId = NewType("TraitId", int)
AggregateId = NewType("AggregateId", int)

IdentifierKey = NewType("IdentifierKey", bytes)
"""16 bytes: keyed digest of (kind, value) within one workspace."""

ProfileId = NewType("ProfileId", bytes)
"""16 bytes: the key of one of the person's own identifiers, its *founder*."""

MessageKey = NewType("MessageKey", bytes)
"""16 bytes: keyed digest of a message id within one workspace."""


def canonical(person: ProfileId) -> str:
    """Spell a profile id as UUIDs are spelled; cheaper than by way of a UUID.

    >>> canonical(ProfileId(bytes(range(16))))
    '00010203-0405-0607-0809-0a0b0c0d0e0f'
    """
    digits = person.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
