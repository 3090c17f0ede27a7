"""Ad platforms of a workspace: whether they are connected, whether they would do what we ask, connect and disconnect.

Credentials are settings of the installation (docs/platforms); nothing here takes or shows any.
"""

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter

from api.activation.audience_sync_schemas import ConnectionView
from api.web.deps import Admin, Caller, Connections, Held, Operator, Reader
from api.web.errors import DESCRIBED, ConflictError
from api.web.transaction_activation import command
from config.platform_check import NOT_CONFIGURED, check
from config.platforms import PlatformSettings
from domain.platforms import PlatformName
from store.activation import commands, connections
from store.activation.connections import Connected

router = APIRouter(prefix="/cdp/platforms", tags=["audiences"], responses=DESCRIBED)


@router.get("", summary="List platforms and how they are")
async def list_platforms(caller: Reader, held: Held) -> list[ConnectionView]:
    """Every platform, whether it is connected, and what came of the last check."""
    known = await command(held, lambda conn, _: connections.listed(conn, caller.workspace))
    return [_view(section, known.get(name)) for name, section in held.settings.platforms.items()]


@router.post("/{platform}/check", summary="Check a platform")
async def check_platform(caller: Operator, held: Held, platform: PlatformName) -> ConnectionView:
    """Asks the platform, by a call that changes nothing, whether account and access are in order, and says what to do if not."""
    found = await asyncio.to_thread(check, held.settings, platform)
    now = datetime.now(UTC)
    await command(
        held,
        lambda conn, _: connections.note_check(
            conn, caller.workspace, platform, found.result, found.advice, now
        ),
    )
    return await _read(caller, held, platform)


@router.post("/{platform}/connect", summary="Connect a platform")
async def connect_platform(caller: Admin, held: Held, platform: PlatformName) -> ConnectionView:
    """Ends a disconnection and checks the platform.

    Its audiences stay paused until they are resumed. Takes the scope `admin`.
    """
    if not held.settings.platforms[platform].connected:
        raise ConflictError(f"{platform} is not configured: docs/platforms/{platform}.md says how.")
    await command(
        held, lambda conn, _: connections.connect(conn, caller.workspace, caller.actor, platform)
    )
    return await check_platform(caller, held, platform)


@router.post("/{platform}/disconnect", summary="Disconnect a platform")
async def disconnect_platform(
    caller: Operator, held: Held, platform: PlatformName
) -> ConnectionView:
    """Pauses the workspace's audiences there.

    None can be made or resumed until it is connected again. Withdrawals and deletions go on.
    """
    await command(
        held,
        lambda conn, now: commands.disconnect(conn, caller.workspace, caller.actor, platform, now),
    )
    return await _read(caller, held, platform)


async def _read(caller: Caller, held: Connections, platform: PlatformName) -> ConnectionView:
    known = await command(held, lambda conn, _: connections.listed(conn, caller.workspace))
    return _view(held.settings.platforms[platform], known.get(platform))


def _view(section: PlatformSettings, known: Connected | None) -> ConnectionView:
    disconnected = known is not None and known.disconnected_at is not None
    return ConnectionView(
        platform=section.codec.name,
        status=NOT_CONFIGURED
        if not section.connected
        else "disconnected"
        if disconnected
        else "connected",
        account_id=section.account or None,
        checked_at=known.checked_at if known else None,
        result=known.result or None if known else None,
        advice=known.advice or None if known else None,
    )
