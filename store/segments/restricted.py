"""Who is restricted: kept, and used for nothing."""

from typing import Any, Final

from psycopg import AsyncConnection

from domain.event import RESTRICTION
from domain.ids import ProfileId
from domain.profiles.profile import decode_consent
from operators.profiles.consent import restriction_among
from store.connection import adapt

# Whoever was ever restricted or released: few. Their documents say who is restricted now.
_EVER: Final = f"""
    SELECT p.id, p.doc FROM profiles p
    WHERE p.workspace_id = %(workspace)s AND p.id = ANY(ARRAY(
        SELECT i.profile_id FROM events e JOIN identifiers i ON i.key = e.leaf
        WHERE e.workspace_id = %(workspace)s AND e.type = '{RESTRICTION}'
            AND i.workspace_id = %(workspace)s))
"""


async def restricted_people(connection: AsyncConnection[Any], workspace: int) -> list[ProfileId]:
    """Everybody of a workspace who is restricted, in no order.

    Args:
        connection: any; one statement.
        workspace: tenant.
    """
    async with connection.cursor(binary=True) as cursor:
        adapt(cursor)
        await cursor.execute(_EVER, {"workspace": workspace})
        return [
            ProfileId(profile)
            for profile, doc in await cursor.fetchall()
            if restriction_among(decode_consent(doc)) is not None
        ]
