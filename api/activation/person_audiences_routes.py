"""On which platforms' lists one person is, and why or why not."""

from typing import Final

from fastapi import APIRouter

from api.activation.person_audiences_schemas import PersonAudienceView, State
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.transaction import TransactionsDep
from sinks.activation.people import audiences_of

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])

STATES: Final[dict[str, State]] = {
    "present": "on_the_list",
    "adding": "being_added",
    "accepted": "waiting_for_the_platform",
    "removing": "being_removed",
    "leaving": "being_removed",
    "refused": "refused",
}
"""State of a row → what it is called here; who has no row is not on the list."""


@router.get("/{id}/audiences", summary="List a profile's audiences")
async def list_profile_audiences(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    id: ProfileIdPath,
) -> list[PersonAudienceView]:
    """Every audience of the workspace: whether the person is on its list, and why or why not.

    No identifier is shown.
    """
    person = (await find(pool, caller.workspace, id)).person.id
    platforms = {name: section.codec for name, section in settings.platforms.items()}
    found = await transactions.run(
        lambda conn: audiences_of(conn, caller.workspace, person, platforms)
    )
    return [
        PersonAudienceView(
            audience_id=row.audience_id,
            platform=row.platform,
            name=row.name,
            state=STATES.get(row.state or "", "not_on_the_list"),
            reason=reason,
            held_out=row.held_out,
            confirmed_at=row.pushed_at,
        )
        for row, reason in found
    ]
