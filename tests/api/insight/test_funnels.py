"""Funnels over stored events, as the API answers them."""

from typing import Any

import pytest

from config.settings import Settings
from domain.instants import MINUTE_MS
from domain.intake.envelope import encode_event
from store.segments.funnels import FunnelParams
from tests.api.conftest import START_MS, Api, Tenant
from tests.support.restricting import restriction

VIEWED, ADDED, BOUGHT = {"name": "Viewed"}, {"name": "Added"}, {"name": "Bought"}


def ask(api: Api, *steps: dict[str, Any], expect: int = 200, **fields: Any) -> Any:
    body = {
        "steps": list(steps),
        "window": "1h",
        "since": "2026-09-21T00:00:00Z",
        "until": "2026-09-22T00:00:00Z",
        **fields,
    }
    return api.post("/cdp/funnels", body, expect)


def counts(answer: Any) -> list[int]:
    return [step["people"] for step in answer["steps"]]


def bounded(settings: Settings, funnels: FunnelParams) -> Settings:
    return settings.model_copy(
        update={"query": settings.query.model_copy(update={"funnels": funnels})}
    )


def did(tenant: Tenant, name: str, who: str, minute: float = 0, **properties: Any) -> bytes:
    return tenant.event(
        event=name, userId=who, at_ms=START_MS + int(minute * MINUTE_MS), properties=properties
    )


def test_people_are_counted_at_the_furthest_step_with_conversion_drop_off_and_times(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        *(did(tenant, "Viewed", f"u{number}") for number in range(4)),
        *(did(tenant, "Added", f"u{number}", number + 1) for number in range(3)),
        did(tenant, "Bought", "u0", 5),
        did(tenant, "Bought", "u3", 5),
    )

    answer = ask(api, VIEWED, ADDED, BOUGHT)

    assert counts(answer) == [4, 3, 1]
    assert answer["steps"][1] == {
        "people": 3,
        "conversion": 0.75,
        "conversion_from_first": 0.75,
        "drop_off": 1,
        "from_previous": {"median_s": 120.0, "p90_s": 180.0, "average_s": 120.0},
        "from_first": {"median_s": 120.0, "p90_s": 180.0, "average_s": 120.0},
    }
    assert answer["steps"][2]["from_previous"] == {
        "median_s": 240.0,
        "p90_s": 240.0,
        "average_s": 240.0,
    }
    assert answer["steps"][0]["from_previous"] is None
    assert answer["events"] == 9
    assert answer["breakdown"] is None


def test_events_of_all_identifiers_of_a_person_count_as_theirs(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event(event="Viewed", anonymousId="a1"),
        tenant.event("identify", at_ms=START_MS + 10, userId="u1", anonymousId="a1"),
        did(tenant, "Added", "u1", 1),
        did(tenant, "Added", "u2", 1),
    )

    assert counts(ask(api, VIEWED, ADDED)) == [1, 1]


def test_attempts_begin_within_the_range_and_may_end_after_it(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            did(tenant, name, "u1", minute)
            for minute, name in ((0, "Viewed"), (30, "Added"), (60, "Viewed"), (90, "Added"))
        )
    )
    since, until = "2026-09-21T14:13:20Z", "2026-09-21T14:13:20.001Z"

    assert counts(ask(api, VIEWED, ADDED, since=since, until=until)) == [1, 1]
    assert counts(ask(api, VIEWED, ADDED, since=since, until="2026-09-21T14:13:20.0005Z")) == [1, 1]
    assert counts(ask(api, VIEWED, ADDED, since=since, until=until, window="29m")) == [1, 0]
    assert counts(ask(api, VIEWED, ADDED, since="2026-09-21T13:00:00Z", until=since)) == [0, 0]
    assert counts(ask(api, VIEWED, VIEWED, since=since, until=until)) == [1, 1]
    assert counts(ask(api, VIEWED, VIEWED)) == [1, 1]


@pytest.mark.parametrize(
    ("condition", "people"),
    [
        ({"op": "equals", "value": "a\\b é"}, [1]),
        ({"op": "not_equals", "value": "pro"}, [3]),
        ({"op": "equals", "value": "pro"}, [2]),
        ({"op": "starts_with", "value": "p%"}, [0]),
        ({"op": "contains", "value": "é"}, [1]),
        ({"op": "ends_with", "value": "o"}, [2]),
        ({"op": "at_least", "value": 3}, [1]),
        ({"op": "exists"}, [4]),
        ({"op": "not_exists"}, [1]),
    ],
)
def test_conditions_on_properties_mean_what_they_mean_in_segments(
    tenant: Tenant, api: Api, condition: dict[str, Any], people: list[int]
) -> None:
    def spelled(who: str, plan: bytes) -> bytes:
        body = (
            b'{"type":"track","event":"Viewed","messageId":"m-%b","userId":"%b",'
            b'"timestamp":%d,"properties":{%b}}'
        )
        return encode_event(
            tenant.source, START_MS + 1, 0, body % (who.encode(), who.encode(), START_MS, plan)
        )

    tenant.feed(
        spelled("u1", b'"plan":"pro"'),
        spelled("u2", b'"pl\\u0061n":"pr\\u006f"'),
        spelled("u3", '"plan":"a\\\\b é"'.encode()),
        spelled("u4", b'"plan":3.5'),
        spelled("u5", b'"other":"pro"'),
    )

    answer = ask(
        api, {"name": "Viewed", "where": [{"property": "plan", "condition": condition}]}, ADDED
    )

    assert counts(answer)[:1] == people


def test_other_types_of_events_and_any_name_can_be_steps(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        tenant.event("page", userId="u1", name="Home", properties={"path": "/"}),
        tenant.event("identify", at_ms=START_MS + 1, userId="u1"),
        did(tenant, "Bought", "u1", 1),
    )
    path = {"property": "path", "condition": {"op": "equals", "value": "/"}}

    assert (
        counts(
            ask(
                api,
                {"name": None, "event_type": "page", "where": [path]},
                {"name": None, "event_type": "identify"},
                BOUGHT,
            )
        )
        == [1] * 3
    )
    assert counts(ask(api, {"name": "Home"}, BOUGHT)) == [0, 0]


def test_a_breakdown_by_property_takes_the_event_that_began_the_best_attempt(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        did(tenant, "Viewed", "u1", 0, item={"kind": "book"}),
        did(tenant, "Viewed", "u1", 80, item={"kind": "shoe"}),
        did(tenant, "Added", "u1", 90),
        did(tenant, "Viewed", "u2", 0, item={"kind": "book"}),
        did(tenant, "Viewed", "u3", 0),
    )

    answer = ask(api, VIEWED, ADDED, breakdown={"property": "item.kind", "limit": 1})

    assert [(part["kind"], part["value"], counts(part)) for part in answer["breakdown"]] == [
        ("value", "book", [1, 0]),
        ("other", None, [1, 1]),
        ("missing", None, [1, 0]),
    ]


def test_a_breakdown_by_trait_takes_the_newest_value(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(did(tenant, "Viewed", f"u{number}") for number in range(3)),
        tenant.event("identify", at_ms=START_MS + 5, userId="u0", traits={"plan": "free"}),
        tenant.event("identify", at_ms=START_MS + 6, userId="u0", traits={"plan": "pro"}),
        tenant.event("identify", at_ms=START_MS + 5, userId="u1", traits={"plan": "pro"}),
        did(tenant, "Added", "u1", 1),
    )

    answer = ask(api, VIEWED, ADDED, breakdown={"trait": "plan"})

    assert [(part["kind"], part["value"], counts(part)) for part in answer["breakdown"]] == [
        ("value", "pro", [2, 1]),
        ("missing", None, [1, 0]),
    ]


def test_what_is_asked_wrongly_is_answered_with_its_place(api: Api) -> None:
    relative = {
        "name": "Viewed",
        "where": [{"property": "at", "condition": {"op": "within_last", "span": "1d"}}],
    }

    def place(*steps: dict[str, Any], **fields: Any) -> list[str]:
        return [error["field"] for error in ask(api, *steps, expect=422, **fields)["errors"]]

    assert place(VIEWED) == ["body.steps"]
    assert place(VIEWED, relative) == ["body.steps.1"]
    assert place(
        VIEWED, {"name": "Viewed", "where": [{"property": "a", "condition": {"op": "like"}}]}
    ) == ["body.steps.1.where.0.condition"]
    assert place(VIEWED, {"name": "a\0b"}) == ["body.steps.1.name"]
    assert place(VIEWED, ADDED, window="1y") == ["body.window"]
    assert place(VIEWED, ADDED, until="2026-09-20T00:00:00Z") == ["body"]
    assert place(VIEWED, ADDED, breakdown={"trait": "a", "property": "b"}) == ["body.breakdown"]
    assert (
        ask(api, VIEWED, ADDED, expect=422, since="2001-01-01T00:00:00Z")["detail"]
        == "A funnel spans at most 731 days."
    )


def test_a_funnel_that_would_read_too_much_says_so(
    tenant: Tenant, settings: Settings, api_with: Any
) -> None:
    tenant.feed(*(did(tenant, "Viewed", f"u{number}") for number in range(5)))
    api = api_with(bounded(settings, FunnelParams(events_limit=4)), tenant.read)

    assert "more than 4 events" in ask(api, VIEWED, ADDED, expect=422)["detail"]


def test_a_breakdown_of_too_many_people_says_so(
    tenant: Tenant, settings: Settings, api_with: Any
) -> None:
    tenant.feed(*(did(tenant, "Viewed", f"u{number}") for number in range(3)))
    api = api_with(bounded(settings, FunnelParams(breakdown_people_limit=2)), tenant.read)

    assert counts(ask(api, VIEWED, ADDED)) == [3, 0]
    assert (
        "More than 2 people"
        in ask(api, VIEWED, ADDED, expect=422, breakdown={"trait": "plan"})["detail"]
    )


def test_who_is_restricted_does_not_count_until_they_are_released(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(did(tenant, "Viewed", f"u{number}", plan=f"p{number}") for number in range(3)),
        *(did(tenant, "Bought", f"u{number}", 1) for number in range(3)),
        tenant.event("identify", START_MS, userId="u1", anonymousId="a1"),
        restriction(tenant.id, tenant.salt, "a1", START_MS + 1, kind="anonymous_id"),
        restriction(tenant.id, tenant.salt, "u2", START_MS + 1),
        restriction(tenant.id, tenant.salt, "u2", START_MS + 2, released=True),
    )
    by_plan: dict[str, Any] = {"breakdown": {"property": "plan", "limit": 5}}

    answer = ask(api, VIEWED, BOUGHT, **by_plan)

    assert counts(answer) == [2, 2]
    assert {part["value"] for part in answer["breakdown"]} == {"p0", "p2"}

    tenant.feed(restriction(tenant.id, tenant.salt, "u1", START_MS + 3, released=True))
    assert counts(ask(api, VIEWED, BOUGHT, **by_plan)) == [3, 3]
    tenant.feed(*(restriction(tenant.id, tenant.salt, f"u{one}", START_MS + 9) for one in range(3)))
    assert counts(ask(api, VIEWED, BOUGHT)) == [0, 0]
