"""Previews through the API."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from tests.api.conftest import START_MS, Api, Tenant

BUYERS = {"type": "event", "event": {"name": "Order Completed"}}


@pytest.fixture(autouse=True)
def people(tenant: Tenant) -> None:
    """Four people, two of whom bought."""
    tenant.feed(
        *[
            tenant.event(
                "track",
                START_MS,
                userId=f"u{number}",
                event="Order Completed" if number % 2 else "Page Seen",
                properties={},
            )
            for number in range(4)
        ]
    )


def test_a_rule_is_previewed(api: Api) -> None:
    answer = api.post("/cdp/segments/preview", {"rule": BUYERS}, expect=200)
    assert answer["members"] == {"value": 2, "low": 2, "high": 2}
    assert (answer["exact"], answer["people"], answer["evaluated"], answer["reads_history"]) == (
        True,
        4,
        4,
        True,
    )
    found = {person["identifiers"][0]["value"] for person in answer["examples"]}
    assert found == {"u1", "u3"}
    assert [each["name"] for each in answer["overlaps"]] == ["consented_customers"]


def test_a_draft_is_previewed_and_stays_a_draft(api: Api) -> None:
    made = api.post("/cdp/segments", {"name": "buyers", "rule": BUYERS}, expect=201)
    assert api.post(f"/cdp/segments/{made['id']}/preview", expect=200)["members"]["value"] == 2
    other = {"rule": {"type": "not", "of": {"type": "all", "of": []}}}
    assert (
        api.post(f"/cdp/segments/{made['id']}/preview", other, expect=200)["members"]["value"] == 0
    )
    assert api.get(f"/cdp/segments/{made['id']}")["status"] == "draft"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (
            {"type": "all", "of": [{"type": "event", "event": {"name": "x"}, "window": "800d"}]},
            "$.of[0].window",
        ),
        (
            {
                "type": "all",
                "of": [{"type": "computed", "name": "absent", "condition": {"op": "exists"}}],
            },
            "$.of[0].name",
        ),
    ],
)
def test_a_rule_that_does_not_hold_is_refused_with_its_path(api: Api, rule: Any, path: str) -> None:
    problem = api.post("/cdp/segments/preview", {"rule": rule}, expect=422)
    assert [each["field"] for each in problem["errors"]] == [path]


def test_an_unknown_segment_has_no_preview(api: Api) -> None:
    api.post("/cdp/segments/999/preview", expect=404)


def test_other_requests_are_answered_while_previews_are_computed(
    api: Api, settings: Settings
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    with (
        ThreadPoolExecutor(4) as pool,
        psycopg.connect(dsn) as blocker,
        psycopg.connect(dsn, autocommit=True) as watcher,
    ):
        blocker.execute("LOCK TABLE profiles IN ACCESS EXCLUSIVE MODE")
        previews = [
            pool.submit(api.post, "/cdp/segments/preview", {"rule": BUYERS}, 200) for _ in range(8)
        ]
        while watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
            time.sleep(0.01)
        api.get("/cdp/health/live")
        assert not any(preview.done() for preview in previews)
        blocker.rollback()
    assert all(preview.result()["exact"] for preview in previews)
