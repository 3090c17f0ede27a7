"""Who is let in below /cdp: nobody without a key, nobody beyond its scopes, nobody too often."""

from collections.abc import Callable
from contextlib import closing

import httpx
import psycopg
import pytest

from config.collector import EdgeParams, KeyParams
from config.settings import Settings
from tests.api.conftest import Api, Tenant


def problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (found["status"], found["code"], found["type"]) == (
        status,
        code,
        f"urn:stratum:problem:{code}",
    )


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer"}, {"authorization": "Basic abc"}, {"x-api-key": ""}]
)
def test_without_a_key_nothing_is_told(address: str, headers: dict[str, str]) -> None:
    answer = httpx.get(address + "/cdp/segments", headers=headers, timeout=30)
    problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_unknown_key_is_refused(address: str) -> None:
    problem(
        httpx.get(
            address + "/cdp/segments", headers={"authorization": "Bearer nobody"}, timeout=30
        ),
        401,
        "unauthorized",
    )


def test_a_key_may_come_in_either_header(address: str, tenant: Tenant) -> None:
    for headers in (
        {"authorization": f"Bearer {tenant.read}"},
        {"authorization": f"bearer {tenant.read}"},
        {"x-api-key": tenant.read},
    ):
        assert httpx.get(address + "/cdp/segments", headers=headers, timeout=30).status_code == 200


def test_a_key_opens_only_what_its_scopes_name(address: str, tenant: Tenant) -> None:
    answer = httpx.post(
        address + "/cdp/dead-letters/retry", headers={"x-api-key": tenant.read}, json={}, timeout=30
    )
    problem(answer, 403, "forbidden")
    assert (
        httpx.post(
            address + "/cdp/dead-letters/retry",
            headers={"x-api-key": tenant.write},
            json={},
            timeout=30,
        ).status_code
        == 202
    )


def test_a_write_key_of_a_source_opens_nothing(
    address: str, settings: Settings, tenant: Tenant
) -> None:
    with closing(psycopg.connect(settings.postgres.dsn.get_secret_value())) as conn:
        conn.execute("UPDATE write_keys SET key_hash = (SELECT key_hash FROM api_keys LIMIT 1)")
        conn.execute("DELETE FROM api_keys")
        conn.commit()
    problem(
        httpx.get(address + "/cdp/segments", headers={"x-api-key": tenant.read}, timeout=30),
        401,
        "unauthorized",
    )


def test_a_revoked_key_ends(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant
) -> None:
    fresh = KeyParams(fresh=KeyParams().fresh * 0)
    api = api_with(settings.model_copy(update={"edge": EdgeParams(keys=fresh)}), tenant.read)
    assert api.http.get("/cdp/segments").status_code == 200
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        conn.execute("UPDATE api_keys SET revoked_at = now()")
    problem(api.http.get("/cdp/segments"), 401, "unauthorized")


def test_a_key_that_asks_too_often_is_slowed_down_and_no_other(
    api_with: Callable[[Settings, str], Api], settings: Settings, tenant: Tenant
) -> None:
    slow = KeyParams(requests_per_s=0.001, burst=2)
    api = api_with(settings.model_copy(update={"edge": EdgeParams(keys=slow)}), tenant.read)
    answers = [api.http.get("/cdp/segments") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], 429, "rate_limited")
    assert int(answers[2].headers["retry-after"]) > 1
    assert (
        api.http.get(
            "/cdp/segments", headers={"authorization": f"Bearer {tenant.admin}"}
        ).status_code
        == 200
    )


def test_a_field_that_does_not_hold_is_named_and_not_repeated(api: Api) -> None:
    answer = api.http.get("/cdp/profiles", params={"limit": "mary@example.com"})
    problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["query.limit"]
    assert "mary" not in answer.text


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    announced = b" " * 2_000_000
    for content in (announced, iter([announced])):  # the second one is chunked
        problem(api.http.post("/cdp/dead-letters/retry", content=content), 413, "too_large")


def test_metrics_name_routes_by_their_template(api: Api) -> None:
    api.http.get("/cdp/profiles/00000000-0000-4000-8000-000000123456")
    api.http.get("/cdp/mary@example.com")
    text = api.http.get("/metrics").text
    assert 'route="/cdp/profiles/{id}"' in text
    assert "123456" not in text
    assert "mary" not in text


def test_a_path_that_does_not_exist_is_a_problem_too(api: Api) -> None:
    problem(api.http.get("/cdp/nothing"), 404, "not_found")
    problem(api.http.delete("/cdp/segments"), 405, "method_not_allowed")
