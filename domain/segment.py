"""Definitions of segments as values."""

import msgspec

from domain.ids import SegmentId, WorkspaceId


class Segment(msgspec.Struct, frozen=True):
    """The built-in segment: current customers who consented to one purpose.

    Attributes:
        id: row id.
        workspace: tenant.
        version: bumped by every edit; a membership records the version that produced it.
        purpose: consent purpose that members must have granted.
    """

    id: SegmentId
    workspace: WorkspaceId
    version: int
    purpose: str
