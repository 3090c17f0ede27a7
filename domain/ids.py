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
