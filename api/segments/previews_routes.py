"""Previews: what a rule would mean, before anybody is a member."""

from datetime import UTC, datetime
from secrets import token_bytes
from typing import Annotated

from fastapi import APIRouter, Path

from api.segments.preview_desk import Desk, PreviewDesk
from api.segments.previews_schemas import PreviewRequest, PreviewView
from api.segments.rule_checks import checked_rule
from api.web.definitions import author_of
from api.web.deps import Caller, Reader, SettingsDep
from api.web.methods import only
from config.settings import Settings
from domain.instants import to_ms
from domain.segments.rule import Rule
from store.segments.preview import PreviewQuery

router = APIRouter(prefix="/cdp/segments", tags=["segments"])
only(router, "/preview", "POST")

_START_BYTES = 16


async def _answer(
    caller: Caller, settings: Settings, desk: PreviewDesk, segment: int | None, rule: Rule | None
) -> PreviewView:
    at = datetime.now(UTC)
    now_ms = to_ms(at)
    author = author_of(settings, caller.workspace, caller.actor)
    found, judged = await desk.answer(
        author, PreviewQuery(segment, rule, now_ms, token_bytes(_START_BYTES)), at
    )
    return PreviewView.from_preview(found, now_ms, [pending.decision for pending in judged])


@router.post("/preview", summary="Preview a rule")
async def preview_rule(
    caller: Reader, settings: SettingsDep, desk: Desk, body: PreviewRequest
) -> PreviewView:
    """How many people the rule holds for now, some of them, and the overlap with existing segments.

    Nothing is saved.

    Up to a bound everybody is evaluated and the numbers are exact; beyond, they are estimated from
    a random sample, with 95 % confidence intervals, within about two seconds. The evaluation is
    that of live segments, the past included.
    """
    return await _answer(
        caller, settings, desk, None, checked_rule(body.rule, settings.definitions)
    )


@router.post("/{id}/preview", summary="Preview a segment")
async def preview_segment(
    caller: Reader,
    settings: SettingsDep,
    desk: Desk,
    id: Annotated[int, Path(ge=0, lt=2**31)],
    body: PreviewRequest | None = None,
) -> PreviewView:
    """Like a preview of a rule, for a segment's newest saved version, or for the rule of the body.

    Its own entry among `overlaps` says who would stay: `both` of its present members;
    `versus_live` says who would come and go. `audiences` says what that changes on the lists that
    follow the segment, and what the gate would say of such a push now; nothing of it is recorded.
    """
    rule = None if body is None else checked_rule(body.rule, settings.definitions)
    return await _answer(caller, settings, desk, id, rule)
