"""People filtered and sorted: which ones, in which order, page by page, and at what cost."""

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from store.profiles.filters import ProfileFilter
from tests.api.conftest import START_MS, Api, Tenant

CONSENT: dict[str, Any] = {"context": {"consent": {"categoryPreferences": {"advertising": True}}}}
REFUSAL: dict[str, Any] = {"context": {"consent": {"categoryPreferences": {"advertising": False}}}}


def users(items: list[Any]) -> list[str]:
    return [
        identifier["value"]
        for person in items
        for identifier in person["identifiers"]
        if identifier["kind"] == "user_id"
    ]


def customer(tenant: Tenant, user: str, at_ms: int = START_MS, **fields: Any) -> bytes:
    return tenant.event(
        event="Order Completed",
        userId=user,
        at_ms=at_ms,
        properties={"revenue": 1, "currency": "USD"},
        **fields,
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("advertising", ["u1"]),
        (" Advertising:granted", ["u1"]),
        ("advertising:refused", ["u2"]),
        ("advertising:unstated", ["u3"]),
        ("email:unstated", ["u1", "u2", "u3"]),
        ("email:granted", []),
    ],
)
def test_people_are_filtered_by_what_they_said_to_a_purpose(
    tenant: Tenant, api: Api, asked: str, expected: list[str]
) -> None:
    tenant.feed(
        tenant.event("identify", userId="u1", **CONSENT),
        tenant.event("identify", userId="u2", **REFUSAL),
        tenant.event("identify", userId="u3"),
    )

    page = api.get("/cdp/profiles", consent=asked)

    assert sorted(users(page["items"])) == expected
    assert page["total"] is None


def test_a_refusal_of_everything_counts_as_a_refusal_of_each_purpose(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        tenant.event("identify", userId="u1", **CONSENT),
        tenant.event("identify", START_MS + 1, userId="u1", context={"consent": "unreadable"}),
    )

    assert users(api.everything("/cdp/profiles", consent="advertising:refused")) == ["u1"]
    assert users(api.everything("/cdp/profiles", consent="advertising")) == []


def test_people_are_filtered_by_segment_and_everything_else_at_once(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        customer(tenant, "u1", **CONSENT),
        customer(tenant, "u2", START_MS + 1_000, **CONSENT),
        tenant.event("identify", userId="u3", **CONSENT),
    )
    segment = api.get("/cdp/segments")["items"][0]["id"]

    def found(**asked: Any) -> list[str]:
        return users(api.everything("/cdp/profiles", segment=segment, **asked))

    assert sorted(found()) == ["u1", "u2"]
    assert found(sort="last_seen") == ["u2", "u1"]
    assert found(search="u1") == ["u1"]
    assert found(search="u3") == []
    assert found(stage="anonymous") == []
    assert sorted(found(stage="customer", consent="advertising", limit=1)) == ["u1", "u2"]
    assert found(seen_since="2026-09-21T14:13:21Z") == ["u2"]
    assert api.get("/cdp/profiles", segment=segment)["total"] == {"value": 2, "exact": True}
    assert api.get("/cdp/profiles", segment=segment, stage="known")["total"]["value"] == 0


@pytest.mark.parametrize("sort", ["last_seen", "first_seen"])
def test_a_sorted_listing_shows_everybody_once_whatever_the_size_of_pages(
    tenant: Tenant, api: Api, settings: Settings, sort: str
) -> None:
    numbers = random.Random(7)
    seen = {f"u{number}": START_MS + numbers.randrange(5) for number in range(23)}
    tenant.feed(*(tenant.event("identify", at_ms, userId=user) for user, at_ms in seen.items()))
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "UPDATE profiles SET last_seen_at = NULL, first_seen_at = NULL WHERE id IN"
            " (SELECT profile_id FROM identifiers WHERE value IN ('u3', 'u4', 'u5'))"
        )
    unseen = {"u3", "u4", "u5"}

    for limit in (1, 2, 3, 7, 50):
        found = users(api.everything("/cdp/profiles", sort=sort, limit=limit))
        assert sorted(found) == sorted(seen)
        assert set(found[-3:]) == unseen
        instants = [seen[user] for user in found[:-3]]
        assert instants == sorted(instants, reverse=True)


def test_who_is_seen_again_neither_hides_nor_repeats_the_others(tenant: Tenant, api: Api) -> None:
    tenant.feed(*(tenant.event("identify", START_MS + n, userId=f"u{n}") for n in range(6)))
    first = api.get("/cdp/profiles", sort="last_seen", limit=2)
    tenant.feed(tenant.event("identify", START_MS + 100, userId="u5"))

    rest = api.everything("/cdp/profiles", sort="last_seen", limit=2, cursor=first["next"])

    assert users(first["items"]) == ["u5", "u4"]
    assert users(rest) == ["u3", "u2", "u1", "u0"]


def test_a_cursor_of_another_sort_or_filter_is_refused_with_a_reason(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(*(tenant.event("identify", userId=f"u{n}") for n in range(4)))
    others: list[dict[str, Any]] = [
        {},
        {"sort": "last_seen"},
        {"sort": "first_seen"},
        {"stage": "known"},
        {"search": "u"},
        {"consent": "advertising:unstated"},
    ]
    cursors = [api.get("/cdp/profiles", limit=1, **asked)["next"] for asked in others]

    for place, cursor in enumerate(cursors):
        for other, asked in enumerate(others):
            if place == other:
                api.get("/cdp/profiles", limit=1, cursor=cursor, **asked)
                continue
            refusal = api.get("/cdp/profiles", limit=1, cursor=cursor, **asked, expect=400)
            assert refusal["code"] == "bad_cursor"
            assert "another sort or other filters" in refusal["detail"]


def test_a_search_takes_no_order(api: Api) -> None:
    refusal = api.get("/cdp/profiles", search="u", sort="last_seen", expect=422)

    assert "leave `sort` or `search` out" in refusal["detail"]


@pytest.mark.parametrize("asked", [{"consent": " "}, {"consent": " :granted"}, {"sort": "stage"}])
def test_filters_that_mean_nothing_are_refused(api: Api, asked: dict[str, Any]) -> None:
    api.get("/cdp/profiles", **asked, expect=422)


def test_the_segment_of_another_workspace_is_no_filter(
    tenants: Callable[[str], Tenant], asks: Callable[[str], Api], api: Api
) -> None:
    other = tenants("second")
    other.feed(customer(other, "theirs", **CONSENT))
    theirs = asks(other.read).get("/cdp/segments")["items"][0]["id"]

    api.get("/cdp/profiles", segment=theirs, expect=404)


@pytest.mark.parametrize("order", ["last_seen", "first_seen"])
@pytest.mark.parametrize("segment", [None, 1])
@pytest.mark.parametrize("resumes", [False, True])
def test_a_page_of_a_sorted_listing_reads_one_page_of_an_index(
    tenant: Tenant, settings: Settings, order: Any, segment: int | None, *, resumes: bool
) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute(
            "INSERT INTO profiles (id, workspace_id, version, stage, first_seen_at, last_seen_at,"
            " doc) SELECT gen_random_uuid(), %s, 1, 'known',"
            " now() - make_interval(secs => n), now() - make_interval(secs => 10 * mod(n, 9973)),"
            " '\\x00'"
            " FROM generate_series(1, 100000) n",
            (tenant.id,),
        )
        conn.execute("ANALYZE profiles")
        values = {
            "workspace": tenant.id,
            "stage": None,
            "since": None,
            "segment": segment,
            "reads": False,
            "size": 50,
            "first": not resumes,
            "at": "2026-09-21T14:13:21Z" if resumes else None,
            "after": "80000000-0000-0000-0000-000000000000",
        }
        statement = ProfileFilter(order=order, segment=segment).statement
        row = conn.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), values
        ).fetchone()

    assert row is not None
    plan = row[0][0]["Plan"]
    assert f"profiles_{order}" in str(Jsonb(plan).obj)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 500


def test_who_is_seen_again_soon_is_updated_within_a_page(
    tenant: Tenant, settings: Settings
) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:

        def seen(at: str) -> int:
            conn.execute("UPDATE profiles SET last_seen_at = %s", (at,))
            row = conn.execute(
                "SELECT pg_stat_get_xact_tuples_hot_updated('profiles'::regclass)"
            ).fetchone()
            assert row is not None
            return int(row[0])

        conn.execute(
            "INSERT INTO profiles (id, workspace_id, version, stage, first_seen_at, last_seen_at,"
            " doc) VALUES (gen_random_uuid(), %s, 1, 'known', now(), '2026-03-01T09:30Z', '\\x00')",
            (tenant.id,),
        )
        conn.commit()

        assert seen("2026-03-01T09:39:59Z") == 1
        assert seen("2026-03-01T09:40:00Z") == 1
