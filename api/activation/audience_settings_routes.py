"""Changes the settings of an audience: name, interval, time to live, holdout."""

from fastapi import APIRouter, Response

from api.activation.audience_settings_schemas import AudienceUpdate
from api.activation.audience_sync_routes import AudienceId, check_interval
from api.activation.audience_sync_schemas import AudienceView
from api.activation.audience_views import AudienceViewsDep
from api.web.definitions import Expected
from api.web.deps import Operator, SettingsDep
from api.web.transaction import TransactionsDep
from store.activation import settings as audience_settings

router = APIRouter(prefix="/cdp/audience-sync/audiences", tags=["audiences"])


@router.patch("/{id}", summary="Change an audience")
async def update_audience(
    caller: Operator,
    settings: SettingsDep,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    id: AudienceId,
    body: AudienceUpdate,
    expected: Expected,
    response: Response,
) -> AudienceView:
    """Changes the settings in the body; the others stay.

    After a change of `ttl_s` or `holdout_percent` the next push compares everybody; one under way
    goes on as it was planned. The name is fixed once the platform has the audience, or may have it:
    409 `name_fixed`.
    """
    wanted = body.wanted
    interval_s = wanted.get("interval_s")
    if isinstance(interval_s, int):
        stored = await views.find(caller.workspace, id)
        if interval_s != stored.interval_s:
            check_interval(settings.delivery, interval_s)
    await transactions.run(
        lambda conn: audience_settings.change(
            conn, caller.workspace, caller.actor, id, wanted, expected
        )
    )
    view = await views.one(caller.workspace, id)
    response.headers["ETag"] = view.etag
    return view
