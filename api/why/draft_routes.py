"""Why a person would be in a segment by a rule that is not live, or not."""

import asyncio
from typing import NamedTuple

from fastapi import APIRouter

from api.segments.rule_checks import checked_rule
from api.web.concurrency import HeavyReadsDep, finished
from api.web.definitions import author_of
from api.web.deps import Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.methods import only
from api.web.transaction import Conn, TransactionsDep
from api.web.values import now
from api.why.explaining import Membership, cited_names, explained
from api.why.schemas import DraftQuestion, WhyView
from domain.ids import SegmentId
from domain.segments.rule import Rule
from operators.segments.draft import draft_with_referred
from operators.segments.program import Program
from store.definitions.checks import check_segment
from store.definitions.drafts import Author
from store.definitions.load import load_definitions
from store.profiles.standing import ProfileSnapshot, open_snapshot, read_snapshot

router = APIRouter(prefix="/cdp/segments", tags=["segments"])
only(router, "/why", "POST")


class _Draft(NamedTuple):
    """A draft, compiled, and a person as of the same snapshot."""

    program: Program
    number: SegmentId
    snapshot: ProfileSnapshot | None


@router.post("/why", summary="Explain a rule for a person")
async def explain_rule(
    caller: Reader,
    settings: SettingsDep,
    transactions: TransactionsDep,
    heavy: HeavyReadsDep,
    body: DraftQuestion,
) -> WhyView:
    """Why a rule that is not live would hold for a person now, or not.

    The answer is that of a segment's `…/why` once the rule is published, the past included. With
    `segment`, it also says whether the person is a member of that segment as it is live. Nothing
    is saved. Refused where the person has more events than are read at once.
    """
    rule = checked_rule(body.rule, settings.definitions)
    author = author_of(settings, caller.workspace, caller.actor)
    async with heavy.explanations.slot(caller.workspace):
        draft = await transactions.read(lambda conn: _load(conn, author, rule, body))
        snapshot = draft.snapshot
        if snapshot is None:
            raise NotFoundError("profile")
        shown = Membership()
        if body.segment is not None:
            segment = SegmentId(body.segment)
            if segment not in snapshot.names:
                raise NotFoundError("segment")
            shown = Membership(segment, snapshot.names[segment])
        at = max(body.at, now()) if body.at else now()
        return await finished(
            asyncio.to_thread(explained, settings, snapshot, draft.program, draft.number, shown, at)
        )


def _load(conn: Conn, author: Author, rule: Rule, body: DraftQuestion) -> _Draft:
    open_snapshot(conn)
    check_segment(conn, author, body.segment, rule)
    program, number = draft_with_referred(load_definitions(conn, author.workspace), rule)
    names = cited_names(rule, program.definitions)
    return _Draft(program, number, read_snapshot(conn, program, body.profile_id, names))
