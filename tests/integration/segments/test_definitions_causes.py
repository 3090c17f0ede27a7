"""What the outbox says of merges, unmerges and withdrawn consent: the cause of every move, on real
processes."""

from typing import Any

from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import Live, running

GOLD = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "gold"}}
CONSENTS = {"type": "consent", "purpose": "advertising"}


def visits(condition: dict[str, Any]) -> dict[str, Any]:
    return {"type": "event", "event": {"name": "Visited"}, "window": "365d", "condition": condition}


def at(minute: int) -> str:
    return f"2026-09-01T12:{minute:02d}:00Z"


def track(minute: int, event: str, **who: str) -> dict[str, Any]:
    return {"type": "track", "event": event, "timestamp": at(minute), **who}


def consent(user: str, minute: int, *, granted: bool) -> dict[str, Any]:
    """A statement about advertising."""
    context = {"consent": {"categoryPreferences": {"advertising": granted}}}
    return {
        "type": "identify",
        "userId": user,
        "timestamp": at(minute),
        "traits": {"plan": "gold"},
        "context": context,
    }


def moves(live: Live, segment: int, person: str) -> list[tuple[int, str]]:
    return [
        (change.delta, change.cause)
        for change in live.told(segment).get(person, [])
        if change.delta
    ]


def unmerge(live: Live, value: str) -> None:
    """Take a device away from its person."""
    ((person,),) = live.rows("SELECT profile_id FROM identifiers WHERE value = %s", value)
    body = {"identifiers": [{"kind": "anonymous_id", "value": value}], "reason": "a shared device"}
    command = live.api.post(f"/cdp/profiles/{person}/unmerge", body)["command_id"]
    live.until(
        lambda: live.api.get(f"/cdp/commands/{command}")["status"] == "processed",
        "the command is processed",
    )


def test_merges_and_unmerges_move_people_at_once_and_say_so(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        live.start()
        once = live.live("once", visits({"op": "equals", "value": 1}))
        twice = live.live("twice", visits({"op": "equals", "value": 2}))
        steps = [
            {"event": {"name": "Visited"}},
            {
                "event": {"name": "Order Completed"},
                "within": "30m",
                "without": [{"name": "Searched"}],
            },
        ]
        bought = live.live("bought", {"type": "sequence", "steps": steps})
        live.send(
            track(0, "Visited", anonymousId="phone"),
            track(40, "Visited", userId="ada"),
            track(20, "Order Completed", userId="ada"),
        )
        live.settle()
        assert live.members(once) == {"phone", "ada"}
        assert live.members(twice) == live.members(bought) == set()
        live.verify()

        live.send(
            {"type": "identify", "userId": "ada", "anonymousId": "phone", "timestamp": at(50)}
        )
        live.settle()
        (survivor,) = live.members(twice)
        assert survivor in {"ada", "phone"}
        assert live.members(once) == set()
        assert live.members(bought) == {survivor}
        for person in ("ada", "phone"):
            assert moves(live, once, person) == [(1, "event"), (-1, "merge")]
        assert moves(live, twice, survivor) == moves(live, bought, survivor) == [(1, "merge")]
        live.verify()

        unmerge(live, "phone")
        assert live.members(once) == {"phone", "ada"}
        assert live.members(twice) == live.members(bought) == set()
        for person in ("ada", "phone"):
            assert moves(live, once, person) == [(1, "event"), (-1, "merge"), (1, "unmerge")]
        assert (
            moves(live, twice, survivor)
            == moves(live, bought, survivor)
            == [(1, "merge"), (-1, "unmerge")]
        )
        live.verify()

        live.send(track(55, "Visited", anonymousId="phone"))
        live.settle()
        assert moves(live, twice, "phone")[-1] == (1, "event")
        live.verify()


def test_an_aggregate_of_later_is_right_after_a_merge_and_its_undoing(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        live.start()
        live.send(
            *(track(minute, "Visited", anonymousId="phone") for minute in range(3)),
            track(5, "Visited", userId="ada"),
        )
        live.send({"type": "identify", "userId": "ada", "anonymousId": "phone", "timestamp": at(6)})
        live.settle()
        many = live.live("many", visits({"op": "at_least", "value": 4}))
        three = live.live("three", visits({"op": "equals", "value": 3}))
        (survivor,) = live.members(many)
        assert moves(live, many, survivor) == [(1, "edit")]
        unmerge(live, "phone")
        assert live.members(many) == set()
        assert live.members(three) == {"phone"}
        assert moves(live, many, survivor) == [(1, "edit"), (-1, "unmerge")]
        assert moves(live, three, "phone") == [(1, "unmerge")]
        live.verify()


def test_a_withdrawal_of_consent_is_told_as_such_and_urgent(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        live.start()
        live.send(consent("earlier", 0, granted=True), consent("bystander", 0, granted=True))
        live.settle()
        gold, mail = live.live("gold", GOLD), live.live("mail", GOLD, purpose="email")
        consented = live.live("consented", {"type": "all", "of": [GOLD, CONSENTS]})
        live.send(consent("later", 0, granted=True))
        live.settle()
        people = {"earlier", "bystander", "later"}
        assert live.members(gold) == live.members(mail) == live.members(consented) == people
        live.send(*(consent(person, 1, granted=False) for person in ("earlier", "later")))
        live.settle()
        assert live.members(gold) == live.members(mail) == people
        assert live.members(consented) == {"bystander"}
        for person, first in (("earlier", "edit"), ("later", "event")):
            told = {
                segment: [
                    (each.delta, each.cause, each.urgent) for each in live.told(segment)[person]
                ]
                for segment in (gold, consented, mail)
            }
            assert told == {
                gold: [(1, first, False), (0, "consent", True)],
                consented: [(1, first, False), (-1, "consent", True)],
                mail: [(1, first, False)],
            }
        assert [len(live.told(segment)["bystander"]) for segment in (gold, consented, mail)] == [
            1,
            1,
            1,
        ]
        live.verify()
        live.send(consent("later", 2, granted=True), consent("earlier", 0, granted=True))
        live.settle()
        assert live.members(consented) == {"bystander", "later"}
        assert moves(live, consented, "later") == [(1, "event"), (-1, "consent"), (1, "event")]
        live.verify()
