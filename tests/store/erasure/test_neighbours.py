"""Other people's events no longer name what was erased, and these people are what they say."""

from typing import Any

import msgspec
import pytest
from psycopg import errors

from domain.segments.conditions import Equals
from domain.segments.rule import Trait
from sources.intake import stored
from store.erasure import neighbours
from tests.store.conftest import Engine
from tests.store.erasure.conftest import Desk

NOW = 1_790_000_000_000
DEVICE = "device-number-1"


def device(value: str = DEVICE) -> dict[str, Any]:
    return {"context": {"device": {"advertisingId": value}}}


def payloads(desk: Desk, user: str) -> list[dict[str, Any]]:
    sql = "SELECT payload FROM events WHERE leaf = %s ORDER BY occurred_at"
    return [msgspec.json.decode(each) for each in desk.column(sql, desk.key("user_id", user))]


def version(desk: Desk, user: str) -> int:
    sql = "SELECT version FROM profiles p JOIN identifiers i ON i.profile_id = p.id WHERE key = %s"
    return int(desk.one(sql, desk.key("user_id", user)))


def test_a_shared_device_is_taken_out_of_the_others_events(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(
        engine.event("page", "anne", NOW + 1, name=f"Of {DEVICE}", **device()),
        engine.event("page", "anne", NOW + 2, name="Home", **device("another-device")),
    )
    erased = desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    before = version(desk, "anne")
    assert erased.neighbours == [desk.key("user_id", "anne")]
    desk.finish()
    first, second = payloads(desk, "anne")
    assert first["context"]["device"]["advertisingId"] is None
    assert first["name"] == "Of [erased]"
    assert second["context"]["device"]["advertisingId"] == "another-device"
    assert version(desk, "anne") == before + 1
    assert desk.steps(erased)["neighbours"].items() >= {"events": 1, "people": 1}.items()
    assert DEVICE.encode() not in b"".join(
        bytes(each) for each in desk.column("SELECT payload FROM events")
    )
    names = desk.column("SELECT name FROM events WHERE type = 'page' AND name <> 'Home'")
    assert names == ["Of [erased]"]


def test_what_came_from_an_erased_identifier_goes_and_segments_follow(
    desk: Desk, engine: Engine
) -> None:
    segment = engine.publish("theirs", Trait("email", Equals("mary@example.com")))
    engine.sweep()
    engine.feed(engine.event("identify", "mary", NOW, traits={"email": "mary@example.com"}))
    engine.feed(
        engine.event("identify", "anne", NOW + 1, traits={"email": "mary@example.com", "a": 1})
    )
    assert "anne" in engine.members(segment)
    desk.erase(("user_id", "mary"), ("email", "mary@example.com"))
    desk.finish()
    assert engine.members(segment) == set()
    assert payloads(desk, "anne")[0]["traits"] == {"email": None, "a": 1}
    sql = "SELECT sum(delta) FROM changes WHERE segment_id = %s AND profile_id = %s"
    assert desk.one(sql, segment, desk.key("user_id", "anne")) == 0


def test_what_happens_later_may_name_it_again(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(
        engine.event("page", "anne", NOW + 1, name="Home", **device()),
        engine.event("page", "anne", NOW + 5, name="Home", **device()),
    )
    desk.erase(("user_id", "mary"), ("device_id", DEVICE), until_ms=NOW + 3)
    desk.finish()
    first, second = payloads(desk, "anne")
    assert first["context"]["device"]["advertisingId"] is None
    assert second["context"]["device"]["advertisingId"] == DEVICE


def test_two_erasures_that_the_same_event_names_are_both_heard(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("identify", "lucy", NOW, traits={"email": "lucy@example.com"}))
    engine.feed(
        engine.event("identify", "anne", NOW + 1, traits={"email": "lucy@example.com"}, **device())
    )
    first = desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    second = desk.erase(("user_id", "lucy"), ("email", "lucy@example.com"))
    desk.finish()
    (found,) = payloads(desk, "anne")
    assert found["traits"]["email"] is None
    assert found["context"]["device"]["advertisingId"] is None
    for erased in (first, second):
        assert desk.steps(erased)["neighbours"]["events"] == 1


def test_an_identifier_of_the_other_stays_although_it_contains_the_erased_one(
    desk: Desk, engine: Engine
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", anonymousId="12345"))
    engine.feed(engine.event("page", "user-12345", NOW + 1, name="Home", anonymousId="12345"))
    desk.erase(("user_id", "mary"), ("anonymous_id", "12345"))
    desk.finish()
    (found,) = payloads(desk, "user-12345")
    assert (found["userId"], found["anonymousId"]) == ("user-12345", None)


def test_an_event_that_cannot_be_told_without_it_is_dropped_for_good(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name="Home", **device()))
    desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    monkeypatch.setattr(stored, "redacted", lambda *_: b'{"type": "page"}')
    desk.finish()
    assert payloads(desk, "anne") == []
    assert desk.one("SELECT count(*) FROM erased_messages") == 2


@pytest.mark.parametrize("died_at", ["rewrite", "count"])
def test_a_person_is_rewritten_whole_or_not_at_all(
    died_at: str, desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name="Home", **device()))
    erased = desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    before = version(desk, "anne")

    def die(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(neighbours, died_at, die)
        desk.finish()
    assert "neighbours" not in desk.steps(erased)
    assert version(desk, "anne") == before
    assert payloads(desk, "anne")[0]["context"]["device"]["advertisingId"] == DEVICE
    desk.finish(2)
    assert desk.steps(erased)["neighbours"]["events"] == 1


def test_who_is_in_the_way_is_waited_for(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name="Home", **device()))
    erased = desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    tries = []

    def deadlock(*_: object) -> None:
        tries.append(1)
        raise errors.DeadlockDetected

    with monkeypatch.context() as patched:
        patched.setattr(neighbours, "rewrite", deadlock)
        patched.setattr("time.sleep", lambda _: None)
        desk.finish()
    assert len(tries) > 1
    assert "neighbours" not in desk.steps(erased)
    desk.finish()
    assert desk.steps(erased)["neighbours"]["events"] == 1


def test_the_engine_goes_on_with_a_person_who_was_rewritten(desk: Desk, engine: Engine) -> None:
    engine.feed(engine.event("page", "mary", NOW, name="Home", **device()))
    engine.feed(engine.event("page", "anne", NOW + 1, name="Home", **device()))
    desk.erase(("user_id", "mary"), ("device_id", DEVICE))
    desk.finish()
    before = version(desk, "anne")
    engine.feed(engine.event("page", "anne", NOW + 9, name="Home"))
    assert len(payloads(desk, "anne")) == 2
    assert version(desk, "anne") == before + 1
