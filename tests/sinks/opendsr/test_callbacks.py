"""Where callbacks go: the address that was checked, by the name that was meant."""

import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from sinks.alerts.channel import Again, Arrived, Outcome, Refused
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Request, Response
from sinks.opendsr.callbacks import CallbackParams, post
from sinks.opendsr.signing import read_signer
from tests.support.certificates import DOMAIN, make_pair

PAIR = make_pair()
SIGNER = read_signer(DOMAIN, PAIR.key, PAIR.certificate)


def sent(
    url: str,
    addresses: Sequence[str] | OSError,
    allowed: frozenset[str] = frozenset(),
    status: int = 200,
) -> tuple[Outcome, list[Request]]:
    made: list[Request] = []

    def transport(request: Request) -> Response:
        made.append(request)
        return Response(status)

    def resolved(_host: str, _port: int) -> Sequence[str]:
        if isinstance(addresses, OSError):
            raise addresses
        return addresses

    params = CallbackParams(allowed_hosts=allowed)
    return post(url, b"{}", SIGNER, params, transport, resolved), made


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    outcome, (made,) = sent("https://Controller.example/x?a=%20", ["93.184.216.34"])
    assert outcome == Arrived()
    assert made.url == "https://93.184.216.34:443/x?a=%20"
    assert made.server_name == "controller.example"
    assert dict(made.headers)["host"] == "controller.example"


def test_addresses_of_version_6_and_ports_are_spelled_as_they_must_be() -> None:
    _, (made,) = sent("https://controller.example:8443", ["2606:2800:220:1::1"])
    assert made.url == "https://[2606:2800:220:1::1]:8443/"
    assert dict(made.headers)["host"] == "controller.example:8443"
    _, (literal,) = sent("https://[2606:2800:220:1::1]/", ["2606:2800:220:1::1"])
    assert dict(literal.headers)["host"] == "[2606:2800:220:1::1]"


def test_an_allowed_host_may_be_private_and_without_tls() -> None:
    allowed = frozenset({"inside"})
    outcome, (made,) = sent("http://inside:8080/x", ["10.0.0.1"], allowed)
    assert (outcome, made.url) == (Arrived(), "http://10.0.0.1:8080/x")
    for url in ("http://inside.example/", "https://inside.example/"):
        assert isinstance(sent(url, ["10.0.0.1"], allowed)[0], Refused)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "::10.0.0.1",
     "::ffff:0:10.0.0.1", "fec0::1", "3fff::1", "2002:a00:1::1", "2001:0:1::1", "ff02::1",
     "2606:4700::1%1"],
)  # fmt: skip
def test_what_stands_for_a_private_address_is_refused(address: str) -> None:
    outcome, made = sent("https://controller.example/", ["93.184.216.34", address])
    assert made == []
    assert isinstance(outcome, Refused)


def test_a_name_without_an_address_is_tried_again() -> None:
    for addresses in ([], OSError(), ["fe80::1%eth0x"], ["x"]):
        outcome, made = sent("https://controller.example/", addresses)
        assert made == []
        assert isinstance(outcome, Again | Refused)


def test_a_real_resolver_finds_that_odd_spellings_are_loopback() -> None:
    params = CallbackParams()
    for host in ("localhost", "2130706433", "0x7f.1", "127.1"):
        outcome = post(f"https://{host}/", b"{}", SIGNER, params, lambda _: Response(200))
        assert isinstance(outcome, Refused | Again), host


def test_tls_asks_for_the_name_and_refuses_another_ones_certificate(tmp_path: Path) -> None:
    key, certificate = PAIR.written(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True).recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    with HttpRunner(HttpParams()) as http:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        answer = http(Request("POST", url, (), b"", server_name="controller.example"))
    thread.join()
    listener.close()

    assert asked == ["controller.example"]
    assert (answer.status, answer.fault) == (0, "connection")
