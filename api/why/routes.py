"""Why a person is in a segment or not, and when that changes."""

import asyncio
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.profiles.programs import ProgramsDep
from api.profiles.routes import ProfileIdPath
from api.web.concurrency import HeavyReadsDep, finished
from api.web.deps import Reader, SettingsDep
from api.web.errors import ConflictError, NotFoundError
from api.web.transaction import TransactionsDep
from api.web.values import Instant, now
from api.why.explaining import Membership, cited_names, explained
from api.why.schemas import WhyView
from domain.ids import SegmentId
from store.profiles.standing import load_snapshot

router = APIRouter(prefix="/cdp/profiles", tags=["segments"])


class MembershipQuery(NamedTuple):
    """Which membership, and as of when; None: now."""

    profile: UUID
    segment: SegmentId
    at: datetime | None


async def _membership_query(
    id: ProfileIdPath,
    segment: Annotated[int, Path(ge=0, lt=2**31)],
    at: Annotated[
        Instant | None,
        Query(
            description="An instant from now on, as if nothing happened until then; default"
            " now. What was is under `…/changes`."
        ),
    ] = None,
) -> MembershipQuery:
    return MembershipQuery(id, SegmentId(segment), at)


@router.get("/{id}/segments/{segment}/why", summary="Explain a membership")
async def explain_membership(
    caller: Reader,
    settings: SettingsDep,
    transactions: TransactionsDep,
    programs: ProgramsDep,
    heavy: HeavyReadsDep,
    asked: Annotated[MembershipQuery, Depends(_membership_query)],
) -> WhyView:
    """Every node of the rule: its answer, the value that decided it, the events that count.

    Each node also says when its answer changes by itself.

    The answer is evaluated from the person's state as it is now, by the engine's own evaluator.
    `flips_at` is the instant at which the person enters or leaves if nothing happens; nodes that
    are marked `decides` would change the answer alone. Refused where the person has more events
    than are read at once.
    """
    program = (await programs.for_workspace(caller.workspace)).program
    place = program.place.get(asked.segment)
    if place is None:
        raise NotFoundError("segment")
    live, node, _ = program.segments[place]
    if node is None or live.rule is None:
        raise ConflictError(
            "The segment is paused: its members are who they were. Resume it to have it evaluated."
        )
    names = cited_names(live.rule, program.definitions)
    async with heavy.explanations.slot(caller.workspace):
        found = await transactions.read(
            lambda conn: load_snapshot(conn, program, asked.profile, names)
        )
        if found is None:
            raise NotFoundError("profile")
        at = max(asked.at, now()) if asked.at else now()
        shown = Membership(asked.segment, found.names.get(asked.segment, ""), live.version)
        return await finished(
            asyncio.to_thread(explained, settings, found, program, asked.segment, shown, at)
        )
