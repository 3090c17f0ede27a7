"""Identity: a person's graph, merge histories, conflicts."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.identity.schemas import Graph, GraphNode, LinkView, Merge
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.paging import Page, PagingDep
from domain.link import REFUSED
from store.identity import graph, merges

router = APIRouter(prefix="/cdp", tags=["identity"])


@router.get("/profiles/{id}/graph", summary="Read a profile's identity graph")
async def get_profile_graph(
    caller: Reader, settings: SettingsDep, pool: PoolDep, id: ProfileIdPath
) -> Graph:
    """Identifiers as nodes, the facts that link them, and the links that a limit refuses.

    Each comes with the event that caused it.
    """
    person = (await find(pool, caller.workspace, id)).person
    bounds, profile = settings.query, UUID(bytes=person.id)
    nodes = await graph.nodes(pool, caller.workspace, person.id, bounds.node_limit + 1)
    links = await graph.links(pool, caller.workspace, person.id, bounds.link_limit + 1)
    shown = [LinkView.from_row(link, settings.identity) for link in links[: bounds.link_limit]]
    return Graph(
        profile_id=profile,
        redirected_from=id if id != profile else None,
        nodes=[GraphNode.from_node(node) for node in nodes[: bounds.node_limit]],
        links=[link for link in shown if link.status != REFUSED],
        conflicts=[link for link in shown if link.status == REFUSED],
        truncated=len(nodes) > bounds.node_limit or len(links) > bounds.link_limit,
    )


@router.get("/profiles/{id}/merges", summary="List a profile's merge history")
async def list_profile_merges(
    caller: Reader, pool: PoolDep, paging: PagingDep, id: ProfileIdPath
) -> Page[Merge]:
    """Newest first, with the event that caused each step.

    The history of everybody who was merged into this person is part of it.
    """
    person = (await find(pool, caller.workspace, id)).person
    rows = await merges.of_profile(pool, caller.workspace, person.id, paging.after_id, paging.limit)
    return paging.page(rows, Merge.from_row)


@router.get("/merges", summary="List merges")
async def list_merges(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    kind: Annotated[
        Literal["merge", "split", "unmerge"] | None, Query(description="Only this kind.")
    ] = None,
) -> Page[Merge]:
    """The workspace's merges, splits and unmerges, newest first."""
    rows = await merges.of_workspace(pool, caller.workspace, kind, paging.after_id, paging.limit)
    return paging.page(rows, Merge.from_row)


@router.get("/conflicts", summary="List conflicts")
async def list_conflicts(
    caller: Reader, settings: SettingsDep, pool: PoolDep, paging: PagingDep
) -> Page[LinkView]:
    """Links that a limit refuses, newest first.

    Each comes with the reason and the event that stated it.
    """
    rows = await graph.conflicts(
        pool, caller.workspace, paging.after(int, UUID, UUID), paging.limit
    )
    return paging.page(
        rows,
        lambda row: LinkView.from_row(row, settings.identity),
        lambda row: (row.first_ms, row.a, row.b),
    )
