"""Identity: a person's graph, merge histories, conflicts."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.identity.schemas import Graph, GraphNode, LinkView, Merge
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import Reader
from api.web.errors import DESCRIBED
from api.web.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    after_id,
    decode_cursor,
    encode_cursor,
)
from api.web.reading import ReadsNow
from domain.link import REFUSED
from store.identity import graph, merges

router = APIRouter(prefix="/cdp", tags=["identity"], responses=DESCRIBED)


@router.get("/profiles/{id}/graph", summary="Read a profile's identity graph")
async def get_profile_graph(caller: Reader, reads: ReadsNow, id: ProfileIdPath) -> Graph:
    """Identifiers as nodes, the facts that link them, and the links that a limit refuses, each with the event that caused it."""
    person = (await find(reads, caller.workspace, id)).person
    bounds, profile = reads.bounds, UUID(bytes=person.id)
    nodes = await graph.nodes(reads.pool, caller.workspace, person.id, bounds.node_limit + 1)
    links = await graph.links(reads.pool, caller.workspace, person.id, bounds.link_limit + 1)
    shown = [LinkView.of(link, reads.identity) for link in links[: bounds.link_limit]]
    return Graph(
        profile_id=profile,
        redirected_from=id if id != profile else None,
        nodes=[GraphNode.of(node) for node in nodes[: bounds.node_limit]],
        links=[link for link in shown if link.status != REFUSED],
        conflicts=[link for link in shown if link.status == REFUSED],
        truncated=len(nodes) > bounds.node_limit or len(links) > bounds.link_limit,
    )


@router.get("/profiles/{id}/merges", summary="List a profile's merge history")
async def list_profile_merges(
    caller: Reader,
    reads: ReadsNow,
    id: ProfileIdPath,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[Merge]:
    """Newest first, including the history of everybody who was merged into this person, with the event that caused each step."""
    person = (await find(reads, caller.workspace, id)).person
    rows = await merges.of_profile(reads.pool, caller.workspace, person.id, after_id(cursor), limit)
    return Page(
        items=[Merge.of(row) for row in rows],
        next=encode_cursor(rows[-1].id) if len(rows) == limit else None,
    )


@router.get("/merges", summary="List merges")
async def list_merges(
    caller: Reader,
    reads: ReadsNow,
    kind: Annotated[
        Literal["merge", "split", "unmerge"] | None, Query(description="Only this kind.")
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[Merge]:
    """The workspace's merges, splits and unmerges, newest first."""
    rows = await merges.of_workspace(reads.pool, caller.workspace, kind, after_id(cursor), limit)
    return Page(
        items=[Merge.of(row) for row in rows],
        next=encode_cursor(rows[-1].id) if len(rows) == limit else None,
    )


@router.get("/conflicts", summary="List conflicts")
async def list_conflicts(
    caller: Reader, reads: ReadsNow, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[LinkView]:
    """Links that a limit refuses, newest first, each with the reason and the event that stated it."""
    after = None
    if cursor is not None:
        first_ms, a, b = decode_cursor(cursor, (int, UUID, UUID))
        after = (first_ms, a, b)
    rows = await graph.conflicts(reads.pool, caller.workspace, after, limit)
    following = (
        encode_cursor(rows[-1].first_ms, rows[-1].a, rows[-1].b) if len(rows) == limit else None
    )
    return Page(items=[LinkView.of(row, reads.identity) for row in rows], next=following)
