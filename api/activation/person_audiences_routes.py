"""On which platforms' lists one person is, and why or why not."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter

from api.activation.person_audiences_schemas import PersonAudienceView, Reason, State
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader, SettingsDep
from config.platforms import PlatformSettings
from domain.activation.states import AudienceStatus, RowState
from operators.profiles.consent import consents
from store.activation import person_audiences
from store.activation.person_audiences import PersonAudience
from store.profiles.profiles import StoredProfile

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])

_STATES: Final[dict[str, State]] = {
    "present": "on_the_list",
    "adding": "being_added",
    "accepted": "waiting_for_the_platform",
    "removing": "being_removed",
    "leaving": "being_removed",
    "refused": "refused",
}


@router.get("/{id}/audiences", summary="List a profile's audiences")
async def list_profile_audiences(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    id: ProfileIdPath,
) -> list[PersonAudienceView]:
    """Every audience of the workspace: whether the person is on its list, and why or why not.

    No identifier is shown.
    """
    found = await find(pool, caller.workspace, id)
    known = settings.platforms
    rows = await person_audiences.of_person(pool, caller.workspace, UUID(bytes=found.person.id))
    return [_view(row, found, known.get(row.platform)) for row in rows]


def _view(
    row: PersonAudience, profile: StoredProfile, section: PlatformSettings | None
) -> PersonAudienceView:
    return PersonAudienceView(
        audience_id=row.audience_id,
        platform=row.platform,
        name=row.name,
        state=_STATES.get(row.state or "", "not_on_the_list"),
        reason=_reason(row, profile, section),
        held_out=row.held_out,
        confirmed_at=row.pushed_at,
    )


def _reason(
    row: PersonAudience, profile: StoredProfile, section: PlatformSettings | None
) -> Reason:
    """What decides, the weightiest first."""
    if not row.member:
        return "not_a_member"
    if row.held_out:
        return "held_out"
    if section is None or row.status != AudienceStatus.ACTIVE:
        return "audience_inactive"
    if not consents(profile.person.view, section.codec.purpose):
        return "no_consent"
    if not {identifier.kind for identifier in profile.identifiers} & set(section.codec.kinds):
        return "no_identifier"
    if row.state == RowState.REFUSED:
        return "refused_by_platform"
    return "member" if row.state is not None else "next_push"
