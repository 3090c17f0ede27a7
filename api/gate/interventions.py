"""What the gate's routes share: who acts on it, and one override or release as it is now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from api.gate.schemas import SaidView
from api.web.actors import named
from api.web.deps import Caller
from api.web.errors import NotFoundError
from api.web.transaction import Transactions
from api.web.values import now
from config.settings import Settings
from store.fetch import Pool
from store.gate import controls
from store.gate.commands import Actor
from store.gate.controls import GateIntervention

Kind = Literal["override", "release"]


def actor_of(caller: Caller, settings: Settings) -> Actor:
    """The caller as the actor whom the gate's commands take."""
    return Actor(caller.workspace, caller.actor, settings.gate.longest_override)


async def shown(
    pool: Pool, caller: Caller, settings: Settings, rows: Sequence[GateIntervention], at: datetime
) -> list[SaidView]:
    """Overrides and releases as of an instant, with the names of people."""
    return await named(pool, caller, [SaidView.from_row(row, at, settings.gate) for row in rows])


async def intervention(
    pool: Pool,
    transactions: Transactions,
    caller: Caller,
    settings: Settings,
    kind: Kind,
    number: int,
) -> SaidView:
    """One override or release as it is now.

    Raises:
        NotFoundError: the workspace has none of this kind and id.
    """
    found = await transactions.run(
        lambda conn: controls.intervention(conn, caller.workspace, kind, number)
    )
    if found is None:
        raise NotFoundError(kind)
    (view,) = await shown(pool, caller, settings, [found], now())
    return view
