"""When an audience's next push is due, in the words of `store.activation.due`, which plans it."""

from datetime import datetime, timedelta

from domain.activation.states import AudienceStatus, PushStatus
from store.activation.audiences import AudienceRow


def next_due(audience: AudienceRow, failed_wait: timedelta) -> datetime | None:
    """When the next push of an audience is due; in the past where it is due already.

    It is due until the gate lets it pass. None where nothing is due at a known instant: the
    audience is not active, its push is under way, or it follows its segment at once.

    Args:
        audience: with its newest push.
        failed_wait: rest after a push that failed, unless somebody asks for one.
    """
    if audience.status != AudienceStatus.ACTIVE or audience.push_status == PushStatus.RUNNING:
        return None
    if audience.requested_at is not None:
        return audience.requested_at
    ended_at = audience.push_ended_at
    if audience.push_status == PushStatus.FAILED and ended_at is not None:
        return ended_at + failed_wait
    if audience.push_status == PushStatus.HELD:
        return ended_at
    if audience.last_pushed_at is None:
        return audience.created_at
    if audience.interval_s == 0:
        return None
    return audience.last_pushed_at + timedelta(seconds=audience.interval_s)
