"""Routes of a workspace's ad platforms: list, check, connect, disconnect.

Credentials are settings of the installation (docs/platforms); nothing here takes or shows any.
"""

import asyncio

from fastapi import APIRouter

from api.activation.platforms_schemas import ConnectionView
from api.web.deps import Admin, Caller, Operator, Reader, SettingsDep
from api.web.errors import ConflictError
from api.web.texts import ReasonDep
from api.web.transaction import Transactions, TransactionsDep
from api.web.values import now
from config.platform_check import NOT_CONFIGURED, check
from config.platforms import PlatformSettings
from config.settings import Settings
from domain.activation.platforms import PlatformName
from store.activation import commands, connections
from store.activation.connections import Connected

router = APIRouter(prefix="/cdp/platforms", tags=["audiences"])


@router.get("", summary="List platforms and how they are")
async def list_platforms(
    caller: Reader, settings: SettingsDep, transactions: TransactionsDep
) -> list[ConnectionView]:
    """Every platform, whether it is connected, and what came of the last check."""
    known = await transactions.run(lambda conn: connections.listed(conn, caller.workspace))
    return [_view(account, known.get(name)) for name, account in settings.platforms.items()]


@router.post("/{platform}/check", summary="Check a platform")
async def check_platform(
    caller: Operator,
    settings: SettingsDep,
    transactions: TransactionsDep,
    platform: PlatformName,
) -> ConnectionView:
    """Asks the platform whether account and access are in order, and says what to do if not.

    The call changes nothing there.
    """
    found = await asyncio.to_thread(check, settings, platform)
    at = now()
    await transactions.run(
        lambda conn: connections.note_check(
            conn, caller.workspace, platform, found.result, found.advice, at
        )
    )
    return await _read(caller, settings, transactions, platform)


@router.post("/{platform}/connect", summary="Connect a platform")
async def connect_platform(
    caller: Admin, settings: SettingsDep, transactions: TransactionsDep, platform: PlatformName
) -> ConnectionView:
    """Ends a disconnection and checks the platform.

    Its audiences stay paused until they are resumed. Takes the scope `admin`.
    """
    if not settings.platforms[platform].connected:
        raise ConflictError(f"{platform} is not configured: docs/platforms/{platform}.md says how.")
    await transactions.run(
        lambda conn: connections.connect(conn, caller.workspace, caller.actor, platform)
    )
    return await check_platform(caller, settings, transactions, platform)


@router.post("/{platform}/disconnect", summary="Disconnect a platform")
async def disconnect_platform(
    caller: Operator,
    settings: SettingsDep,
    transactions: TransactionsDep,
    platform: PlatformName,
    reason: ReasonDep,
) -> ConnectionView:
    """Pauses the workspace's audiences there.

    None can be made or resumed until it is connected again. Withdrawals and deletions continue.
    """
    await transactions.run(
        lambda conn: commands.disconnect(
            conn, caller.workspace, caller.actor, platform, now(), reason
        )
    )
    return await _read(caller, settings, transactions, platform)


async def _read(
    caller: Caller, settings: Settings, transactions: Transactions, platform: PlatformName
) -> ConnectionView:
    known = await transactions.run(lambda conn: connections.listed(conn, caller.workspace))
    return _view(settings.platforms[platform], known.get(platform))


def _view(section: PlatformSettings, connection: Connected | None) -> ConnectionView:
    disconnected = connection is not None and connection.disconnected_at is not None
    return ConnectionView(
        platform=section.codec.name,
        status=NOT_CONFIGURED
        if not section.connected
        else "disconnected"
        if disconnected
        else "connected",
        account_id=section.account or None,
        checked_at=connection.checked_at if connection else None,
        result=connection.result or None if connection else None,
        advice=connection.advice or None if connection else None,
    )
