"""One reading by its id, as decisions name it."""

from fastapi import APIRouter

from api.signals.trust_schemas import SignalReading
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import RowId
from store.signals import readings

router = APIRouter(prefix="/cdp/readings", tags=["trust"])


@router.get("/{id}", summary="Read a reading")
async def get_reading(
    caller: Reader, settings: SettingsDep, pool: PoolDep, id: RowId
) -> SignalReading:
    """One reading with its signal. Those that a decision is based on are kept as long as it is."""
    found = await readings.by_id(pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("reading")
    return SignalReading.from_row(found, settings.signals.of(found.signal))
