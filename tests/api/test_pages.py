"""What browsers open: whole, safe, fresh where it changes and kept where it does not; and nothing
of it asks another host."""

import gzip
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import api.pages.routes
from api.app import create_app
from api.pages.files import MEDIA_TYPES
from config.settings import Settings
from tests.support.serving import serving_api

PAGE = b"<!doctype html><title>built</title>"
SCRIPT = b"export const answer = 42;\n" * 50
OWN = Path(api.pages.routes.__file__).parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dashboard as its build leaves it, and a secret beside it."""
    folder = tmp_path_factory.mktemp("built") / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets" / "index-a1B2.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-a1B2.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (folder / "assets" / "index-a1B2.js.br").write_bytes(b"as brotli")
    (folder / "assets" / "plain.css").write_bytes(b"a{}")
    (folder / "assets" / "manifest.json").write_bytes(b"{}")
    (folder / "secret.html").write_bytes(b"secret")
    (folder.parent / "secret.html").write_bytes(b"secret")
    return folder


def with_dashboard(folder: Path | None, *, enabled: bool = True) -> Settings:
    settings = Settings.model_validate(
        {
            "postgres": {"dsn": "postgresql://nobody@127.0.0.1:1/nothing"},
            "redis": {"url": "redis://127.0.0.1:1"},
        }
    )
    dashboard = settings.dashboard.model_copy(update={"enabled": enabled, "folder": folder})
    return settings.model_copy(update={"dashboard": dashboard})


def serving(settings: Settings) -> Iterator[httpx.Client]:
    with (
        serving_api(create_app(settings)) as url,
        httpx.Client(base_url=url, timeout=30, headers={"accept-encoding": ""}) as http,
    ):
        yield http


@pytest.fixture(scope="module")
def http(built: Path) -> Iterator[httpx.Client]:
    """Asks an application with a built dashboard; neither database nor log is there."""
    yield from serving(with_dashboard(built))


def safe(answer: httpx.Response) -> bool:
    policy = answer.headers["content-security-policy"]
    return (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and not re.search(r"https?:|\*", policy)
        and "frame-ancestors 'none'" in policy
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["referrer-policy"] == "no-referrer"
        and answer.headers["cross-origin-opener-policy"] == "same-origin"
        and "camera=()" in answer.headers["permissions-policy"]
    )


@pytest.mark.parametrize(
    "path",
    ["/dashboard", "/dashboard/", "/dashboard/cdp/profiles/1", "/dashboard/a.js", "/dashboard?x=1"],
)
def test_every_view_is_the_same_page(http: httpx.Client, path: str) -> None:
    answer = http.get(path)

    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert safe(answer)


def test_a_page_that_is_there_already_is_not_sent_again(http: httpx.Client) -> None:
    etag = http.get("/dashboard").headers["etag"]

    for told in (etag, f'"other", W/{etag}', "*"):
        answer = http.get("/dashboard", headers={"if-none-match": told})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert safe(answer)
    assert http.get("/dashboard", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_page_that_was_built_again_is_sent_again(built: Path, http: httpx.Client) -> None:
    etag = http.get("/dashboard").headers["etag"]
    (built / "index.html").write_bytes(b"new")
    try:
        answer = http.get("/dashboard", headers={"if-none-match": etag})
        assert (answer.status_code, answer.content) == (200, b"new")
    finally:
        (built / "index.html").write_bytes(PAGE)


@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [
        ("br, gzip", "br", b"as brotli"),
        ("gzip, deflate, br, zstd", "br", b"as brotli"),
        ("GZIP", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("br;q=0, gzip;q=0.1", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("br;q=0.2, gzip;q=0.8", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("*", "br", b"as brotli"),
        ("", None, SCRIPT),
        ("br;q=0", None, SCRIPT),
        ("br;q=nan, gzip;q=9", None, SCRIPT),
        ("identity", None, SCRIPT),
    ],
)
def test_assets_come_in_the_encoding_that_is_taken(
    http: httpx.Client, accepted: str, coding: str | None, content: bytes
) -> None:
    with http.stream(
        "GET", "/dashboard/assets/index-a1B2.js", headers={"accept-encoding": accepted}
    ) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers.get("content-encoding") == coding
    assert raw[10:] == content[10:]  # gzip's head has the time
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"
    assert safe(answer)


def test_an_asset_without_encodings_comes_as_it_is(http: httpx.Client) -> None:
    answer = http.get("/dashboard/assets/plain.css", headers={"accept-encoding": "br"})

    assert (answer.content, answer.headers.get("content-encoding")) == (b"a{}", None)


def test_head_is_answered_as_get_without_a_body(http: httpx.Client) -> None:
    for path in ("/", "/dashboard", "/dashboard/assets/index-a1B2.js", "/docs"):
        whole, head = http.get(path), http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.content))
        assert head.headers["etag"] == whole.headers["etag"]
        assert safe(head)


def raw(http: httpx.Client, path: str) -> tuple[int, bytes]:
    """Ask for a path as it is spelled, which clients would mend."""
    url = http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode("latin-1")
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("root", ["/dashboard/assets/", "/landing/", "/docs/"])
@pytest.mark.parametrize(
    "name",
    [
        "../secret.html",
        "../../secret.html",
        "..%2fsecret.html",
        "%2e%2e/secret.html",
        "%2e%2e%2fsecret.html",
        "..%5csecret.html",
        "..\\secret.html",
        "%252e%252e%252fsecret.html",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "index-a1B2.js%00.css",
        "%00",
        "plain.css/",
        "plain.css%20",
        ".",
        "..",
        "",
        "a" * 5_000 + ".js",
        "%ff%fe.js",
        "con.js",
        "routes.py",
        "__init__.py",
        "index-a1B2.js.br",
        "manifest.json",
    ],
)
def test_nothing_but_the_files_that_are_meant_can_be_asked_for(
    http: httpx.Client, root: str, name: str
) -> None:
    status, body = raw(http, root + name)

    assert status in {400, 404, 405} or root + name == "/docs/", body[:200]
    assert b"secret" not in body


def test_an_unknown_asset_is_not_the_page(http: httpx.Client) -> None:
    answer = http.get("/dashboard/assets/index-gone.js")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert safe(answer)


def test_a_folder_is_no_asset(http: httpx.Client, built: Path) -> None:
    (built / "assets" / "folder.js").mkdir()
    assert http.get("/dashboard/assets/folder.js").status_code == 404


@pytest.mark.parametrize("path", ["/", "/dashboard", "/dashboard/assets/plain.css", "/docs"])
def test_pages_are_only_read(http: httpx.Client, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert http.request(method, path).status_code == 405


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/dashboard"),
        ("DELETE", "/dashboard/cdp"),
        ("PUT", "/dashboard/assets/plain.css"),
        ("GET", "/docs/"),
        ("GET", "/docs/docs.js/"),
        ("GET", "/docs/..%2fsecret.html"),
        ("GET", "/landing"),
        ("GET", "/landing/"),
        ("GET", "/landing/..%2f..%2fsecret.html"),
        ("OPTIONS", "/landing/landing.css"),
        ("GET", "/favicon.ico"),
        ("GET", "//docs"),
        ("GET", "/openapi.json/"),
    ],
)
def test_whoever_refuses_a_page_says_what_a_browser_may_do_with_it(
    http: httpx.Client, method: str, path: str
) -> None:
    answer = http.request(method, str(http.base_url).rstrip("/") + path)

    assert answer.status_code in {200, 404, 405}
    assert safe(answer)


def test_a_page_that_fails_is_as_safe(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.pages.routes.file_answer", lambda *_: 1 / 0)

    answer = http.get("/docs")

    assert answer.status_code == 500
    assert safe(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/docs/",
        "/landing/landing.css/",
        "/dashboard/",
        "/dashboard/assets/plain.css/",
        "/openapi.json/",
        "/metrics/",
        "/v1/batch/",
        "/sourceConfig/",
        "/cdp/segments/",
        "/cdp/segments/1/",
        "//evil.com/",
    ],
)
def test_nobody_is_sent_to_the_host_that_a_request_names(http: httpx.Client, path: str) -> None:
    url = str(http.base_url).rstrip("/") + path
    for method in ("GET", "POST"):
        answer = http.request(method, url, headers={"host": "evil.com"})
        assert "location" not in answer.headers
        assert "evil.com" not in answer.text


def test_the_reference_is_the_same_with_and_without_a_slash(http: httpx.Client) -> None:
    assert http.get("/docs/").content == http.get("/docs").content


def test_a_dashboard_that_is_not_built_yet_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "dist"
    for http in serving(with_dashboard(folder)):
        waiting = http.get("/dashboard/cdp")
        assert waiting.status_code == 503
        assert waiting.headers["cache-control"] == "no-store"
        assert waiting.headers["retry-after"] == "3"
        assert "make dashboard" in waiting.text
        assert '<meta http-equiv="refresh" content="3">' in waiting.text
        assert "<script" not in waiting.text
        assert safe(waiting)
        assert http.head("/dashboard").status_code == 503
        assert http.get("/dashboard", headers={"if-none-match": "*"}).status_code == 503
        assert http.get("/dashboard/assets/index-a1B2.js").status_code == 404
        assert http.get("/").status_code == 200

        folder.mkdir()
        (folder / "index.html").write_bytes(PAGE)
        assert http.get("/dashboard/cdp").content == PAGE


def test_a_dashboard_can_be_left_out(built: Path) -> None:
    for http in serving(with_dashboard(built, enabled=False)):
        for path in ("/dashboard", "/dashboard/", "/dashboard/assets/plain.css"):
            assert http.get(path).status_code == 404
        assert http.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_own_pages_are_whole(http: httpx.Client, path: str) -> None:
    page = http.get(path)
    assert page.status_code == 200
    assert safe(page)
    needed = re.findall(r'<(?:link|script|img|source)\b[^>]*?(?:href|src)="([^"]+)"', page.text)

    assert needed
    for name in needed:
        assert not urlsplit(name).netloc, name
        found = http.get(name)
        assert found.status_code == 200, name
        assert safe(found)


@pytest.mark.parametrize("file", sorted(one.name for one in OWN.iterdir() if one.suffix != ".py"))
def test_no_own_page_names_another_host_or_carries_a_script_or_a_style(file: str) -> None:
    path = OWN / file
    if path.is_dir():
        return
    assert path.suffix in MEDIA_TYPES
    if path.suffix in {".html", ".css", ".js", ".svg"}:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        loaded = re.findall(
            r"""(?:src|srcset|url\(|@import|url:)\s*[=(]?\s*["']?(https?:|//)""", text
        )
        assert not loaded
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_the_reference_loads_nothing_from_another_host(http: httpx.Client) -> None:
    assert http.get("/redoc").status_code == 404
    assert "validatorUrl: null" in http.get("/docs/docs.js").text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert len(http.get(f"/docs/{name}").content) > 10_000
    assert http.get("/docs/redoc.standalone.js").status_code == 404
