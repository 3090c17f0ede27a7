"""Logins of people: whom a cookie lets in, for how long, and what other sites cannot do with it."""

import base64
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.sql import SQL, Identifier

from api.app import create_app
from config.collector import EdgeParams, KeyParams, LoginParams
from config.settings import Settings
from local.servers.process import wait_until
from tests.api.collector.test_outages import away
from tests.api.conftest import Tenant
from tests.api.test_access import problem
from tests.support.serving import serving_api

COOKIE = "stratum_login"
OWN = {"sec-fetch-site": "same-origin"}
SEGMENT = {"name": "mine", "rule": {"type": "all", "of": []}}


class Browser:
    """Sends what a browser would, and keeps no cookie that it is not told to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: list[str] = []
        self.http = httpx.Client(base_url=address, timeout=30)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(OWN, **options.pop("headers", {}))
        headers = {name: value for name, value in headers.items() if value}
        if self.cookies:
            headers.setdefault("cookie", "; ".join(self.cookies))
        self.http.cookies.clear()
        return self.http.request(method, path, headers=headers, **options)

    def log_in(
        self, key: str, expect: int = 201, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        answer = self.ask("POST", "/cdp/login", json={"api_key": key}, headers=headers or {})
        assert answer.status_code == expect, answer.text
        if expect == 201:
            self.cookies = [answer.headers["set-cookie"].partition(";")[0]]
        return answer

    @property
    def token(self) -> str:
        return self.cookies[0].partition("=")[2]

    @property
    def cookie(self) -> str:
        """The cookie's name at this address."""
        return f"{COOKIE}_{urlsplit(self.address).port}"


@pytest.fixture
def browsers(address: str) -> Iterator[Callable[[], Browser]]:
    """Makes browsers."""
    made: list[Browser] = []

    def make(at: str = address) -> Browser:
        made.append(Browser(at))
        return made[-1]

    yield make
    for browser in made:
        browser.http.close()


@pytest.fixture
def browser(browsers: Callable[[], Browser], tenant: Tenant) -> Browser:
    """A browser, logged in with every scope."""
    browser = browsers()
    browser.log_in(tenant.admin)
    return browser


def execute(settings: Settings, statement: str, *values: object) -> list[Any]:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        cursor = conn.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def test_a_key_is_exchanged_for_a_cookie_that_no_script_reads(
    browsers: Callable[[], Browser], tenant: Tenant, settings: Settings
) -> None:
    browser = browsers()
    answer = browser.log_in(tenant.write)

    name, *flags = answer.headers["set-cookie"].split("; ")
    assert sorted(flags) == ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Strict"]
    assert name.partition("=")[0] == browser.cookie
    assert len(base64.urlsafe_b64decode(browser.token + "=")) == 32
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert said["name"] == "operator"
    assert said["workspace"] == {"id": tenant.id, "name": "first"}
    assert said["scopes"] == ["read", "write"]
    assert browser.ask("GET", "/cdp/login").json() == said
    assert browser.ask("GET", "/cdp/segments").status_code == 200
    assert browser.ask("POST", "/cdp/segments", json=SEGMENT).status_code == 201
    problem(browser.ask("PUT", "/cdp/gate/mode", json=FROZEN), 403, "forbidden")
    stored = execute(settings, "SELECT token_hash FROM logins")
    assert browser.token.encode() not in bytes(stored[0][0])


FROZEN = {"scope": "workspace", "mode": "enforce", "reason": "over", "expires_at": None}


def test_by_tls_the_cookie_is_bound_to_this_host(
    browsers: Callable[[], Browser], tenant: Tenant
) -> None:
    browser, tls = browsers(), {"x-forwarded-proto": "https"}
    answer = browser.log_in(tenant.read, headers=tls)

    assert answer.headers["set-cookie"].startswith(f"__Host-{browser.cookie}=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert browser.ask("GET", "/cdp/segments", headers=tls).status_code == 200
    planted = [f"{browser.cookie}={browser.token}"]
    assert browser.ask("GET", "/cdp/login").status_code == 401
    browser.cookies = planted
    assert browser.ask("GET", "/cdp/login", headers=tls).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "SAME-ORIGIN"},
        {"sec-fetch-site": "cross-site", "origin": "{own}"},
        {"sec-fetch-site": "", "origin": "https://example.com"},
        {"sec-fetch-site": "", "origin": "null"},
        {"sec-fetch-site": "", "origin": "{own}.example.com"},
        {"sec-fetch-site": "", "origin": "{tls}"},
        {"sec-fetch-site": "", "origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": ""},
    ],
)
def test_another_sites_request_changes_nothing(browser: Browser, headers: dict[str, str]) -> None:
    headers = {
        name: value.format(own=browser.address, tls=browser.address.replace("http:", "https:"))
        for name, value in headers.items()
    }
    for method, path, body in (
        ("POST", "/cdp/segments", SEGMENT),
        ("POST", "/cdp/segments", None),
        ("DELETE", "/cdp/login", None),
        ("PUT", "/cdp/gate/mode", FROZEN),
    ):
        sent = {} if body is None else {"json": body}
        problem(browser.ask(method, path, headers=headers, **sent), 403, "cross_site")
    assert len(browser.ask("GET", "/cdp/segments").json()["items"]) == 1
    assert browser.ask("GET", "/cdp/login").status_code == 200


def test_the_own_origin_stands_in_where_a_browser_does_not_say_the_site(browser: Browser) -> None:
    headers = {"sec-fetch-site": "", "origin": browser.address}

    made = browser.ask("POST", "/cdp/segments", json=SEGMENT, headers=headers)

    assert made.status_code == 201


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "application/jsonp"],
)
def test_a_form_sends_nothing(browser: Browser, tenant: Tenant, kind: str) -> None:
    for path, body in (
        ("/cdp/segments", b'{"name": "mine", "rule": {"type": "all", "of": []}}'),
        ("/cdp/login", b'{"api_key": "%b"}' % tenant.read.encode()),
    ):
        answer = browser.ask("POST", path, content=body, headers={"content-type": kind})
        problem(answer, 403, "cross_site")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_cannot_log_a_browser_in(
    browsers: Callable[[], Browser], tenant: Tenant, settings: Settings, site: str
) -> None:
    problem(browsers().log_in(tenant.admin, 403, {"sec-fetch-site": site}), 403, "cross_site")
    foreign = {"sec-fetch-site": "", "origin": "https://example.com"}
    problem(browsers().log_in(tenant.admin, 403, foreign), 403, "cross_site")
    assert execute(settings, "SELECT 1 FROM logins") == []


def test_a_program_logs_in_without_saying_a_site(
    browsers: Callable[[], Browser], tenant: Tenant
) -> None:
    browsers().log_in(tenant.read, headers={"sec-fetch-site": ""})


def test_logins_at_two_installations_on_one_host_do_not_end_each_other(
    browser: Browser, browsers: Callable[..., Browser], settings: Settings, tenant: Tenant
) -> None:
    with serving_api(create_app(settings)) as elsewhere:
        other = browsers(elsewhere)
        other.cookies = list(browser.cookies)  # a browser sends them to every port
        name = other.ask("POST", "/cdp/login", json={"api_key": tenant.read}).headers["set-cookie"]
        assert name.partition("=")[0] == other.cookie != browser.cookie
        both = "; ".join([*browser.cookies, name.partition(";")[0]])
        assert other.ask("GET", "/cdp/login", headers={"cookie": both}).json()["name"] == "reader"
        assert browser.ask("GET", "/cdp/login", headers={"cookie": both}).json()["name"] == "admin"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("shop.example", COOKIE), ("shop.example:80", COOKIE), ("shop.example:81", f"{COOKIE}_81"),
        ("[::1]:8080", f"{COOKIE}_8080"), ("[::1]", COOKIE), ("shop.example:x", COOKIE),
    ],
)  # fmt: skip
def test_the_cookie_is_named_after_the_port_that_the_browser_asked(
    browsers: Callable[[], Browser], tenant: Tenant, host: str, name: str
) -> None:
    answer = browsers().log_in(tenant.read, headers={"host": host})
    assert answer.headers["set-cookie"].partition("=")[0] == name


def test_a_presented_cookie_is_never_adopted(
    browsers: Callable[[], Browser], tenant: Tenant
) -> None:
    planted = "A" * 43
    victim = browsers()
    victim.cookies = [f"{victim.cookie}={planted}"]
    victim.log_in(tenant.admin)

    assert victim.token != planted
    attacker = browsers()
    attacker.cookies = [f"{attacker.cookie}={planted}"]
    problem(attacker.ask("GET", "/cdp/login"), 401, "unauthorized")


def test_logging_in_again_ends_the_login_before(browser: Browser, tenant: Tenant) -> None:
    before = list(browser.cookies)
    browser.log_in(tenant.read)

    assert browser.ask("GET", "/cdp/login").json()["name"] == "reader"
    problem(browser.ask("GET", "/cdp/login", headers={"cookie": before[0]}), 401, "unauthorized")


def test_a_failed_attempt_leaves_the_login_as_it_is(browser: Browser) -> None:
    browser.log_in("nobody", 401)

    assert browser.ask("GET", "/cdp/login").json()["name"] == "admin"


def test_after_logout_a_stolen_cookie_opens_nothing_in_any_process(
    browser: Browser, browsers: Callable[..., Browser], settings: Settings
) -> None:
    with serving_api(create_app(settings)) as other:
        thief = browsers(other)
        thief.cookies = [f"{thief.cookie}={browser.token}"]
        assert thief.ask("GET", "/cdp/segments").status_code == 200

        ended = browser.ask("DELETE", "/cdp/login")

        assert ended.status_code == 200
        assert ended.headers["set-cookie"].startswith(f"{browser.cookie}=; Path=/; Max-Age=0; ")
        for each in (thief, browser):
            problem(each.ask("GET", "/cdp/segments"), 401, "unauthorized")
            problem(each.ask("DELETE", "/cdp/login"), 401, "unauthorized")


def test_a_revoked_key_ends_its_logins_at_once(browser: Browser, settings: Settings) -> None:
    assert browser.ask("GET", "/cdp/segments").status_code == 200
    execute(settings, "UPDATE api_keys SET revoked_at = now()")

    problem(browser.ask("GET", "/cdp/segments"), 401, "unauthorized")


def test_a_key_that_was_just_revoked_begins_no_login(
    browsers: Callable[[], Browser], tenant: Tenant, settings: Settings
) -> None:
    browsers().log_in(tenant.read)  # the process remembers the key from now on
    execute(settings, "UPDATE api_keys SET revoked_at = now()")

    browsers().log_in(tenant.read, 401)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE logins SET last_used_at = now() - interval '12 hours'",
        "UPDATE logins SET expires_at = now()",
    ],
)
def test_a_login_ends_when_it_rests_and_in_any_case(
    browser: Browser, settings: Settings, change: str
) -> None:
    execute(settings, "UPDATE logins SET last_used_at = now() - interval '11 hours'")
    assert browser.ask("GET", "/cdp/login").status_code == 200  # asking keeps it
    rest = execute(settings, "SELECT now() - last_used_at < interval '1 minute' FROM logins")
    assert rest == [(True,)]
    execute(settings, change)

    problem(browser.ask("GET", "/cdp/login"), 401, "unauthorized")


def test_use_is_noted_once_a_minute_and_not_with_every_request(
    browser: Browser, settings: Settings
) -> None:
    noted = "SELECT xmin::text FROM {} WHERE last_used_at IS NOT NULL ORDER BY 1"
    browser.ask("GET", "/cdp/login")
    before = [execute(settings, noted.format(table)) for table in ("logins", "api_keys")]
    assert [len(rows) for rows in before] == [1, 1]
    for _ in range(5):
        browser.ask("GET", "/cdp/login")

    assert [execute(settings, noted.format(table)) for table in ("logins", "api_keys")] == before


def test_a_note_waits_for_nobody(browser: Browser, settings: Settings) -> None:
    execute(settings, "UPDATE logins SET last_used_at = now() - interval '11 hours'")
    with closing(psycopg.connect(settings.postgres.dsn.get_secret_value())) as conn:
        conn.execute("SELECT 1 FROM logins, api_keys FOR UPDATE")
        assert browser.ask("GET", "/cdp/login").status_code == 200


def test_who_guesses_is_told_to_wait_and_others_are_not(
    browsers: Callable[[], Browser], tenant: Tenant
) -> None:
    guesser = browsers()
    for _ in range(10):
        guesser.log_in(tenant.read)  # what succeeds does not count
    for number in range(10):
        guesser.log_in(f"guess-{number}", 401)

    answer = guesser.log_in(tenant.read, 429)

    problem(answer, 429, "rate_limited")
    assert 50 < int(answer.headers["retry-after"]) <= 60
    browsers().log_in(tenant.read, headers={"x-forwarded-for": "192.0.2.7"})
    for address in ("::zz", "x" * 1000, "2001:db8::1", "2001:db8::1%eth0"):
        browsers().log_in("guess", 401, {"x-forwarded-for": address})


def test_an_attempt_while_postgres_is_away_is_no_failed_one(
    browsers: Callable[..., Browser], tenant: Tenant, settings: Settings
) -> None:
    keys = KeyParams(timeout=timedelta(seconds=30), pause=timedelta(0))
    edge = replace(settings.edge, keys=keys, pool_timeout=timedelta(milliseconds=100))
    with serving_api(create_app(settings.model_copy(update={"edge": edge}))) as address:
        browser = browsers(address)
        with away(settings.postgres.dsn.get_secret_value()):
            for number in range(edge.login.attempts_per_minute + 1):
                problem(browser.log_in(f"key-{number}", 503), 503, "store_unavailable")

        def let_in() -> bool:
            answer = browser.ask("POST", "/cdp/login", json={"api_key": tenant.read})
            assert answer.status_code in (201, 503)  # until Postgres is found again
            return answer.status_code == 201

        assert wait_until(let_in, 30)


def test_a_login_opens_only_its_own_workspace(
    browsers: Callable[[], Browser], tenant: Tenant, tenants: Callable[[str], Tenant]
) -> None:
    mine = browsers()
    mine.log_in(tenant.admin)
    theirs = browsers()
    theirs.log_in(tenants("second").admin)
    made = mine.ask("POST", "/cdp/segments", json=SEGMENT).json()["id"]

    assert mine.ask("GET", f"/cdp/segments/{made}").status_code == 200
    problem(theirs.ask("GET", f"/cdp/segments/{made}"), 404, "not_found")


def test_a_key_in_a_header_wins(browser: Browser, tenant: Tenant) -> None:
    by_key = {"authorization": f"Bearer {tenant.read}", "sec-fetch-site": ""}

    said = browser.ask("GET", "/cdp/login", headers=by_key).json()
    assert (said["name"], said["expires_at"]) == ("reader", None)
    problem(browser.ask("POST", "/cdp/segments", json=SEGMENT, headers=by_key), 403, "forbidden")
    problem(browser.ask("DELETE", "/cdp/login", headers=by_key), 409, "conflict")
    problem(
        browser.ask("GET", "/cdp/login", headers={"authorization": "Bearer nobody"}),
        401,
        "unauthorized",
    )
    assert browser.ask("GET", "/cdp/login").json()["name"] == "admin"


def test_of_two_cookies_none_counts(
    browser: Browser, browsers: Callable[[], Browser], tenant: Tenant
) -> None:
    other = browsers()
    other.log_in(tenant.read)
    for pair in ([*browser.cookies, *other.cookies], [f"{browser.cookie}=x", *browser.cookies]):
        problem(
            browser.ask("GET", "/cdp/login", headers={"cookie": "; ".join(pair)}),
            401,
            "unauthorized",
        )
    twice = "; ".join(["theme=dark", *browser.cookies, *browser.cookies])
    assert browser.ask("GET", "/cdp/login", headers={"cookie": twice}).status_code == 200


@pytest.mark.parametrize(
    "cookie",
    [
        b"", b";;;", b"=", COOKIE.encode(), b"stratum_login=", b"stratum_login=\xff\xfe",
        b"stratum_login=" + b"A" * 43, b"stratum_login=" + b"A" * 20_000,
        b'stratum_login="' + b"A" * 43 + b'"', b"stratum_login=a%00b", b"STRATUM_LOGIN=x",
        b"; ".join(b"stratum_login=%043d" % number for number in range(300)),
    ],
)  # fmt: skip
def test_an_odd_cookie_lets_nobody_in(
    browsers: Callable[[], Browser], tenant: Tenant, cookie: bytes
) -> None:
    browser = browsers()
    named = (browser.cookie.encode(), browser.cookie.upper().encode())
    cookie = cookie.replace(b"stratum_login", named[0]).replace(b"STRATUM_LOGIN", named[1])
    headers: Any = {"cookie": cookie}
    problem(browser.ask("GET", "/cdp/login", headers=headers), 401, "unauthorized")
    answer = browser.http.post(
        "/cdp/login", json={"api_key": tenant.read}, headers={**OWN, **headers}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"not json", b'{"api_key": null}', b'{"api_key": ""}',
        b'{"api_key": 1}', b'{"api_key": {"a": []}}', b'{"api_key": "\\ud800"}',
        b'{"api_key": "a", "more": 1}', b'{"api_key": "' + b"k" * 300 + b'"}',
    ],
)  # fmt: skip
def test_an_odd_body_is_told_so_and_never_repeated(
    browsers: Callable[[], Browser], body: bytes
) -> None:
    answer = browsers().ask(
        "POST", "/cdp/login", content=body, headers={"content-type": "application/json"}
    )

    problem(answer, 422, "invalid")
    assert "kkk" not in answer.text


def test_a_large_body_is_refused_before_it_is_read(browsers: Callable[[], Browser]) -> None:
    problem(browsers().log_in("k" * 10_000, 413), 413, "too_large")
    answer = browsers().ask(
        "POST",
        "/cdp/login",
        content=iter([b'{"api_key": "', b"k" * 100_000, b'"}']),
        headers={"content-type": "application/json"},
    )
    problem(answer, 413, "too_large")


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("key", ["nobody", "\u0000", "schlüssel", "  "])
def test_an_unknown_key_begins_nothing(
    browsers: Callable[[], Browser], settings: Settings, key: str
) -> None:
    answer = browsers().log_in(key, 401)

    assert "set-cookie" not in answer.headers
    assert execute(settings, "SELECT 1 FROM logins") == []


def test_methods_that_only_look_change_nothing(browser: Browser) -> None:
    for method in ("HEAD", "OPTIONS", "TRACE"):
        for path in ("/cdp/login", "/cdp/segments"):
            assert browser.ask(method, path).status_code == 405
    assert browser.ask("GET", "/cdp/login").status_code == 200


def test_the_collector_never_looks_at_cookies(browser: Browser) -> None:
    event = {"type": "track", "event": "x", "userId": "u"}
    assert browser.ask("POST", "/v1/track", json=event).status_code == 401


def test_a_login_is_paced_with_its_key(
    browsers: Callable[..., Browser], tenant: Tenant, settings: Settings
) -> None:
    slow = EdgeParams(keys=KeyParams(requests_per_s=0.001, burst=3))
    app = create_app(settings.model_copy(update={"edge": slow}))
    with serving_api(app) as url:
        browser = browsers(url)
        browser.log_in(tenant.read)
        assert [browser.ask("GET", "/cdp/login").status_code for _ in range(3)] == [200, 200, 429]
        browsers(url).log_in(tenant.read, 429)


def test_one_key_has_so_many_logins_and_what_is_over_is_cleared(
    browsers: Callable[..., Browser], tenant: Tenant, settings: Settings
) -> None:
    few = EdgeParams(login=LoginParams(logins_limit=2, idle=timedelta(hours=1)))
    with serving_api(create_app(settings.model_copy(update={"edge": few}))) as url:
        first, second, third, admin = (browsers(url) for _ in range(4))
        for each in (first, second, third):
            each.log_in(tenant.read)
        admin.log_in(tenant.admin)

        assert [
            each.ask("GET", "/cdp/login").status_code for each in (first, second, third, admin)
        ] == [401, 200, 200, 200]
        execute(settings, "UPDATE logins SET expires_at = now() - interval '1 second'")
        first.log_in(tenant.read)
        assert len(execute(settings, "SELECT 1 FROM logins")) == 1


def test_logins_and_logouts_are_in_the_audit_log(browser: Browser, tenant: Tenant) -> None:
    browser.log_in(tenant.write)
    browser.ask("DELETE", "/cdp/login")
    browser.log_in(tenant.admin)

    entries = browser.ask("GET", "/cdp/audit").json()["items"]

    assert [entry["action"] for entry in reversed(entries) if "log" in entry["action"]] == [
        "login", "logout", "login", "logout", "login"
    ]  # fmt: skip
    newest = entries[0]
    assert newest["actor"] == newest["subject"]
    assert newest["detail"] == {"scopes": ["admin", "gate", "read", "write"]}


def test_neither_key_nor_cookie_is_logged_or_stored(
    browser: Browser,
    tenant: Tenant,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    browser.log_in(tenant.admin)
    browser.log_in("a-wrong-key", 401)
    execute(settings, "ALTER TABLE logins RENAME TO away")
    assert browser.ask("GET", "/cdp/login").status_code == 500
    browser.log_in(tenant.admin, 500)
    execute(settings, "ALTER TABLE away RENAME TO logins")

    ours = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("http")  # the client's own
    ]
    said = "".join([*ours, *capfd.readouterr()]) + browser.ask("GET", "/metrics").text
    secrets = (tenant.admin, "a-wrong-key", browser.token)
    assert [each for each in secrets if each in said] == []
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        for table in ("logins", "api_keys", "audit"):
            rows = conn.execute(SQL("SELECT t::text FROM {} t").format(Identifier(table)))
            assert not any(each in row for (row,) in rows for each in secrets)


def test_the_document_says_how_to_log_in(app: FastAPI) -> None:
    document = app.openapi()
    operations = document["paths"]["/cdp/login"]

    assert operations["post"]["security"] == [{}]
    assert {"login": []} in operations["get"]["security"]
    assert document["components"]["securitySchemes"]["login"]["in"] == "cookie"


def test_reads_that_keep_every_connection_busy_keep_nobody_out_and_the_process_ready(
    settings: Settings, tenant: Tenant
) -> None:
    hasty = replace(settings.edge, keys=KeyParams(timeout=timedelta(seconds=1)))
    with (
        serving_api(create_app(settings.model_copy(update={"edge": hasty}))) as url,
        ThreadPoolExecutor(settings.postgres.pool_size) as readers,
        psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn,
        ExitStack() as stack,
    ):
        browser = Browser(url)
        stack.callback(browser.http.close)
        browser.log_in(tenant.admin)
        conn.execute("LOCK TABLE anomalies")
        headers = {"x-api-key": tenant.read}
        for _ in range(settings.postgres.pool_size):
            readers.submit(httpx.get, f"{url}/cdp/anomalies", headers=headers, timeout=60)
        assert wait_until(lambda: _waiting(conn) == settings.postgres.pool_size, 30)
        assert browser.ask("GET", "/cdp/health").status_code == 200
        assert browser.ask("PUT", "/cdp/gate/mode", json=FROZEN).status_code == 200
        conn.rollback()


def _waiting(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'anomalies'::regclass"
    ).fetchone()
    return int(row[0]) if row else 0
