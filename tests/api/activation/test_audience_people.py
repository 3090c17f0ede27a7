"""Who is on an audience's list and who is not, with the reason; and how a first push would look."""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI

from api.web.concurrency import ConcurrencyLimit
from config.settings import Settings
from operators.activation import ListingReason
from sinks.activation.people import Wanted, people_of
from store.activation.audience_people import read_listed
from store.activation.due import read_audience
from tests.api.conftest import Api, Tenant

AUDIENCES = "/cdp/audience-sync/audiences"
BUYERS = {
    "type": "event",
    "event": {"name": "Order Completed"},
    "condition": {"op": "at_least", "value": 1},
}


@pytest.fixture
def person(tenant: Tenant, api: Api) -> Callable[..., str]:
    """Somebody who bought something; gives the profile's id."""

    def make(user: str, consents: bool = True, email: bool = True) -> str:
        context: dict[str, Any] = {
            "consent": {"categoryPreferences": {"advertising": consents}},
            "traits": {"email": f"{user}@example.com"} if email else {},
        }
        tenant.feed(tenant.event(event="Order Completed", userId=user, context=context))
        return str(api.get("/cdp/profiles/lookup", kind="user_id", value=user)["id"])

    return make


@pytest.fixture
def buyers(
    api: Api, person: Callable[..., str], execute: Callable[..., Any]
) -> tuple[int, dict[str, str]]:
    """A segment of everybody who bought, whatever they consent to; and who they are."""
    people = {
        "mary": person("mary"),
        "sam": person("sam", consents=False),
        "kim": person("kim", email=False),
        "ann": person("ann"),
    }
    segment = int(api.post("/cdp/segments", {"name": "buyers", "rule": BUYERS}, expect=201)["id"])
    for profile in people.values():
        execute(
            "INSERT INTO memberships SELECT %s, id, workspace_id, 1, now() FROM profiles"
            " WHERE id = %s",
            segment,
            UUID(profile),
        )
    return segment, people


@pytest.fixture
def audience(api: Api, buyers: tuple[int, dict[str, str]]) -> int:
    body = {"segment_id": buyers[0], "platform": "meta", "name": "Buyers", "interval_s": 7200}
    return int(api.post(AUDIENCES, body, expect=201)["id"])


@pytest.fixture
def listed(execute: Callable[..., Any], audience: int) -> Callable[[str, str], None]:
    """Puts somebody on the list, in some state."""

    def put(profile: str, state: str) -> None:
        execute(
            "INSERT INTO audience_members VALUES (%s, %s, '[]', %s, now())",
            audience,
            UUID(profile),
            state,
        )

    return put


def told(api: Api, audience: int, **asked: Any) -> dict[str, tuple[str, str]]:
    return {
        one["profile_id"]: (one["state"], one["reason"])
        for one in api.everything(f"{AUDIENCES}/{audience}/people", limit=1, **asked)
    }


def test_members_who_are_not_on_the_list_and_why(
    api: Api, audience: int, buyers: tuple[int, dict[str, str]], listed: Callable[[str, str], None]
) -> None:
    people = buyers[1]
    listed(people["ann"], "present")
    missing = "not_on_the_list"

    assert told(api, audience, state=missing) == {
        people["mary"]: (missing, "next_push"),
        people["sam"]: (missing, "no_consent"),
        people["kim"]: (missing, "no_identifier"),
    }
    assert told(api, audience, state=missing, reason="no_consent") == {
        people["sam"]: (missing, "no_consent")
    }
    (one,) = api.get(f"{AUDIENCES}/{audience}/people", state=missing, reason="no_identifier")[
        "items"
    ]
    assert [each["value"] for each in one["person"]["identifiers"]] == ["kim"]
    assert one["member_since"] is not None


def test_people_on_the_list_by_state_also_who_is_to_go(
    api: Api,
    audience: int,
    buyers: tuple[int, dict[str, str]],
    listed: Callable[[str, str], None],
    execute: Callable[..., Any],
) -> None:
    people = buyers[1]
    for name, state in zip(people, ("present", "adding", "refused", "leaving"), strict=True):
        listed(people[name], state)
    execute("DELETE FROM memberships WHERE profile_id = %s", UUID(people["ann"]))
    everybody = {
        people["mary"]: ("on_the_list", "member"),
        people["sam"]: ("being_added", "no_consent"),
        people["kim"]: ("refused", "no_identifier"),
        people["ann"]: ("being_removed", "not_a_member"),
    }

    assert told(api, audience) == everybody
    assert told(api, audience, state="refused") == {people["kim"]: everybody[people["kim"]]}
    assert told(api, audience, state="not_on_the_list") == {}


def test_who_is_held_out_or_a_member_for_too_long(
    api: Api, audience: int, buyers: tuple[int, dict[str, str]], execute: Callable[..., Any]
) -> None:
    people = buyers[1]
    execute("UPDATE audiences SET ttl_s = 3600")
    execute("UPDATE memberships SET since_at = now() - interval '2 hours'")
    assert set(told(api, audience, reason="too_long", state="not_on_the_list")) == set(
        people.values()
    )
    (one,) = (
        each
        for each in api.get(f"/cdp/profiles/{people['mary']}/audiences")
        if each["audience_id"] == audience
    )
    assert one["reason"] == "too_long"
    execute("UPDATE audiences SET holdout_percent = 90, intent = 'some'")
    held = told(api, audience, reason="held_out", state="not_on_the_list")
    counted = api.post(f"{AUDIENCES}/{audience}/preview", expect=200)["held_out"]
    chosen = execute(
        "SELECT count(*) FROM memberships"
        " WHERE segment_id = %s AND held_out(profile_id, 'some', 90)",
        buyers[0],
    )
    assert len(held) == counted == chosen


def test_a_page_looks_at_a_bounded_number_of_people(
    audience: int,
    buyers: tuple[int, dict[str, str]],
    settings: Settings,
) -> None:

    platform = settings.platforms["meta"].codec
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        stored = read_audience(conn, audience)
        assert stored is not None
        wanted, found, after, pages = Wanted((), True, "no_consent"), [], None, 0
        while True:
            page = people_of(conn, stored, platform, wanted, after, limit=10, most=1)
            found += [str(person.profile_id) for person, _ in page.people]
            after, pages = page.next, pages + 1
            if after is None:
                break
    assert found == [buyers[1]["sam"]]
    assert pages == len(buyers[1]) + 1


def test_who_comes_with_the_next_push_is_found_without_a_state(
    api: Api, audience: int, buyers: tuple[int, dict[str, str]], listed: Callable[[str, str], None]
) -> None:
    listed(buyers[1]["ann"], "present")
    expected = {buyers[1]["mary"]: ("not_on_the_list", "next_push")}
    assert told(api, audience, reason="next_push") == expected
    assert told(api, audience, reason="next_push", state="on_the_list") == {}


def test_every_reason_alone_finds_whom_the_whole_list_names_with_it(
    api: Api,
    audience: int,
    buyers: tuple[int, dict[str, str]],
    person: Callable[..., str],
    listed: Callable[[str, str], None],
    execute: Callable[..., Any],
) -> None:
    segment, people = buyers
    more = [
        person(f"u{number}", consents=number % 3 > 0, email=number % 4 > 0) for number in range(32)
    ]
    for number, profile in enumerate(more):
        since = "now() - interval '2 hours'" if number % 5 == 0 else "now()"
        if number % 7:
            execute(
                "INSERT INTO memberships SELECT %s, id, workspace_id, 1, " + since + " FROM"
                " profiles WHERE id = %s",
                segment,
                UUID(profile),
            )
        if number % 2:
            listed(profile, ("present", "refused", "adding")[number % 3])
    listed(people["ann"], "refused")
    execute("UPDATE audiences SET ttl_s = 3600, holdout_percent = 30, intent = 'some'")
    reasons = set()
    for status in ("active", "paused"):
        execute("UPDATE audiences SET status = %s", status)
        for asked in ({}, {"state": "not_on_the_list"}, {"state": "refused"}):
            everybody = told(api, audience, **asked)
            if not asked:
                everybody |= told(api, audience, state="not_on_the_list")
            for reason in get_args(ListingReason):
                alone = told(api, audience, reason=reason, **asked)
                assert alone == {
                    profile: said for profile, said in everybody.items() if said[1] == reason
                }, (reason, asked)
            reasons |= {said[1] for said in everybody.values()}
    assert reasons == set(get_args(ListingReason))


@pytest.mark.parametrize(
    ("reason", "states"),
    [
        ("next_push", ("present",)),
        ("member", ()),
        ("not_a_member", ()),
        ("refused_by_platform", ()),
        ("audience_inactive", ()),
    ],
)
def test_who_cannot_be_is_not_looked_for(
    reason: str,
    states: tuple[str, ...],
    audience: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sinks.activation.people.end_of_page", None)
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        stored = read_audience(conn, audience)
        assert stored is not None
        wanted = Wanted(states, not states, reason)  # type: ignore[arg-type]
        platform = settings.platforms["meta"].codec
        assert people_of(conn, stored, platform, wanted, None, 50).people == []


def test_a_person_and_an_audience_say_the_same_of_each_other(
    api: Api,
    audience: int,
    buyers: tuple[int, dict[str, str]],
    listed: Callable[[str, str], None],
) -> None:
    people = buyers[1]
    listed(people["ann"], "present")
    listed(people["sam"], "adding")
    whole = told(api, audience) | told(api, audience, state="not_on_the_list")
    assert set(whole) == set(people.values())
    for profile, said in whole.items():
        (one,) = api.get(f"/cdp/profiles/{profile}/audiences")
        assert (one["state"], one["reason"]) == said


def test_a_page_with_a_reason_reads_no_more_people_than_it_needs(
    audience: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chunks: list[int] = []

    def counted(conn: Any, among: Any, after: Any, end: Any, limit: int) -> Any:
        found = read_listed(conn, among, after, end, limit)
        chunks.append(len(found))
        return found

    monkeypatch.setattr("sinks.activation.people.read_listed", counted)
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        stored = read_audience(conn, audience)
        assert stored is not None
        platform = settings.platforms["meta"].codec
        page = people_of(conn, stored, platform, Wanted((), True, "next_push"), None, limit=1)
        assert len(page.people) == 1
        assert sum(chunks) <= 3
        chunks.clear()
        page = people_of(conn, stored, platform, Wanted((), True, "held_out"), None, limit=1)
        assert (page.people, page.next, chunks) == ([], None, [0])


def test_a_cursor_belongs_to_its_filters(api: Api, audience: int) -> None:
    path = f"{AUDIENCES}/{audience}/people"
    page = api.get(path, state="not_on_the_list", limit=1)
    api.get(path, expect=400, limit=1, cursor=page["next"])
    api.get(path, expect=422, state="somewhere")
    api.get(f"{AUDIENCES}/999/people", expect=404)


def test_the_first_push_of_an_audience_that_nobody_created(
    api: Api,
    asks: Callable[[str], Api],
    tenant: Tenant,
    buyers: tuple[int, dict[str, str]],
    execute: Callable[..., Any],
) -> None:
    segment = buyers[0]
    before = api.get("/cdp/audit")
    found = asks(tenant.read).post(
        "/cdp/audience-sync/preview", {"segment_id": segment, "platform": "meta"}, expect=200
    )

    assert (found["members"], found["come"], found["go"]) == (4, 2, 0)
    assert found["skipped"] == {"no_consent": 1, "no_identifier": 1}
    assert (found["exact"], found["verdict"]) == (True, "hold")
    assert "first_sync" in found["codes"]
    assert api.get("/cdp/audit") == before
    assert api.get(AUDIENCES)["items"] == []
    half = {"segment_id": segment, "platform": "meta", "holdout_percent": 90}
    held = api.post("/cdp/audience-sync/preview", half, expect=200)
    chosen = execute(
        "SELECT count(*) FROM memberships WHERE segment_id = %s AND held_out(profile_id, '', 90)",
        segment,
    )
    assert (held["members"], held["held_out"]) == (4, chosen)
    assert held["come"] + sum(held["skipped"].values()) == 4 - chosen
    assert held["exact"] is False  # the audience will hold out others


def test_the_preview_says_what_the_audience_then_says(
    api: Api, buyers: tuple[int, dict[str, str]]
) -> None:
    draft = {"segment_id": buyers[0], "platform": "meta"}
    first = api.post("/cdp/audience-sync/preview", draft, expect=200)
    body = draft | {"name": "Buyers", "interval_s": 7200}
    made = api.post(AUDIENCES, body, expect=201)["id"]
    assert api.post(f"{AUDIENCES}/{made}/preview", expect=200) == first


def test_who_looks_at_many_people_takes_turns_and_keeps_nobody_from_freezing(
    app: FastAPI, api: Api, audience: int, buyers: tuple[int, dict[str, str]]
) -> None:
    heavy = app.state.heavy_reads
    heavy.push_previews = heavy.audience_people = ConcurrencyLimit("looks", at_once=1, waiting=-1)
    draft = {"segment_id": buyers[0], "platform": "meta"}

    assert api.post("/cdp/audience-sync/preview", draft, expect=429)["code"] == "busy"
    assert api.post(f"{AUDIENCES}/{audience}/preview", expect=429)["code"] == "busy"
    assert api.get(f"{AUDIENCES}/{audience}/people", expect=429, reason="member")["code"] == "busy"
    api.get(f"{AUDIENCES}/{audience}/people")
    api.put("/cdp/gate/mode", {"scope": "workspace", "mode": "frozen", "reason": "too much"})
