"""The HTTP runner: faults of the network are values."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Request, Response

Script = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Script], str]]:
    """Start a server that treats its one connection as told; gives its address."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(script: Script) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                script(connection)

        thread = threading.Thread(target=run)
        thread.start()
        listeners.append(listener)
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}/x"

    yield start
    for thread in threads:
        thread.join(10)
    for listener in listeners:
        listener.close()


def send(url: str, **params: timedelta | int) -> Response:
    with HttpRunner(HttpParams(**params)) as runner:  # type: ignore[arg-type]
        return runner(Request("POST", url, (("x-one", "1"),), b"{}"))


def test_answer_comes_back_with_lower_case_headers(serve: Callable[[Script], str]) -> None:
    url = serve(
        lambda c: c.sendall(b"HTTP/1.1 201 Created\r\nX-Usage: 7\r\nContent-Length: 2\r\n\r\nok")
    )

    answer = send(url)

    assert (answer.status, answer.headers["x-usage"], answer.body, answer.fault) == (
        201,
        "7",
        b"ok",
        "",
    )


@pytest.mark.parametrize(
    "where", ["a:b/c", "http:[", "https:@[", "https://xn--/", "/" + "a" * 65_530, "/elsewhere"]
)
def test_a_redirect_that_leads_nowhere_is_an_answer(
    where: str, serve: Callable[[Script], str]
) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
    assert send(serve(lambda c: c.sendall(head))).status == 302


def test_the_answer_of_a_named_server_is_not_decompressed(
    serve: Callable[[Script], str],
) -> None:
    packed = gzip.compress(bytes(1_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    url = serve(lambda c: c.sendall(head.encode() + packed))
    with HttpRunner(HttpParams()) as runner:
        answer = runner(Request("POST", url, (), b"{}", server_name="controller.example"))
    assert (answer.status, answer.body) == (200, packed)


def test_silence_is_a_timeout(serve: Callable[[Script], str]) -> None:
    waiting = threading.Event()

    def keep_silent(_: socket.socket) -> None:
        waiting.wait(10)

    url = serve(keep_silent)

    answer = send(url, timeout=timedelta(milliseconds=50))
    waiting.set()

    assert answer == Response(0, fault="timeout")


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", b"nonsense\r\n\r\n"]
)
def test_broken_connection_is_a_fault(serve: Callable[[Script], str], sent: bytes) -> None:
    assert send(serve(lambda c: c.sendall(sent))) == Response(0, fault="connection")


def test_refused_connection_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert send(f"http://127.0.0.1:{port}/") == Response(0, fault="connection")


def test_redirect_is_not_followed(serve: Callable[[Script], str]) -> None:
    url = serve(
        lambda c: c.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        )
    )

    assert send(url).status == 302


def test_long_answer_is_cut_off(serve: Callable[[Script], str]) -> None:
    url = serve(
        lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
    )

    assert len(send(url, answer_limit_bytes=10).body) == 10
