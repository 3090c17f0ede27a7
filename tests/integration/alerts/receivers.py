"""Strict local receivers of alerts: what the real ones document as refused is refused here.

Each keeps what it took.
"""

import hmac
import json
import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

ROUTING_KEY = "r" * 32
SLACK_PATH = "/services/T000/B000/secret"
SECRET = "webhook-secret"
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Receivers:
    """What arrived, and the faults that the next requests meet.

    Attributes:
        events: PagerDuty's, in order.
        open: dedup keys of PagerDuty's alerts that are not resolved.
        messages: Slack's.
        hooks: the webhook's, each once.
        faults: statuses to answer instead of handling, in order.
        seen: webhook deliveries by number, to see repetitions.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    faults: list[int] = field(default_factory=list)
    requests: int = 0

    def fault(self) -> Response | None:
        self.requests += 1
        if not self.faults:
            return None
        status = self.faults.pop(0)
        return Response(status_code=status, headers={"retry-after": "7"} if status == 429 else {})


def _problems(event: dict[str, Any]) -> list[str]:
    """What PagerDuty would object to."""
    wrong = []
    if event.get("routing_key") != ROUTING_KEY:
        wrong.append("Invalid routing key")
    if event.get("event_action") not in {"trigger", "acknowledge", "resolve"}:
        wrong.append("'event_action' is invalid")
    if not 0 < len(event.get("dedup_key", "")) <= 255:
        wrong.append("'dedup_key' is missing or too long")
    if event.get("event_action") == "trigger":
        payload = event.get("payload", {})
        if not 0 < len(payload.get("summary", "")) <= 1024 or not payload.get("source"):
            wrong.append("'payload.summary' or 'payload.source' is invalid")
        if payload.get("severity") not in {"critical", "error", "warning", "info"}:
            wrong.append("'payload.severity' is invalid")
        if not _TIMESTAMP.fullmatch(payload.get("timestamp", "")):
            wrong.append("'payload.timestamp' is invalid")
    unknown = event.keys() - {
        "routing_key",
        "event_action",
        "dedup_key",
        "payload",
        "links",
        "images",
        "client",
        "client_url",
    }
    return wrong + sorted(unknown)


def build(kept: Receivers) -> FastAPI:
    """PagerDuty, Slack and a webhook behind one address."""
    app = FastAPI()
    for path, take in (("/v2/enqueue", _pagerduty), (SLACK_PATH, _slack), ("/hook", _hook)):
        app.add_api_route(path, _serving(kept, take), methods=["POST"])
    app.add_api_route("/services/{rest:path}", _no_slack, methods=["POST"])
    return app


def _serving(
    kept: Receivers, take: Callable[[Receivers, Request, bytes], Response]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return kept.fault() or take(kept, request, await request.body())

    return serve


async def _no_slack(_request: Request) -> Response:
    return PlainTextResponse("no_service", 404)


def _pagerduty(kept: Receivers, request: Request, body: bytes) -> Response:
    event = json.loads(body)
    if request.headers["content-type"] != "application/json" or (wrong := _problems(event)):
        return JSONResponse(
            {"status": "invalid event", "message": "Event object is invalid", "errors": wrong}, 400
        )
    key = event["dedup_key"]
    if event["event_action"] == "trigger":
        kept.open.add(key)
    elif key in kept.open:
        kept.open.remove(key)
    kept.events.append(event)
    return JSONResponse({"status": "success", "message": "Event processed", "dedup_key": key}, 202)


def _slack(kept: Receivers, _request: Request, body: bytes) -> Response:
    message = json.loads(body)
    if not message.get("text"):
        return PlainTextResponse("no_text", 400)
    for block in message.get("blocks", []):
        texts = (
            [block["text"]]
            if block["type"] == "section"
            else block["elements"]
            if block["type"] == "context"
            else None
        )
        if texts is None or any(
            text["type"] != "mrkdwn" or not 0 < len(text["text"]) <= 3000 for text in texts
        ):
            return PlainTextResponse("invalid_payload", 400)
    kept.messages.append(message)
    return PlainTextResponse("ok")


def _hook(kept: Receivers, request: Request, body: bytes) -> Response:
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers["stratum-signature"])
    if not found:
        return Response(status_code=401)
    expected = hmac.new(SECRET.encode(), found[1].encode() + b"." + body, sha256).hexdigest()
    if not hmac.compare_digest(expected, found[2]) or abs(time.time() - int(found[1])) > 300:
        return Response(status_code=401)
    number = request.headers["stratum-delivery"]
    if number not in kept.seen:
        kept.seen.add(number)
        kept.hooks.append(json.loads(body))
    return Response(status_code=204)


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing; gives its number."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def resetting() -> Iterator[int]:
    """A port that resets every connection once something was sent; gives its number."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mailbox:
    """An SMTP server on loopback.

    Attributes:
        refuse: code to answer to recipients with; 0: they are taken.
    """

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    refuse: int = 0


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Serve SMTP (RFC 5321, the commands that a client needs).

    What comes out of order is refused.
    """
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 ready")
            sender, to = "", 0
            while line := self.rfile.readline():
                verb = line.decode().strip().upper()
                if verb.startswith(("EHLO", "HELO")):
                    self.say("250 here")
                elif verb.startswith("MAIL FROM:<"):
                    sender, to = verb, 0
                    self.say("250 ok")
                elif verb.startswith("RCPT TO:<") and sender:
                    to += not box.refuse
                    self.say(f"{box.refuse} no" if box.refuse else "250 ok")
                elif verb == "DATA" and to:
                    self.say("354 go on")
                    data = b""
                    while not data.endswith(b"\r\n.\r\n"):
                        data += self.rfile.readline()
                    message = message_from_bytes(data[:-5])
                    missing = [
                        name
                        for name in ("From", "To", "Date", "Message-ID", "Subject")
                        if name not in message
                    ]
                    if missing:
                        self.say("554 headers are missing")
                    else:
                        box.messages.append(message)
                        self.say("250 taken")
                elif verb == "RSET":
                    sender, to = "", 0
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("503 not now")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
