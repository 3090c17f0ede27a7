"""Statistics for dashboards: segments over time, distributions, volumes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from store.segments.statistics import SeriesParams
from tests.api.conftest import START_MS, Api, Tenant

Move = tuple[str, int, int]
"""Instant, person, +1 or −1."""


@pytest.fixture
def segment(tenant: Tenant, execute: Callable[..., Any]) -> int:
    """A segment without members."""
    statement = (
        "INSERT INTO segments (workspace_id, name, definition) VALUES (%s, 'mine', '{}')"
        " RETURNING id"
    )
    return int(execute(statement, tenant.id))


@pytest.fixture
def move(tenant: Tenant, segment: int, execute: Callable[..., Any]) -> Callable[..., None]:
    """Records moves as the engine does: outbox and memberships."""

    def record(*moves: Move) -> None:
        for at, number, delta in moves:
            person = UUID(int=number)
            execute(
                "INSERT INTO changes (workspace_id, segment_id, profile_id, delta, version, cause,"
                " changed_at) VALUES (%s, %s, %s, %s, 1, 'event', %s)",
                tenant.id,
                segment,
                person,
                delta,
                datetime.fromisoformat(at),
            )
            if delta > 0:
                execute(
                    "INSERT INTO memberships VALUES (%s, %s, %s, 1, %s)",
                    segment,
                    person,
                    tenant.id,
                    datetime.fromisoformat(at),
                )
            elif delta < 0:
                execute(
                    "DELETE FROM memberships WHERE segment_id = %s AND profile_id = %s",
                    segment,
                    person,
                )

    return record


def points(answer: Any) -> list[tuple[str, int, int, int]]:
    return [
        (point["at"], point["members"], point["entries"], point["exits"])
        for point in answer["points"]
    ]


def test_a_segments_history_says_members_at_the_end_of_every_hour(
    segment: int, move: Callable[..., None], api: Api
) -> None:
    move(
        ("2026-03-01T08:00:00Z", 1, 1),
        ("2026-03-01T09:59:59Z", 2, 1),
        ("2026-03-01T10:00:00Z", 3, 1),
        ("2026-03-01T10:30:00Z", 3, 0),
        ("2026-03-01T10:59:00Z", 1, -1),
        ("2026-03-01T12:00:00Z", 4, 1),
    )

    answer = api.get(
        f"/cdp/statistics/segments/{segment}",
        since="2026-03-01T09:00:00Z",
        until="2026-03-01T12:00:00Z",
    )

    assert points(answer) == [
        ("2026-03-01T09:00:00Z", 2, 1, 0),
        ("2026-03-01T10:00:00Z", 2, 1, 1),
        ("2026-03-01T11:00:00Z", 2, 0, 0),
    ]
    assert [point["volatility"] for point in answer["points"]] == [0.5, 1.0, 0.0]
    assert answer["name"] == "mine"


def test_days_are_those_of_the_workspaces_time_zone_also_where_clocks_change(
    tenant: Tenant, segment: int, move: Callable[..., None], execute: Callable[..., Any], api: Api
) -> None:
    execute("UPDATE workspaces SET time_zone = 'Europe/Berlin' WHERE id = %s", tenant.id)
    move(
        ("2026-03-28T22:59:00Z", 1, 1),
        ("2026-03-28T23:00:00Z", 2, 1),
        ("2026-03-29T21:59:00Z", 3, 1),
        ("2026-03-29T22:00:00Z", 4, 1),
    )

    answer = api.get(
        f"/cdp/statistics/segments/{segment}",
        since="2026-03-27T23:00:00Z",
        until="2026-03-30T22:00:00Z",
        step="day",
    )

    assert points(answer) == [
        ("2026-03-27T23:00:00Z", 1, 1, 0),
        ("2026-03-28T23:00:00Z", 3, 2, 0),
        ("2026-03-29T22:00:00Z", 4, 1, 0),
    ]


def test_sizes_come_with_what_moved_of_late(
    segment: int, move: Callable[..., None], api: Api
) -> None:
    move(
        ("2026-03-01T08:00:00Z", 1, 1),
        ("2026-03-02T08:00:00Z", 2, 1),
        ("2026-03-02T09:00:00Z", 1, -1),
    )

    sizes = {
        row["id"]: row
        for row in api.everything("/cdp/statistics/segments", since="2026-03-02T00:00:00Z", limit=1)
    }

    assert sizes[segment] == {
        "id": segment, "name": "mine", "status": "live", "members": 1, "entries": 1, "exits": 1,
        "volatility": 2.0,
    }  # fmt: skip


def test_sizes_are_listed_of_the_segments_that_are_asked_for(segment: int, api: Api) -> None:
    others = {row["id"] for row in api.everything("/cdp/statistics/segments")} - {segment}
    assert others
    listed = api.everything("/cdp/statistics/segments", segment=segment)
    assert [row["id"] for row in listed] == [segment]
    assert api.everything("/cdp/statistics/segments", segment=[segment, 10**6]) == listed
    api.get("/cdp/statistics/segments", segment=-1, expect=422)


def test_a_segments_changes_come_newest_first_and_every_page_goes_on_where_the_last_one_ended(
    segment: int, move: Callable[..., None], api: Api
) -> None:
    move(
        *(("2026-03-01T08:00:00Z", number, 1) for number in range(5)),
        ("2026-03-01T09:00:00Z", 2, -1),
        ("2026-03-01T08:30:00Z", 3, 0),
    )

    rows = api.everything(f"/cdp/segments/{segment}/changes", limit=2)

    assert [(row["kind"], UUID(row["profile_id"]).int) for row in rows] == [
        ("exit", 2), ("entry", 4), ("entry", 3), ("entry", 2), ("entry", 1), ("entry", 0),
    ]  # fmt: skip
    assert rows[0]["cause"] == "event"
    api.get("/cdp/segments/999999/changes", expect=404)


def test_ranges_are_bounded(segment: int, api: Api) -> None:
    path = f"/cdp/statistics/segments/{segment}"

    assert len(api.get(path)["points"]) in {24, 25}
    api.get(path, expect=422, since="2020-01-01T00:00:00Z")
    api.get(path, expect=422, since="2026-01-02T00:00:00Z", until="2026-01-01T00:00:00Z")
    api.get(
        "/cdp/statistics/events",
        expect=422,
        since="2026-01-01T00:00:00Z",
        until="2026-03-01T00:00:00Z",
    )
    api.get("/cdp/statistics/segments/999999", expect=404)


def test_lifecycle_shares_add_up(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("page", anonymousId="a1"),
        tenant.event("page", anonymousId="a2"),
        tenant.event("page", userId="u1"),
        tenant.event("page", userId="u2"),
    )

    answer = api.get("/cdp/statistics/lifecycle")

    assert answer["stages"]["anonymous"] == {"value": 2, "exact": True}
    assert answer["shares"] == {"anonymous": 0.5, "known": 0.5, "customer": 0.0, "churned": 0.0}


def test_rfm_is_shown_as_it_was_last_taken(
    tenant: Tenant, execute: Callable[..., Any], api: Api
) -> None:
    assert api.get("/cdp/statistics/rfm") == {
        "version": 0,
        "taken_at": None,
        "population": 0,
        "segments": {},
        "grid": [],
    }

    distribution = {
        "population": 3,
        "segments": {"champions": 3},
        "grid": [[0] * 5] * 4 + [[0, 0, 0, 0, 3]],
    }
    execute(
        "INSERT INTO rfm (workspace_id, version, definition, breaks, distribution)"
        " VALUES (%s, 2, '{}', %s, %s)",
        tenant.id,
        Jsonb({"taken_ms": START_MS}),
        Jsonb(distribution),
    )

    assert (
        api.get("/cdp/statistics/rfm")
        == {
            "version": 2,
            "taken_at": "2026-09-21T14:13:20Z",
        }
        | distribution
    )


def test_volumes_are_counted_per_name_and_hour_with_rare_names_together(
    tenant: Tenant, settings: Settings, api_with: Any
) -> None:
    hour = 3_600_000
    tenant.feed(
        *(
            tenant.event(event="Viewed", at_ms=START_MS + number * hour // 2, userId="u1")
            for number in range(4)
        ),
        *(tenant.event(event="Bought", at_ms=START_MS, userId="u1") for _ in range(2)),
        tenant.event(event="Rare", at_ms=START_MS, userId="u1"),
        tenant.event("identify", at_ms=START_MS, userId="u1"),
    )
    series = SeriesParams(volume_names=2)
    api = api_with(
        settings.model_copy(update={"query": settings.query.model_copy(update={"series": series})}),
        tenant.read,
    )

    answer = api.get(
        "/cdp/statistics/events", since="2026-09-21T00:00:00Z", until="2026-09-22T00:00:00Z"
    )

    assert [(name["name"], name["events"], len(name["points"])) for name in answer["names"]] == [
        ("Viewed", 4, 2),
        ("Bought", 2, 1),
        (None, 2, 1),
    ]
    assert answer["names"][0]["points"] == [
        {"at": "2026-09-21T14:00:00Z", "events": 2},
        {"at": "2026-09-21T15:00:00Z", "events": 2},
    ]
