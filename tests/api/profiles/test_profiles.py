"""Profiles by id, by identifier, in pages."""

from collections.abc import Callable

import psycopg

from config.settings import Settings
from domain.instants import DAY_MS
from tests.api.conftest import START_MS, Api, Tenant

MISSING = "00000000-0000-4000-8000-000000000000"


def order(
    tenant: Tenant, user: str, amount: float, at_ms: int = START_MS, currency: str = "USD"
) -> bytes:
    return tenant.event(
        event="Order Completed",
        userId=user,
        at_ms=at_ms,
        properties={"revenue": amount, "currency": currency},
    )


def test_a_refusal_of_every_purpose_is_shown_for_each_that_was_granted_before(
    tenant: Tenant, api: Api
) -> None:
    def states(at_ms: int, consent: object) -> bytes:
        return tenant.event("identify", START_MS + at_ms, userId="u1", context={"consent": consent})

    tenant.feed(
        states(0, {"categoryPreferences": {"advertising": True, "email": True}}),
        states(1_000, "unreadable"),
        states(2_000, {"categoryPreferences": {"email": True}}),
    )

    consent = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["consent"]

    refused = {"granted": False, "at": "2026-09-21T14:13:21Z"}
    assert consent == {
        "advertising": refused,
        "*": refused,
        "email": {"granted": True, "at": "2026-09-21T14:13:22Z"},
    }


def test_a_profile_shows_everything_that_its_events_said(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("page", anonymousId="a1", name="Home"),
        tenant.event(
            "identify",
            START_MS + 1_000,
            userId="u1",
            anonymousId="a1",
            traits={"email": "Mary@Example.com", "plan": "gold"},
            context={"consent": {"categoryPreferences": {"Advertising": True}}},
        ),
        order(tenant, "u1", 11.77, START_MS + 2_000),
        order(tenant, "u1", 1000, START_MS + 3_000, "JPY"),
        tenant.event("group", START_MS + 4_000, userId="u1", groupId="g1", traits={"name": "Acme"}),
    )

    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")

    assert profile["stage"] == "customer"
    assert profile["redirected_from"] is None
    assert profile["first_seen_at"] == "2026-09-21T14:13:20Z"
    assert profile["last_seen_at"] == "2026-09-21T14:13:24Z"
    assert profile["traits"]["plan"] == {"value": "gold", "at": "2026-09-21T14:13:21Z"}
    assert profile["events"]["total"] == 5
    assert profile["events"]["by_type"] == {"page": 1, "identify": 1, "track": 2, "group": 1}
    assert profile["events"]["by_name"] == {"page:Home": 1, "track:Order Completed": 2}
    assert profile["sessions"] == {
        "count": 1,
        "last_started_at": "2026-09-21T14:13:20Z",
        "last_ended_at": "2026-09-21T14:13:24Z",
        "total_duration_s": 4.0,
    }
    assert profile["orders"] == 2
    assert profile["revenue"] == [
        {"currency": "JPY", "orders": 1, "amount_minor": 1000, "amount": "1000"},
        {"currency": "USD", "orders": 1, "amount_minor": 1177, "amount": "11.77"},
    ]
    assert profile["consent"] == {"advertising": {"granted": True, "at": "2026-09-21T14:13:21Z"}}
    assert profile["groups"] == [
        {"id": "g1", "traits": {"name": "Acme"}, "at": "2026-09-21T14:13:24Z"}
    ]
    (segment,) = profile["segments"]
    (member,) = api.get(f"/cdp/segments/{segment['id']}/members")["items"]
    assert (segment["name"], segment["since"]) == ("consented_customers", member["since"])
    assert [(each["kind"], each["value"]) for each in profile["identifiers"]] == [
        ("anonymous_id", "a1"),
        ("email", "mary@example.com"),
        ("user_id", "u1"),
    ]


def test_a_lookup_takes_any_identifier_in_any_spelling(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event(
            "identify",
            userId="u1",
            anonymousId="a1",
            traits={"email": "mary@example.com", "phone": "+1 650-253-0000"},
        )
    )

    spellings = (
        ("user_id", "u1", ""),
        ("email", " MARY@example.com ", ""),
        ("phone", "(650) 253-0000", "us"),
        ("anonymous_id", "a1", ""),
    )
    found = [
        api.get("/cdp/profiles/lookup", kind=kind, value=value, region=region)["id"]
        for kind, value, region in spellings
    ]

    assert len(set(found)) == 1


def test_a_lookup_of_nobody_is_not_found(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event(event="Seen", userId="u1"))

    for kind, value in (
        ("user_id", "nobody"),
        ("email", "no address"),
        ("shoe_size", "44"),
        ("user_id", "null"),
    ):
        assert api.get("/cdp/profiles/lookup", 404, kind=kind, value=value)["code"] == "not_found"


def test_an_id_that_was_merged_away_answers_with_the_survivor(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("page", anonymousId="a1"), tenant.event(event="Seen", userId="u1"))
    ids = {
        api.get("/cdp/profiles/lookup", kind=kind, value=value)["id"]
        for kind, value in (("anonymous_id", "a1"), ("user_id", "u1"))
    }
    tenant.feed(tenant.event("identify", userId="u1", anonymousId="a1"))

    answers = [api.get(f"/cdp/profiles/{each}") for each in ids]

    survivor = answers[0]["id"]
    assert {answer["id"] for answer in answers} == {survivor}
    assert {answer["redirected_from"] for answer in answers} == {None, *(ids - {survivor})}


def test_an_unknown_id_is_not_found_and_a_malformed_one_is_refused(api: Api) -> None:
    assert api.get(f"/cdp/profiles/{MISSING}", 404)["status"] == 404
    assert api.get("/cdp/profiles/u1", 422)["status"] == 422


def test_the_stage_is_right_before_the_wake_has_run(
    tenant: Tenant, api: Api, settings: Settings
) -> None:
    long_ago = START_MS - 400 * DAY_MS
    tenant.feed(order(tenant, "u1", 5, long_ago))
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE profiles SET stage = 'customer'")

    assert api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["stage"] == "churned"


def test_pages_hold_everybody_once_in_order(tenant: Tenant, api: Api) -> None:
    tenant.feed(*(tenant.event(event="Seen", userId=f"u{number}") for number in range(23)))

    pages = list(api.pages("/cdp/profiles", limit=5))

    ids = [item["id"] for page in pages for item in page]
    assert len(ids) == 23
    assert ids == sorted(set(ids))
    assert all(len(page) <= 5 for page in pages)
    assert api.get("/cdp/profiles", limit=5)["total"] == {"value": 23, "exact": True}


def test_people_are_filtered_by_stage_and_by_when_they_were_seen(tenant: Tenant, api: Api) -> None:
    later = START_MS + DAY_MS
    tenant.feed(
        *(tenant.event("page", anonymousId=f"a{number}") for number in range(9)),
        order(tenant, "u1", 5),
        order(tenant, "u2", 5, later),
    )

    customers = api.everything("/cdp/profiles", stage="customer", limit=1)
    recent = api.everything("/cdp/profiles", seen_since="2026-09-22T00:00:00+02:00")

    assert {each["identifiers"][0]["value"] for each in customers} == {"u1", "u2"}
    assert [each["identifiers"][0]["value"] for each in recent] == ["u2"]
    assert api.get("/cdp/profiles", stage="customer")["total"] == {"value": 2, "exact": True}


def test_a_search_finds_people_by_the_beginning_of_any_identifier(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("identify", userId="mary", traits={"email": "mary@example.com"}),
        tenant.event("identify", userId="Marygold"),
        tenant.event("identify", userId="marvin"),
        tenant.event("identify", userId="100%"),
        tenant.event("identify", userId="100x"),
    )

    def found(search: str) -> list[str]:
        people = api.everything("/cdp/profiles", search=search, limit=1)
        return [
            next(each["value"] for each in person["identifiers"] if each["kind"] == "user_id")
            for person in people
        ]

    assert found("mar") == ["marvin", "mary"]
    assert found("Mary") == ["Marygold", "mary"]
    assert found("MARY@") == ["mary"]
    assert found("100%") == ["100%"]
    assert found("x") == []


def test_a_filter_that_matches_nobody_ends_within_its_bound(
    tenant: Tenant, settings: Settings, api_with: Callable[[Settings, str], Api]
) -> None:
    tenant.feed(*(tenant.event(event="Seen", userId=f"u{number}") for number in range(40)))
    paging = settings.query.paging.__class__(scan_limit=10, scan_growth=2)
    api = api_with(
        settings.model_copy(update={"query": settings.query.model_copy(update={"paging": paging})}),
        tenant.read,
    )

    first = api.get("/cdp/profiles", stage="churned", limit=2)
    pages = list(api.pages("/cdp/profiles", stage="churned", limit=2))

    assert first["items"] == []
    assert first["next"] is not None
    assert 2 < len(pages) < 10
    assert sum(map(len, pages)) == 0


def test_a_cursor_that_was_not_handed_out_is_refused(api: Api) -> None:
    for cursor in ("!", "AAAA", "kwECAw", "", "gqR0ZXN0", "kc8A_____________w"):
        assert api.get("/cdp/profiles", 400, cursor=cursor)["code"] == "bad_cursor"


def test_parameters_out_of_range_are_refused_and_named(api: Api) -> None:
    wrong = (
        {"limit": 0},
        {"limit": 201},
        {"stage": "happy"},
        {"seen_since": "2026-09-22T00:00:00"},
        {"search": ""},
    )
    for params in wrong:
        problem = api.get("/cdp/profiles", 422, **params)
        assert [each["field"] for each in problem["errors"]] == [f"query.{name}" for name in params]
