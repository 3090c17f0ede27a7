"""What changed for one person between two instants."""

from typing import Any

from tests.api.conftest import START_MS, Api, Tenant

CONSENT = {"consent": {"categoryPreferences": {"advertising": True}}}
LONG_AGO = "2020-01-01T00:00:00Z"


def found(api: Api, value: str = "u1") -> str:
    return str(api.get("/cdp/profiles/lookup", kind="user_id", value=value)["id"])


def changes(api: Api, **params: Any) -> list[Any]:
    return api.everything(f"/cdp/profiles/{found(api)}/changes", **({"since": LONG_AGO} | params))


def test_events_come_before_what_followed_from_them_and_entries_cite_them(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(tenant.event("page", userId="u1", messageId="before"))
    tenant.feed(
        tenant.event(
            event="Order Completed",
            at_ms=START_MS + 1_000,
            userId="u1",
            messageId="bought",
            context=CONSENT,
        ),
        tenant.event(
            event="Order Completed",
            at_ms=START_MS + 1_000,
            userId="u2",
            messageId="another's",
            context=CONSENT,
        ),
    )

    seen = changes(api)

    assert [
        (change["kind"], [event["message_id"] for event in change["cites"]]) for change in seen
    ] == [
        ("event", ["before"]),
        ("event", ["bought"]),
        ("entry", ["bought"]),
    ]
    assert seen[2]["segment"]["name"] == "consented_customers"
    assert seen[2]["segment"]["cause"] == "event"
    assert seen[2]["profile_id"] == found(api)


def test_merges_cite_their_cause_and_the_history_of_whoever_was_absorbed_is_part_of_it(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(tenant.event(event="Order Completed", anonymousId="a1", context=CONSENT))
    tenant.feed(tenant.event("page", at_ms=START_MS + 1, userId="u1"))
    tenant.feed(
        tenant.event(
            "identify", at_ms=START_MS + 2, userId="u1", anonymousId="a1", messageId="both"
        )
    )

    seen = changes(api)

    merge = next(change for change in seen if change["kind"] == "merge")
    assert [event["message_id"] for event in merge["cites"]] == ["both"]
    assert {merge["profile_id"], merge["other_id"]} >= {found(api)}
    assert [change["kind"] for change in seen].count("event") == 3
    assert "entry" in [change["kind"] for change in seen]


def test_pages_hold_everything_once_in_time_order_though_instants_are_shared(
    tenant: Tenant, api: Api
) -> None:
    tenant.feed(
        *(tenant.event(event="Seen", anonymousId=f"a{number}") for number in range(4)),
        tenant.event(event="Order Completed", userId="u1", context=CONSENT),
    )
    tenant.feed(
        *(tenant.event("identify", userId="u1", anonymousId=f"a{number}") for number in range(4))
    )

    whole = changes(api, limit=200)

    assert changes(api, limit=2) == whole
    assert [change["at"] for change in whole] == sorted(change["at"] for change in whole)
    assert {change["kind"] for change in whole} >= {"event", "merge", "entry"}


def test_range_and_kinds_narrow_the_listing(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event("page", at_ms=START_MS + minute * 60_000, userId="u1")
            for minute in range(5)
        )
    )

    between = changes(api, since="2026-09-21T14:14:21Z", until="2026-09-21T14:16:21Z")

    assert [change["at"] for change in between] == ["2026-09-21T14:14:21Z", "2026-09-21T14:15:21Z"]
    assert changes(api, kinds=["merge", "segment"]) == []
    assert len(changes(api, kinds=["event"])) == 5


def test_wrong_ranges_and_cursors_are_refused(tenant: Tenant, api: Api) -> None:
    tenant.feed(tenant.event("page", userId="u1"))
    path = f"/cdp/profiles/{found(api)}/changes"

    api.get(path, expect=422)
    api.get(path, expect=422, since="2026-01-02T00:00:00Z", until="2026-01-01T00:00:00Z")
    api.get(path, expect=400, since=LONG_AGO, cursor="kzEyMw")
    api.get(
        "/cdp/profiles/00000000-0000-0000-0000-000000000000/changes", expect=404, since=LONG_AGO
    )
