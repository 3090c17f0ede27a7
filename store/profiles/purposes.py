"""Which segments and exports of a workspace serve which purpose of consent."""

from dataclasses import dataclass
from typing import Final

from domain.export import UNDER_WAY, ExportStatus
from store.connection import one_of
from store.fetch import Pool, fetch


@dataclass(frozen=True)
class Need:
    """What serves a purpose.

    Attributes:
        kind: segment or export.
        id: of it.
        name: of a segment; the format of an export.
    """

    purpose: str
    kind: str
    id: int
    name: str


_NEEDS: Final = f"""
SELECT purpose, 'segment', id::bigint, name FROM segments
    WHERE workspace_id = %(workspace)s AND status <> 'deleted' AND purpose <> ''
UNION ALL
SELECT spec->>'purpose', 'export', id, spec->>'format' FROM exports
    WHERE workspace_id = %(workspace)s AND kind = 'file'
      AND status IN {one_of((*UNDER_WAY, ExportStatus.DONE))}
ORDER BY 1, 2 DESC, 3
"""


async def needs(pool: Pool, workspace: int) -> list[Need]:
    """What serves a purpose: segments that are there, and exports with a file or about to have one.

    Args:
        pool: open pool.
        workspace: tenant.
    """
    return await fetch(pool, Need, _NEEDS, {"workspace": workspace})
