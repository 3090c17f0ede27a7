"""The clock on real processes: windows that empty and absences that begin at their instant and
never before, also after kill -9."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.settings import Settings
from domain.instants import MINUTE_MS, to_ms, utc
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import Live, Told, running

VISITED = {"type": "event", "event": {"name": "Visited"}, "window": "1m"}
LAPSED = {
    "type": "all",
    "of": [{"type": "event", "event": {"name": "Visited"}}, {"type": "not", "of": VISITED}],
}
ABANDONED = {
    "type": "sequence",
    "steps": [
        {"event": {"name": "Visited"}},
        {"event": {"name": "Order Completed"}, "within": "1m", "absent": True},
    ],
}
ENDS = "2999-01-01T00:00:00Z"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def stamp(at_ms: int) -> str:
    return utc(at_ms).isoformat(timespec="milliseconds")


def track(user: str, at_ms: int, event: str = "Visited") -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": user, "timestamp": stamp(at_ms)}


def milliseconds(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))


def expiry(at_ms: int) -> int:
    """When a visit leaves a window of a minute: its second rounded up, and a minute."""
    return -(-at_ms // 1_000) * 1_000 + MINUTE_MS


def visits(names: Iterable[str], left_ms: int) -> dict[str, int]:
    """Visits that count for so long yet, a little longer from name to name, by name."""
    now = now_ms()
    return {name: now - MINUTE_MS + left_ms + 237 * number for number, name in enumerate(names)}


def send(live: Live, made: dict[str, int]) -> None:
    live.send(*(track(user, at_ms) for user, at_ms in made.items()))
    live.settle()


def moves(live: Live, segment: int) -> dict[str, list[tuple[int, str]]]:
    """Directions and causes by person."""
    return {
        person: [(change.delta, change.cause) for change in changes]
        for person, changes in live.told(segment).items()
    }


def watch(live: Live, segment: int, until: dict[str, int], *, leave: bool) -> None:
    """Watch people leave or enter by themselves, each seen there before their instant and not only
    told so."""
    waiting = dict(until)

    def look() -> bool:
        members = live.members(segment)
        seen_ms = now_ms()  # taken after the look: what is seen happened before it
        for person in [person for person in waiting if (person in members) is not leave]:
            assert seen_ms >= waiting.pop(person), person
        return not waiting

    live.until(look, "the clock moves everybody")


def by_wake(change: Told, instant_ms: int) -> None:
    """A change is one of the clock and does not precede its instant."""
    assert change.cause == "wake"
    assert change.at_ms >= instant_ms


def explained(live: Live, person: str, segments: dict[int, bool], instant_ms: int) -> None:
    """`why` knows the instant at which someone leaves or enters, and answers otherwise from then
    on."""
    ((profile,),) = live.rows("SELECT profile_id FROM identifiers WHERE value = %s", person)
    for segment, member in segments.items():
        path = f"/cdp/profiles/{profile}/segments/{segment}/why"
        told = live.api.get(path)
        assert (told["member"], told["member_stored"], told["flips_exactly"]) == (
            member,
            member,
            True,
        )
        assert milliseconds(told["flips_at"]) == instant_ms
        assert live.api.get(path, at=stamp(instant_ms - 1))["member"] is member
        assert live.api.get(path, at=stamp(instant_ms))["member"] is not member
        (node,) = [told["why"]] if member else told["why"]["of"][1]["of"]
        assert [
            (event["name"], milliseconds(event["counts_until"])) for event in node["events"]
        ] == [("Visited", instant_ms)]


def flipped(live: Live, person: str, segments: dict[int, bool], instant_ms: int) -> None:
    """It came as it was foretold, and the person's history says so."""
    ((profile,),) = live.rows("SELECT profile_id FROM identifiers WHERE value = %s", person)
    for segment, member in segments.items():
        told = live.api.get(f"/cdp/profiles/{profile}/segments/{segment}/why")
        assert (told["member"], told["member_stored"], told["flips_at"]) == (
            not member,
            not member,
            None,
        )
    changes = live.api.everything(
        f"/cdp/profiles/{profile}/changes", since=stamp(instant_ms), kinds=["segment"]
    )
    found = {
        (change["segment"]["id"], change["kind"] == "exit", change["segment"]["cause"])
        for change in changes
    }
    assert {each for each in found if each[0] in segments} == {
        (segment, member, "wake") for segment, member in segments.items()
    }


def test_windows_empty_and_absences_begin_at_their_instant(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        live.start()
        visiting = live.live("visiting", VISITED)
        lapsed = live.live("lapsed", LAPSED)
        abandoned = live.live("abandoned", ABANDONED)
        warm = visits(["warm"], 30_000)
        send(live, warm)
        made = visits([f"user-{number}" for number in range(10)], 7_000)
        send(live, made)
        live.send(track("user-0", made["user-0"] + 1, "Order Completed"))
        live.settle()
        foretold = {visiting: True, lapsed: False}
        explained(live, "user-9", foretold, expiry(made["user-9"]))
        assert live.members(visiting) == {*made, *warm}
        assert live.members(lapsed) == live.members(abandoned) == set()
        left = {user: expiry(at_ms) for user, at_ms in made.items()}
        complete = {user: at_ms + MINUTE_MS for user, at_ms in made.items() if user != "user-0"}
        watch(live, visiting, left, leave=True)
        watch(live, lapsed, left, leave=False)
        watch(live, abandoned, complete, leave=False)
        flipped(live, "user-9", foretold, expiry(made["user-9"]))
        live.verify()
        for segment, instants, first in (
            (visiting, left, [(1, "event")]),
            (lapsed, left, []),
            (abandoned, complete, []),
        ):
            found = moves(live, segment)
            for user, instant_ms in instants.items():
                assert found[user] == [*first, (-1 if first else 1, "wake")]
                by_wake(live.told(segment)[user][-1], instant_ms)
        assert live.members(visiting) == {"warm"}
        assert "user-0" not in live.told(abandoned)


def test_what_falls_due_while_no_engine_runs_is_made_up_for(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace) as live:
        worker = live.start()
        visiting, lapsed = live.live("visiting", VISITED), live.live("lapsed", LAPSED)
        send(live, visits(["warm"], 30_000))
        made = visits([f"user-{number}" for number in range(6)], 5_000)
        send(live, made)
        assert live.members(visiting) == {*made, "warm"}
        live.kill(worker)
        assert live.members(visiting) == {*made, "warm"}
        back = made["user-5"] + 20_000
        live.send(track("user-5", back))
        last_ms = max(expiry(at_ms) for at_ms in made.values())
        live.until(lambda: now_ms() > last_ms, "the instants pass")
        assert live.members(visiting) == {*made, "warm"}
        assert live.members(lapsed) == set()
        live.start()
        gone = {user: expiry(at_ms) for user, at_ms in made.items() if user != "user-5"}
        watch(live, visiting, gone, leave=True)
        watch(live, lapsed, gone, leave=False)
        live.settle()
        for user, instant_ms in gone.items():
            assert moves(live, visiting)[user] == [(1, "event"), (-1, "wake")]
            by_wake(live.told(visiting)[user][-1], instant_ms)
            by_wake(live.told(lapsed)[user][-1], instant_ms)
        assert live.members(visiting) == {"user-5", "warm"}
        assert moves(live, visiting)["user-5"] == [(1, "event")]
        live.verify()
