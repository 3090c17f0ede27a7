"""Retention over the API: what a policy may say, what it takes to set it, and what is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import psycopg
import pytest

from config.settings import Settings
from dataflows.retention import Retention
from domain.privacy.retention import RULES, SETTABLE
from tests.api.conftest import START_MS, Api, Tenant

PATH: Final = "/cdp/privacy/retention"
FOREVER: Final[dict[str, Any]] = dict.fromkeys(map(str, SETTABLE))
DAY_S: Final = 86_400

Letters = Callable[..., None]


@pytest.fixture
def letters(settings: Settings, tenant: Tenant) -> Letters:
    """Puts dead letters of some ages, in days."""

    def put(*ages: int, workspace: int = tenant.id) -> None:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            for age in ages:
                conn.execute(
                    "INSERT INTO dead_letters (workspace_id, log, partition, position, index,"
                    " reason, detail, payload, recorded_at) SELECT %s, 'l', 0,"
                    " coalesce(max(id), 0), 0, 'bad_json', '', '',"
                    " now() - make_interval(days => %s) FROM dead_letters",
                    (workspace, age),
                )

    return put


def keep_letters(days: int) -> dict[str, Any]:
    return FOREVER | {"dead_letters": days * DAY_S}


def set_to(api: Api, keep: dict[str, Any], reason: str = "a concept") -> dict[str, Any]:
    fingerprint = api.post(f"{PATH}/preview", {"keep": keep}, 200)["fingerprint"]
    body = {"keep": keep, "reason": reason, "fingerprint": fingerprint}
    answer = api.http.put(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return of(answer, "dead_letters")


def of(answer: httpx.Response, name: str) -> dict[str, Any]:
    return next(one for one in answer.json()["classes"] if one["name"] == name)


def entries(api: Api, action: str) -> list[dict[str, Any]]:
    return [one for one in api.get("/cdp/audit")["items"] if one["action"] == action]


def test_everything_is_kept_for_ever_until_somebody_says_otherwise(api: Api) -> None:
    classes = api.get(PATH)["classes"]
    assert [one["name"] for one in classes] == [*RULES]
    assert {one["keep_s"] for one in classes} == {None}
    assert all(one["covers"] for one in classes)
    assert all(one["last"] is None for one in classes)


def test_a_policy_is_set_by_what_was_previewed_and_is_on_record(api: Api, letters: Letters) -> None:
    letters(1, 100, 200)
    keep = keep_letters(90)

    found = api.post(f"{PATH}/preview", {"keep": keep}, 200)

    (due,) = found["classes"]
    assert due["due"] == [{"name": "dead_letters", "count": {"value": 2, "exact": True}}]
    assert (due["before_s"], due["keep_s"]) == (None, 90 * DAY_S)
    assert found["shortened"] == ["dead_letters"]
    assert api.get(PATH)["classes"][2]["keep_s"] is None, "a preview stores nothing"
    said = set_to(api, keep)
    assert (said["keep_s"], said["reason"], said["set_by_name"]) == (
        90 * DAY_S,
        "a concept",
        "admin",
    )
    (entry,) = entries(api, "retention.set")
    assert entry["detail"] == {
        "before": {},
        "after": {"dead_letters": 90 * DAY_S},
        "reason": "a concept",
    }


def test_a_preview_counts_what_then_goes(
    api: Api, letters: Letters, settings: Settings, tenants: Callable[[str], Tenant]
) -> None:
    letters(1, 89, 91, 200, 300)
    letters(200, workspace=tenants("second").id)
    (due,) = api.post(f"{PATH}/preview", {"keep": keep_letters(90)}, 200)["classes"]
    set_to(api, keep_letters(90))

    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        retention = Retention(settings, conn, lambda _: None)
        while retention.run_once():
            pass

    told = of(api.http.get(PATH), "dead_letters")
    assert told["last"]["removed"] == {"dead_letters": due["due"][0]["count"]["value"]}
    assert told["last"]["finished_at"] is not None
    oldest = datetime.fromisoformat(told["oldest_at"])
    assert timedelta(days=88) < datetime.now(UTC) - oldest < timedelta(days=90)
    (entry,) = entries(api, "retention.enforced")
    assert entry["detail"]["removed"] == {"dead_letters": 3}


def test_people_are_counted_by_when_something_happened(
    api: Api, tenant: Tenant, execute: Callable[..., Any]
) -> None:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    tenant.feed(
        tenant.event(userId="old", event="Visit", at_ms=START_MS - 100 * DAY_S * 1000),
        tenant.event(userId="young", event="Visit", at_ms=now_ms - 1_000),
    )
    execute("UPDATE identifiers SET created_at = '2010-01-01'")
    keep = FOREVER | {"people": 90 * DAY_S}
    (due,) = api.post(f"{PATH}/preview", {"keep": keep}, 200)["classes"]
    assert due["due"] == [{"name": "people", "count": {"value": 1, "exact": True}}]


def test_nothing_is_kept_for_less_without_the_preview_of_it(api: Api, letters: Letters) -> None:
    letters(100)
    less, more = keep_letters(30), keep_letters(60)
    bare = {"keep": less, "reason": "a concept"}
    assert "dead_letters" in api.http.put(PATH, json=bare).json()["detail"]
    other = api.post(f"{PATH}/preview", {"keep": more}, 200)["fingerprint"]
    for fingerprint in (other, "0" * 64):
        answer = api.http.put(PATH, json=bare | {"fingerprint": fingerprint})
        assert answer.status_code == 409
    previewed = api.post(f"{PATH}/preview", {"keep": less}, 200)["fingerprint"]
    set_to(api, more)
    answer = api.http.put(PATH, json=bare | {"fingerprint": previewed})
    assert answer.status_code == 409, "the policy has changed since"
    longer = {"keep": keep_letters(61), "reason": "more"}
    assert api.http.put(PATH, json=longer).status_code == 200, "nothing goes that would not anyway"


def test_the_same_policy_again_is_no_change(api: Api) -> None:
    set_to(api, keep_letters(30), "first")
    assert set_to(api, keep_letters(30), "second")["reason"] == "first"
    assert len(entries(api, "retention.set")) == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dead_letters": 0}, "at least 86400 s"),
        ({"dead_letters": -1}, "at least 86400 s"),
        ({"dead_letters": 10**12}, "at most 3155760000 s"),
        ({"dead_letters": 10**30}, "at most 3155760000 s"),
        ({"people": 86_400}, "at least 2592000 s"),
        ({"archives": 8 * DAY_S}, "`privacy.archive_lifetime` says"),
        ({"logins": 400 * DAY_S}, "`edge.login.lifetime` says"),
        ({"raw_events": 400 * DAY_S}, "cannot be limited: new computed traits"),
        ({"event_log": 400 * DAY_S}, "cannot be limited: all workspaces share it"),
        ({"cookies": 400 * DAY_S}, "`cookies` is no class"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    api: Api, changed: dict[str, Any], told: str
) -> None:
    keep = FOREVER | changed
    for answer in (
        api.http.post(f"{PATH}/preview", json={"keep": keep}),
        api.http.put(PATH, json={"keep": keep, "reason": "a concept"}),
    ):
        assert answer.status_code == 422
        assert told in answer.json()["detail"]


@pytest.mark.parametrize("missing", SETTABLE)
def test_a_policy_names_every_class(api: Api, missing: str) -> None:
    keep = {name: value for name, value in FOREVER.items() if name != missing}
    answer = api.http.post(f"{PATH}/preview", json={"keep": keep})
    assert answer.status_code == 422
    assert f"`{missing}` is missing" in answer.json()["detail"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", "true", '"90d"', "1.5", "[]"])
def test_only_whole_seconds_are_a_span(api: Api, value: str) -> None:
    body = f'{{"keep": {{"dead_letters": {value}}}}}'
    headers = {"content-type": "application/json"}
    answer = api.http.post(f"{PATH}/preview", content=body, headers=headers)
    assert answer.status_code in {400, 422}, answer.text


def test_another_workspace_has_a_policy_of_its_own(
    api: Api, tenants: Callable[[str], Tenant]
) -> None:
    second = tenants("second")
    set_to(api, keep_letters(30))
    answer = api.http.get(PATH, headers={"authorization": f"Bearer {second.admin}"})
    assert answer.status_code == 200
    assert of(answer, "dead_letters")["keep_s"] is None


def test_only_admins_preview_and_set(api: Api, tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {tenant.write}"}
    body = {"keep": FOREVER}
    assert api.http.post(f"{PATH}/preview", json=body, headers=headers).status_code == 403
    reasoned = body | {"reason": "a concept"}
    assert api.http.put(PATH, json=reasoned, headers=headers).status_code == 403
    assert api.http.get(PATH, headers=headers).status_code == 200
