"""A person's events."""

import msgspec
import pytest

from api.profiles.events_schemas import read_payload
from domain.intake.envelope import encode_event
from tests.api.conftest import START_MS, Api, Tenant


def found(api: Api, kind: str = "user_id", value: str = "u1") -> str:
    return str(api.get("/cdp/profiles/lookup", kind=kind, value=value)["id"])


def test_events_come_newest_first_by_event_time_with_their_payload(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        tenant.event("page", START_MS + 1, anonymousId="a1", name="Home"),
        tenant.event(
            event="Late",
            at_ms=START_MS,
            userId="u1",
            messageId="mine",
            properties={"n": [1, None, "ü"]},
        ),
        tenant.event("identify", START_MS + 2, userId="u1", anonymousId="a1"),
    )

    events = api.get(f"/cdp/profiles/{found(api)}/events")["items"]

    assert [(event["type"], event["name"]) for event in events] == [
        ("identify", ""),
        ("page", "Home"),
        ("track", "Late"),
    ]
    assert events[2]["message_id"] == "mine"
    assert events[2]["payload"]["properties"] == {"n": [1, None, "ü"]}
    assert events[2]["occurred_at"] == "2026-09-21T14:13:20Z"
    assert events[2]["source_id"] == tenant.source


def test_pages_hold_every_event_once_though_many_share_an_instant_and_lie_in_several_leaves(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        tenant.event("identify", userId="u1", anonymousId="a1"),
        *(tenant.event(event="Seen", userId="u1") for _ in range(11)),
        *(tenant.event(event="Seen", anonymousId="a1") for _ in range(11)),
    )

    pages = list(api.pages(f"/cdp/profiles/{found(api)}/events", limit=4))

    ids = [event["id"] for page in pages for event in page]
    assert len(ids) == len(set(ids)) == 23
    assert max(map(len, pages)) == 4


def test_events_are_filtered_by_type_name_and_time(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event(event="Seen", at_ms=START_MS + minute * 60_000, userId="u1")
            for minute in range(5)
        ),
        tenant.event(event="Bought", userId="u1"),
        tenant.event("page", userId="u1", name="Seen"),
    )
    path = f"/cdp/profiles/{found(api)}/events"

    assert len(api.everything(path, type="track", name="Seen", limit=2)) == 5
    assert len(api.everything(path, name="Seen")) == 6
    assert (
        len(
            api.everything(
                path, type="track", since="2026-09-21T14:15:20Z", until="2026-09-21T14:17:20Z"
            )
        )
        == 2
    )


@pytest.mark.parametrize("levels", [100, 300, 700, 950])
@pytest.mark.parametrize("member", ["integrations", "context"])
def test_deep_payloads_are_shown_rather_than_failed_at(
    tenant: Tenant, api: Api, member: str, levels: int
) -> None:
    deep = b'{"a":' * levels + b"1" + b"}" * levels
    tenant.feed(
        encode_event(
            tenant.source,
            START_MS,
            0,
            b'{"type":"page","userId":"u1","messageId":"x","%b":%b}' % (member.encode(), deep),
        )
    )

    answer = api.http.get(f"/cdp/profiles/{found(api)}/events")
    assert (answer.status_code, answer.json()["items"][0]["message_id"]) == (200, "x")


@pytest.mark.parametrize("payload", [b"[" * 300 + b"]" * 300, b"[" * 90_000])
def test_what_was_stored_too_deep_for_an_answer_is_shown_as_text(payload: bytes) -> None:
    assert read_payload(payload) == payload.decode()


def test_odd_payloads_are_shown_rather_than_refused(tenant: Tenant, api: Api) -> None:
    odd = (
        b'{"type":"page","userId":"u1","messageId":"x",'
        b'"properties":{"a":1e300,"b":"\\u0000","c":18446744073709551616}}'
    )
    tenant.feed(encode_event(tenant.source, START_MS, 0, odd))

    answer = api.http.get(f"/cdp/profiles/{found(api)}/events")

    assert answer.status_code == 200
    msgspec.json.decode(answer.content)
