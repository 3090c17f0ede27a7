"""Live segments edited, paused, resumed and deleted on real processes: no stale and no missing
member, every move told, and told once."""

from typing import Any

from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import Live, order, running

PEOPLE = 60


def plan(*plans: str) -> dict[str, Any]:
    return {"type": "trait", "name": "plan", "condition": {"op": "in", "values": list(plans)}}


def identify(person: int, plan: str) -> dict[str, Any]:
    return {"type": "identify", "userId": f"user-{person}", "traits": {"plan": plan}}


def people(*modulo: int) -> set[str]:
    return {f"user-{person}" for person in range(PEOPLE) if person % 4 in modulo}


def versions(live: Live, segment: int) -> set[int]:
    return {
        version
        for (version,) in live.rows(
            "SELECT DISTINCT version FROM memberships WHERE segment_id = %s", segment
        )
    }


def moves(live: Live, segment: int, person: str) -> list[tuple[int, int, str]]:
    return [
        (change.delta, change.version, change.cause)
        for change in live.told(segment).get(person, [])
        if change.delta
    ]


def fill(live: Live) -> None:
    """Start an engine. Person n has plan n modulo 4, and n modulo 4 orders."""
    live.start()
    live.send(*(identify(person, f"plan-{person % 4}") for person in range(PEOPLE)))
    live.send(
        *(order(person, 20, 1 + number) for person in range(PEOPLE) for number in range(person % 4))
    )
    live.settle()


def test_an_edit_leaves_no_stale_and_no_missing_member(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        fill(live)
        segment = live.live("vips", plan("plan-1", "plan-2"))
        assert live.members(segment) == people(1, 2)
        live.edit(segment, "vips", plan("plan-2", "plan-3"))
        assert live.members(segment) == people(1, 2), "a draft moves nobody"
        live.swept(live.publish(segment))
        assert live.members(segment) == people(2, 3)
        assert versions(live, segment) == {2}
        assert moves(live, segment, "user-1") == [(1, 1, "edit"), (-1, 2, "edit")]
        assert moves(live, segment, "user-2") == [(1, 1, "edit")]
        assert moves(live, segment, "user-3") == [(1, 2, "edit")]
        live.verify()
        bought = {
            "type": "event",
            "event": {"name": "Order Completed"},
            "window": "365d",
            "condition": {"op": "between", "low": 1, "high": 2},
        }
        live.edit(
            segment, "vips", {"type": "all", "of": [bought, {"type": "not", "of": plan("plan-2")}]}
        )
        live.send(*(order(person, 20, 20) for person in range(0, PEOPLE, 8)))
        sweep = live.publish(segment)
        live.send(*(order(person, 20, 21) for person in range(1, PEOPLE, 8)))
        live.settle()
        live.swept(sweep)
        assert live.members(segment) == {
            f"user-{person}" for person in range(0, PEOPLE, 8)
        } | people(1)
        assert versions(live, segment) == {3}
        assert moves(live, segment, "user-1") == [
            (1, 1, "edit"),
            (-1, 2, "edit"),
            (1, 3, moves(live, segment, "user-1")[-1][2]),
        ]
        live.verify()


def test_an_edit_of_what_others_refer_to_moves_their_members_too(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        fill(live)
        inner = live.live("inner", plan("plan-1"))
        outer = live.live("outer", {"type": "not", "of": {"type": "segment", "segment": inner}})
        trait = live.api.post(
            "/cdp/traits",
            {"name": "orders", "rule": {"function": "count", "event": {"name": "Order Completed"}}},
            201,
        )["id"]
        live.swept(live.api.post(f"/cdp/traits/{trait}/publish")["sweep"])
        buyers = live.live(
            "buyers",
            {"type": "computed", "name": "orders", "condition": {"op": "at_least", "value": 2}},
        )
        assert (live.members(outer), live.members(buyers)) == (people(0, 2, 3), people(2, 3))
        live.edit(inner, "inner", plan("plan-2"))
        live.swept(live.publish(inner))
        assert (live.members(inner), live.members(outer)) == (people(2), people(0, 1, 3))
        small = {
            "name": "Order Completed",
            "where": [{"property": "revenue", "condition": {"op": "less_than", "value": 10}}],
        }
        counted = {"function": "count", "event": small, "window": "731d"}
        live.api.http.put(f"/cdp/traits/{trait}", json={"rule": counted}).raise_for_status()
        live.swept(live.api.post(f"/cdp/traits/{trait}/publish")["sweep"])
        assert live.members(buyers) == set()
        live.restart()
        live.send(order(0, 5), order(0, 5, 2))
        live.settle()
        assert live.members(buyers) == {"user-0"}
        assert moves(live, buyers, "user-0") == [(1, 1, "event")]
        assert {moves(live, outer, "user-2")[-1], moves(live, buyers, "user-2")[-1]} == {
            (-1, 1, "edit")
        }
        live.verify()


def test_a_paused_segment_keeps_its_members_and_a_resumed_one_follows_its_rule(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        fill(live)
        segment = live.live("vips", plan("plan-1"))
        follower = live.live("follower", {"type": "segment", "segment": segment})
        live.swept(live.api.post(f"/cdp/segments/{segment}/pause")["sweep"])
        live.send(identify(0, "plan-1"), identify(1, "plan-0"))
        live.settle()
        assert live.members(segment) == live.members(follower) == people(1)
        live.verify()
        live.swept(live.api.post(f"/cdp/segments/{segment}/resume")["sweep"])
        assert (
            live.members(segment) == live.members(follower) == people(1) - {"user-1"} | {"user-0"}
        )
        assert moves(live, segment, "user-0") == [(1, 1, "edit")]
        assert moves(live, segment, "user-1") == [(1, 1, "edit"), (-1, 1, "edit")]
        live.restart()
        live.send(identify(2, "plan-1"))
        live.settle()
        assert (
            moves(live, segment, "user-2") == moves(live, follower, "user-2") == [(1, 1, "event")]
        )
        live.verify()


def test_a_deleted_segment_has_no_members_and_says_so(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        fill(live)
        segment = live.live("vips", plan("plan-1"))
        sweep = live.delete(segment)
        live.send(identify(5, "plan-2"), identify(6, "plan-1"))
        live.settle()
        live.swept(sweep)
        assert live.members(segment) == set()
        assert all(
            sum(change.delta for change in changes) == 0 for changes in live.told(segment).values()
        )
        assert moves(live, segment, "user-1") == [(1, 1, "edit"), (-1, 1, "edit")]
        live.api.get(f"/cdp/segments/{segment}", 404)
        again = live.live("vips", plan("plan-1"))
        assert again != segment
        assert live.members(again) == people(1) - {"user-5"} | {"user-6"}
        live.verify()
