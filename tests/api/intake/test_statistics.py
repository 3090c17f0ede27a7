"""Counts of dead letters."""

from collections.abc import Callable
from typing import Any

from domain.failure import REASONS
from tests.api.conftest import Api, Tenant

PATH = "/cdp/statistics/dead-letters"


def test_letters_are_counted_by_reason_and_source(
    tenant: Tenant, api: Api, execute: Callable[..., Any]
) -> None:
    assert api.get(PATH)["items"] == []
    tenant.feed(
        *(tenant.event("track", userId=f"u{number}") for number in range(3)),
        tenant.event("boom", userId="u1"),
    )
    execute("UPDATE dead_letters SET status = 'resolved' WHERE id = (SELECT min(id) FROM"
            " dead_letters)")  # fmt: skip
    newest = api.get("/cdp/dead-letters", reason="missing_event")["items"][0]["recorded_at"]

    answer = api.get(PATH)

    assert answer["exact"] is True
    assert answer["items"][0] == {
        "reason": "missing_event",
        "explanation": REASONS["missing_event"],
        "source_id": tenant.source,
        "open": 2,
        "retrying": 0,
        "resolved": 1,
        "newest_at": newest,
    }
    assert [(each["open"], each["resolved"]) for each in answer["items"]] == [(2, 1), (1, 0)]


def test_of_very_many_the_newest_are_counted_and_said_so(
    tenant: Tenant, api: Api, execute: Callable[..., Any]
) -> None:
    execute(
        "INSERT INTO dead_letters (workspace_id, source_id, log, partition, position, index,"
        " reason, detail, payload, recorded_at) SELECT %s, 1, 'l', 0, n, 0, 'bad_json', '', '',"
        " now() FROM generate_series(1, 100100) n",
        tenant.id,
    )

    answer = api.get(PATH)

    assert answer["exact"] is False
    assert answer["items"][0]["open"] == 100_000
