"""The data map: where personal data rests, for how long, and how it leaves."""

from typing import Final

from fastapi import APIRouter

from api.privacy.map_schemas import DataMapView, PlaceView
from api.web.deps import Reader
from domain.privacy.data_map import PLACES

router = APIRouter(prefix="/cdp/privacy/map", tags=["privacy"])

_MAP: Final = DataMapView(places=[PlaceView.from_place(place) for place in PLACES])


@router.get("", summary="Read the data map")
async def get_data_map(_: Reader) -> DataMapView:
    """Every place where anything rests, of this version; the same for all workspaces.

    What is not personal is listed, too: a place that is missing is a mistake.
    """
    return _MAP
