"""Whoever may not listen any more hears nothing of what comes then, in every process."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from tests.api.conftest import Tenant
from tests.api.live.conftest import Ear
from tests.api.live.test_live import begun, served, waits
from tests.support.serving import serving_api

OWN: Final = {"sec-fetch-site": "same-origin"}
AT_ONCE_S: Final = 5.0
NEVER: Final = timedelta(hours=1)


def log_in(address: str, key: str) -> str:
    """The cookie of a new login."""
    answer = httpx.post(
        f"{address}/cdp/login", json={"api_key": key}, headers=OWN, trust_env=False, timeout=20
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def ends(ear: Ear) -> bool:
    """Whether a stream ends at once, and tells nothing before."""
    began = time.monotonic()
    told = [one.name for one in ear.events() if one.name]
    ear.close()
    return not told and time.monotonic() - began < AT_ONCE_S


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[[timedelta], str]]:
    """Serves processes that look at what is new, and at rights, this often."""
    with ExitStack() as stack:
        yield lambda every: stack.enter_context(
            serving_api(served(settings, look_interval=every, comment_interval=NEVER))
        )


def test_a_logout_ends_the_feeds_of_that_login_at_once_and_no_other(
    settings: Settings, tenant: Tenant
) -> None:
    app = served(settings, look_interval=NEVER, comment_interval=NEVER)
    with serving_api(app) as address:
        mine, other = log_in(address, tenant.read), log_in(address, tenant.read)
        tabs = [begun(Ear(address, "", "readings", cookie=mine)) for _ in range(2)]
        others = [
            begun(Ear(address, "", "readings", cookie=other)),
            begun(Ear(address, tenant.read, "readings")),
        ]

        answer = httpx.delete(
            f"{address}/cdp/login", headers={**OWN, "cookie": mine}, trust_env=False
        )

        assert answer.status_code == 200, answer.text
        assert [ends(tab) for tab in tabs] == [True, True]
        assert app.state.live.listeners == len(others)
        for ear in others:
            ear.close()


def test_a_feed_that_stays_open_keeps_its_login_and_its_key_in_use(
    serve: Callable[[timedelta], str], tenant: Tenant, execute: Callable[..., Any]
) -> None:
    address = serve(timedelta(seconds=0.1))
    ears = [
        begun(Ear(address, "", "readings", cookie=log_in(address, tenant.read))),
        begun(Ear(address, tenant.write, "readings")),
    ]

    execute("UPDATE logins SET last_used_at = now() - interval '2 hours'")
    execute("UPDATE api_keys SET last_used_at = now() - interval '2 hours'")

    unused = (
        "SELECT (SELECT count(*) FROM logins WHERE last_used_at < now() - interval '1 hour')"
        " + (SELECT count(*) FROM api_keys WHERE name IN ('reader', 'operator')"
        " AND last_used_at < now() - interval '1 hour')"
    )
    waits(lambda: execute(unused) == 0, "use is not noted")
    for ear in ears:
        ear.close()


def test_a_login_that_another_one_replaces_ends_its_feeds_at_once(
    serve: Callable[[timedelta], str], tenant: Tenant
) -> None:
    address = serve(NEVER)
    cookie = log_in(address, tenant.read)
    ear = begun(Ear(address, "", "readings", cookie=cookie))

    httpx.post(
        f"{address}/cdp/login",
        json={"api_key": tenant.read},
        headers={**OWN, "cookie": cookie},
        trust_env=False,
    )

    assert ends(ear)


def test_a_revocation_ends_the_feeds_of_the_key_and_of_its_logins_at_once(
    serve: Callable[[timedelta], str], tenant: Tenant
) -> None:
    address = serve(NEVER)
    ears = [
        begun(Ear(address, tenant.read, "readings")),
        begun(Ear(address, "", "readings", cookie=log_in(address, tenant.read))),
    ]
    admin = httpx.Client(
        base_url=address, headers={"authorization": f"Bearer {tenant.admin}"}, trust_env=False
    )
    with admin:
        keys = admin.get("/cdp/keys").json()["items"]
        (key,) = (one["id"] for one in keys if one["name"] == "reader")
        assert admin.delete(f"/cdp/keys/{key}").status_code == 200

    assert [ends(ear) for ear in ears] == [True, True]


REVOKED: Final = "UPDATE api_keys SET revoked_at = now()"


@pytest.mark.parametrize(
    ("end", "by_login"),
    [
        (REVOKED, False),
        (REVOKED, True),
        ("DELETE FROM logins", True),
        ("UPDATE logins SET expires_at = now()", True),
        ("UPDATE logins SET last_used_at = now() - interval '13 hours'", True),
        ("UPDATE api_keys SET scopes = '{gate}'", False),
    ],
)
def test_what_another_process_ended_is_told_nothing_more(
    serve: Callable[[timedelta], str],
    tenant: Tenant,
    postgres_dsn: str,
    end: str,
    by_login: bool,
) -> None:
    address = serve(timedelta(seconds=0.5))
    cookie = log_in(address, tenant.read) if by_login else ""
    ear = begun(Ear(address, tenant.read, "readings", cookie=cookie))

    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(end.encode())
        conn.execute(
            "INSERT INTO readings (workspace_id, signal, read_at, score, status, sample,"
            " components, reasons) VALUES (%s, 'source:1', now(), 1, 'unhealthy', 1, %s, %s)",
            (tenant.id, Jsonb({}), Jsonb([])),
        )

    assert ends(ear)


def test_a_key_that_a_process_still_remembers_listens_to_nothing_new(
    serve: Callable[[timedelta], str], tenant: Tenant, postgres_dsn: str
) -> None:
    address = serve(timedelta(seconds=0.5))
    begun(Ear(address, tenant.read, "readings")).close()  # the process knows the key
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute(REVOKED)

    assert ends(Ear(address, tenant.read, "readings"))
