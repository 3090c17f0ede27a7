"""Why a person is in a segment or not, and when that changes."""

import asyncio
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.profiles.programs import ProgramsDep
from api.profiles.routes import ProfileIdPath
from api.profiles.why_schemas import NodeEvidence, WhyView
from api.web.deps import Reader, SettingsDep
from api.web.errors import ConflictError, NotFoundError
from api.web.transaction import TransactionsDep
from api.web.values import Instant, instant, now
from config.settings import Settings
from domain.ids import SegmentId
from domain.instants import to_ms
from operators.aggregates import plan
from operators.segments.citations import cited_filters
from operators.segments.explain import deciding, explain, next_flip, subject_at
from operators.segments.nodes import Node
from operators.segments.program import Program
from store.profiles.standing import ProfileSnapshot, load_snapshot

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
    asked: Annotated[MembershipQuery, Depends(_membership_query)],
) -> WhyView:
    """Every node of the rule: its answer, the value that decided it, the events that count.

    Each node also says when its answer changes by itself.

    The answer is evaluated from the person's state as it is now, by the engine's own evaluator.
    `flips_at` is the instant at which the person enters or leaves if nothing happens; nodes that
    are marked `decides` would change the answer alone.
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
    names: set[tuple[str, str | None]] = {
        (event.event_type, event.name)
        for one in plan.nodes(live.rule)
        for event in cited_filters(one, program.definitions)[0]
    }
    found = await transactions.run(lambda conn: load_snapshot(conn, program, asked.profile, names))
    if found is None:
        raise NotFoundError("profile")
    at = max(asked.at, now()) if asked.at else now()
    return await asyncio.to_thread(_explain, settings, found, program, node, asked.segment, at)


def _explain(
    settings: Settings,
    snapshot: ProfileSnapshot,
    program: Program,
    node: Node,
    segment: SegmentId,
    at: datetime,
) -> WhyView:
    now_ms = to_ms(at)
    person = snapshot.person
    explanation = explain(node, subject_at(person, program, settings.profile, now_ms))
    flip = next_flip(person, program, settings.profile, segment, now_ms)
    live = program.segments[program.place[segment]].segment
    cites = NodeEvidence(snapshot.events, program.definitions, now_ms, settings.query.citations)
    return WhyView(
        profile_id=UUID(bytes=person.id),
        segment_id=segment,
        segment=snapshot.names.get(segment, ""),
        version=live.version,
        at=instant(now_ms),
        member=explanation.holds,
        member_stored=segment in person.segments,
        flips_at=None if flip.at_ms is None else instant(flip.at_ms),
        flips_exactly=flip.exact,
        why=cites.show(explanation, deciding(explanation)),
    )
