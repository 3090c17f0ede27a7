"""Definitions that change all the time under live traffic and two engines, one of which dies: the
oracle agrees at the end."""

import random
from datetime import UTC, datetime
from typing import Any

from config.settings import Settings
from tests.conftest import TestWorkspace
from tests.integration.segments.test_definitions_sweeps import (
    BIG_SPENDERS,
    Live,
    history,
    running,
    spenders,
)
from tests.integration.unify.traffic import messages

COUNT = 900
ROUNDS = 18
SEED = 3
WINDOWS = (None, "1m", "90s", "1h", "48h", "60d", "90d", "731d")


def behaviour(rng: random.Random) -> dict[str, Any]:
    """What somebody did, over a window of any resolution."""
    low = rng.randint(0, 2)
    rule: dict[str, Any] = {"type": "event", "window": rng.choice(WINDOWS)}
    kind = rng.random()
    if kind < 0.4:
        event: dict[str, Any] = {"name": rng.choice(("Home", "Cart", None)), "event_type": "page"}
        return rule | {"event": event, "condition": {"op": "between", "low": low, "high": low + 3}}
    paid = [
        {"property": "revenue", "condition": {"op": "less_than", "value": rng.choice((30, 60))}}
    ]
    event = {"name": "Order Completed", "where": paid if rng.random() < 0.5 else []}
    if kind < 0.6:
        return rule | {"event": event, "condition": {"op": "equals", "value": low}}
    measure = rng.choice(("sum", "average", "minimum", "maximum", "unique"))
    bound = 2 if measure == "unique" else rng.choice((20, 50, 80))
    return rule | {
        "event": event,
        "measure": measure,
        "property": "revenue",
        "condition": {"op": "at_least", "value": bound},
    }


def sequence(rng: random.Random) -> dict[str, Any]:
    """Home, then an order or none, without a look into the cart."""
    ordered: dict[str, Any] = {
        "event": {"name": "Order Completed"},
        "within": rng.choice(("2s", "1m", "3h", "12h")),
    }
    if rng.random() < 0.5:
        ordered |= {"absent": True}
    elif rng.random() < 0.5:
        ordered |= {"without": [{"name": "Cart", "event_type": "page"}]}
    return {
        "type": "sequence",
        "steps": [{"event": {"name": "Home", "event_type": "page"}}, ordered],
        "window": rng.choice((None, "1m", "90d")),
    }


def rule(rng: random.Random, others: list[int], depth: int = 2) -> dict[str, Any]:
    """A rule of many kinds of nodes; the engine and the oracle read it each in their own way."""
    if depth and rng.random() < 0.5:
        of = [rule(rng, others, depth - 1) for _ in range(rng.randint(1, 3))]
        return (
            {"type": "not", "of": of[0]}
            if len(of) == 1
            else {"type": rng.choice(("all", "any")), "of": of}
        )
    leaves: list[dict[str, Any]] = [
        {
            "type": "trait",
            "name": "plan",
            "condition": {"op": rng.choice(("equals", "not_equals")), "value": "gold"},
        },
        {
            "type": "lifecycle",
            "stages": rng.sample(["anonymous", "known", "customer", "churned"], 2),
        },
        {"type": "consent", "purpose": "advertising", "granted": rng.random() < 0.5},
        {"type": "identifier", "kind": "anonymous_id", "at_least": rng.randint(1, 3)},
        {
            "type": "computed",
            "name": "orders",
            "condition": {"op": "at_least", "value": rng.randint(1, 3)},
        },
        sequence(rng),
        *(behaviour(rng) for _ in range(4)),
        *({"type": "segment", "segment": other} for other in others[:2]),
    ]
    return rng.choice(leaves)


def present(rng: random.Random, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A third of the messages happen now, so that windows end while the test runs."""
    now = datetime.now(UTC).timestamp()
    for message in found:
        if rng.random() < 0.33:
            message["timestamp"] = datetime.fromtimestamp(
                now - rng.choice((0, 30, 50, 55, 58)), UTC
            ).isoformat(timespec="milliseconds")
    return found


def change(live: Live, rng: random.Random, segments: list[int], trait: int) -> None:
    """Change one thing of what is live."""
    kind = rng.random()
    if kind < 0.4 or len(segments) < 3:
        made = live.draft(
            f"segment {rng.getrandbits(60)}",
            rule(rng, segments),
            purpose=rng.choice(("advertising", "email")),
        )
        live.publish(made)
        segments.append(made)
    elif kind < 0.75:
        place = rng.randrange(len(segments))
        live.edit(
            segments[place], f"segment {rng.getrandbits(60)}", rule(rng, segments[: min(place, 2)])
        )
        live.publish(segments[place])
    elif kind < 0.9:
        where = [
            {
                "property": "revenue",
                "condition": {"op": "at_least", "value": rng.choice((10, 40, 70))},
            }
        ]
        counted = {
            "function": "count",
            "event": {"name": "Order Completed", "where": where},
            "window": rng.choice(WINDOWS),
        }
        live.api.http.put(f"/cdp/traits/{trait}", json={"rule": counted}).raise_for_status()
        live.api.post(f"/cdp/traits/{trait}/publish")
    else:
        gone = segments[-1]
        if live.api.http.delete(f"/cdp/segments/{gone}").status_code == 202:
            segments.remove(gone)


def test_definitions_change_under_live_traffic_and_the_oracle_agrees(
    settings: Settings, workspace: TestWorkspace
) -> None:
    rng = random.Random(SEED)
    with running(
        settings,
        workspace,
        STRATUM_ENGINE__BATCH_RECORDS="40",
        STRATUM_SWEEPS__BUSY_PAGE="20",
        STRATUM_SWEEPS__PAGE="40",
    ) as live:
        found = present(rng, messages(COUNT, SEED))
        victim, _ = live.start(), live.start()
        counted = {"function": "count", "event": {"name": "Order Completed"}, "window": None}
        trait = live.api.post("/cdp/traits", {"name": "orders", "rule": counted}, 201)["id"]
        live.api.post(f"/cdp/traits/{trait}/publish")
        segments: list[int] = []
        chunk = len(found) // ROUNDS
        for number in range(ROUNDS):
            live.send(
                *found[number * chunk : None if number == ROUNDS - 1 else (number + 1) * chunk]
            )
            change(live, rng, segments, trait)
            ((events,),) = live.rows("SELECT count(*) FROM events")
            live.until(
                lambda least=events: (  # type: ignore[misc]
                    live.rows("SELECT count(*) > %s FROM events", least) == [(True,)]
                ),
                "traffic flows",
            )
            if number in (ROUNDS // 3, 2 * ROUNDS // 3):
                live.kill(victim)
                victim = live.start()
        stored = """
            SELECT (SELECT sum(value) FROM observations
                WHERE metric IN ('accepted', 'duplicate')) + (SELECT count(*) FROM dead_letters)
        """
        live.until(lambda: live.rows(stored) == [(len(found),)], "everything sent is processed")
        live.until(
            lambda: live.rows("SELECT 1 FROM sweeps WHERE status = 'running'") == [],
            "all sweeps come to their end",
        )
        assert live.rows("SELECT 1 FROM sweeps WHERE stale <> 0") == []
        live.verify()
        stale = (
            "SELECT 1 FROM memberships m JOIN segments s ON s.id = m.segment_id WHERE m.version <>"
            " s.version OR s.status <> 'live'"
        )
        assert live.rows(stale) == []
        causes = {cause for (cause,) in live.rows("SELECT DISTINCT cause FROM changes")}
        assert {"event", "edit", "merge"} <= causes
        assert live.rows("SELECT count(DISTINCT segment_id) > 3 FROM changes") == [(True,)]


def test_a_sweep_comes_to_its_end_while_events_never_cease(
    settings: Settings, workspace: TestWorkspace
) -> None:
    with running(settings, workspace, STRATUM_SWEEPS__BUSY_PAGE="8") as live:
        live.start()
        live.send(*history())
        live.settle()
        segment = live.draft("spenders", BIG_SPENDERS)
        sweep = live.publish(segment)

        def done() -> bool:
            live.send({"type": "page", "name": "Home", "anonymousId": "visitor"})
            return bool(live.api.get(f"/cdp/sweeps/{sweep}")["status"] == "done")

        live.until(done, "the sweep comes to its end")
        assert live.members(segment) == spenders(2, 3, 4)
