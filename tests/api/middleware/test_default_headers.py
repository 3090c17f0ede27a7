"""What no route answers is kept by no cache either; a route's own word counts."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.middleware.default_headers import DefaultHeaders
from tests.api.conftest import Api


def test_no_cache_keeps_an_error_that_no_route_answers(api: Api, app: FastAPI) -> None:
    async def fail() -> None:
        raise RuntimeError

    app.add_api_route("/cdp/fails", fail)
    limit = app.state.settings.edge.query_body_limit_bytes
    answers = {
        404: api.http.get("/cdp/no/such/route"),
        405: api.http.delete("/cdp/statistics"),
        413: api.http.post("/cdp/segments", content=b"x" * (limit + 1)),
        500: api.http.get("/cdp/fails"),
    }

    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    assert {answer.headers.get("cache-control") for answer in answers.values()} == {"no-store"}


def test_no_cache_keeps_a_refusal_before_the_request_is_known(address: str) -> None:
    at = urlsplit(address)
    with socket.create_connection((at.hostname, at.port), timeout=30) as connection:
        connection.sendall(b"GET /cdp/segments HTTP/1.1\r\nno field\r\n\r\n")
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncache-control: no-store\r\n" in answer


@pytest.mark.parametrize(
    ("path", "own", "told"),
    [
        ("/cdp/segments", None, "no-store"),
        ("/cdp/segments", "private, no-store", "private, no-store"),
        ("/dashboard/", None, None),
    ],
)
def test_a_route_has_the_last_word(path: str, own: str | None, told: str | None) -> None:
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(headers={"Cache-Control": own} if own else None)(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(DefaultHeaders(inner, ())({"type": "http", "path": path}, receive, send))

    headers = [value for name, value in sent[0]["headers"] if name == b"cache-control"]
    assert headers == ([told.encode()] if told else [])
