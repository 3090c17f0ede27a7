"""The workspace of the key that asks."""

from fastapi import APIRouter

from api.operation.workspace_schemas import WorkspaceView
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from store.workspaces import registry

router = APIRouter(prefix="/cdp/workspace", tags=["operation"])


@router.get("", summary="Read the workspace")
async def get_workspace(caller: Reader, settings: SettingsDep, pool: PoolDep) -> WorkspaceView:
    """Its name and time zone, the version, and the thresholds and bounds that hold in it."""
    row = await registry.workspace_row(pool, caller.workspace)
    if row is None:
        raise NotFoundError("workspace")
    return WorkspaceView.from_row(row, settings)
