"""What the engine must know of every workspace: its sources, its salt and its segments. Read whole, refreshed every second."""

import msgspec
import psycopg

from domain.ids import SegmentId, SourceId, WorkspaceId
from domain.segment import Segment


class SourceRow(msgspec.Struct, frozen=True):
    """One source with its workspace's salt."""

    id: SourceId
    workspace: WorkspaceId
    salt: bytes
    default_region: str


class Registry(msgspec.Struct, frozen=True):
    """All definitions as of one instant.

    Attributes:
        sources: source id → source.
        salts: workspace id → salt.
        segments: workspace id → segments in ascending id.
    """

    sources: dict[int, SourceRow]
    salts: dict[int, bytes]
    segments: dict[WorkspaceId, tuple[Segment, ...]]


def load_registry(connection: psycopg.Connection) -> Registry:
    """Read every workspace's definitions.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    salts: dict[int, bytes] = dict(connection.execute("SELECT id, salt FROM workspaces").fetchall())
    sources = {
        row[0]: SourceRow(SourceId(row[0]), WorkspaceId(row[1]), salts[row[1]], row[2])
        for row in connection.execute("SELECT id, workspace_id, default_region FROM sources")
        if row[1] in salts
    }
    segments: dict[WorkspaceId, tuple[Segment, ...]] = {}
    found = connection.execute("SELECT id, workspace_id, version, definition->>'purpose' FROM segments ORDER BY id")
    for segment_id, workspace_id, version, purpose in found:
        workspace = WorkspaceId(workspace_id)
        segment = Segment(SegmentId(segment_id), workspace, version, purpose)
        segments[workspace] = (*segments.get(workspace, ()), segment)
    return Registry(sources, salts, segments)
