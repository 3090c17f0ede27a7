"""The server that every sandbox is: status page, request counts, faults on command.

``/`` shows what it holds, ``/_sandbox/audiences`` and ``/_sandbox/audiences/{id}`` give its
audiences and the members of one, ``/_sandbox/requests`` counts what was asked for, those that went
wrong included, and ``/_sandbox/faults`` injects faults (`local.platforms.faults`). Sandboxes keep
no personal data: a request with anything that is not hashed is refused.
"""

import argparse
import html
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from local.platforms.faults import Faults, add_routes
from local.platforms.ledger import Ledger

Answer: TypeAlias = Callable[[], Awaitable[Response]]


class SandboxApp(ABC):
    """One sandbox: its state, and how it answers the platform's own API.

    Attributes:
        title: the platform's name.
        port: where it listens unless told otherwise.
        route: paths of the API.
        methods: HTTP methods of the API; others are answered 405.
        oauth_path: where access tokens are requested; empty where there are none.
        faults: queued.
        requests: operation → how many were asked for.
        ledger: its audiences.
    """

    title: ClassVar[str]
    port: ClassVar[int]
    route: ClassVar[str] = "/{path:path}"
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "PUT", "DELETE")
    oauth_path: ClassVar[str] = ""

    def __init__(self, ledger: Ledger[Any], faults: Faults) -> None:
        self.ledger: Any = ledger
        self.faults = faults
        self.requests: dict[str, int] = {}

    @abstractmethod
    async def api(self, request: Request, path: str) -> Response:
        """Answer one request to the platform's API."""

    async def token(self, request: Request) -> Response:
        """Answer a request for an access token, at a platform that has any."""
        raise NotImplementedError

    def count(self, operation: str) -> None:
        """Count a request."""
        self.requests[operation] = self.requests.get(operation, 0) + 1

    async def counted(self, operation: str, answer: Answer) -> Response:
        """Count a request and answer it, unless a fault has its turn."""
        self.count(operation)
        return await self.faults.around(operation, answer)

    def page(self) -> str:
        """Show the audiences and the requests so far."""
        rows = "".join(
            f"<tr><td>{one.id}<td>{html.escape(one.name)}<td>{html.escape(one.account)}"
            f"<td>{one.size}</tr>"
            for one in self.ledger.audiences.values()
        )
        return (
            "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2>"
            f"<title>{self.title} sandbox</title><style>body{{font:15px system-ui;margin:2em}}"
            "td,th{padding:.3em 1em;text-align:left}</style>"
            f"<h1>{self.title} sandbox</h1><table><tr><th>audience<th>name<th>account<th>people"
            f"</tr>{rows}</table><p>requests: {html.escape(json.dumps(self.requests))}</p>"
        )


def build_app(sandbox: SandboxApp) -> FastAPI:
    """Serve one sandbox."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return sandbox.page()

    @app.get("/_sandbox/audiences")
    async def audiences() -> list[dict[str, Any]]:
        return [
            {"id": one.id, "account": one.account, "name": one.name, "size": one.size}
            for one in sandbox.ledger.audiences.values()
        ]

    @app.get("/_sandbox/audiences/{audience_id}")
    async def audience(audience_id: str) -> Response:
        held = sandbox.ledger.audiences.get(audience_id)
        if held is None:
            return JSONResponse({"detail": "no such audience"}, 404)
        shown = {"id": held.id, "name": held.name, "account": held.account}
        return JSONResponse(shown | held.members())

    @app.get("/_sandbox/requests")
    async def count() -> dict[str, int]:
        return sandbox.requests

    add_routes(app, sandbox.faults)
    if sandbox.oauth_path:
        app.add_api_route(sandbox.oauth_path, _only(sandbox.token), methods=["POST"])

    @app.api_route(sandbox.route, methods=list(sandbox.methods))
    async def api(request: Request, path: str) -> Response:
        return await sandbox.api(request, path)

    return app


def _only(answer: Callable[[Request], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        return await answer(request)

    return answered


def serve(kind: type[SandboxApp], **options: tuple[str | float, str]) -> None:
    """Run a sandbox until it receives a stop signal.

    Args:
        kind: which; its constructor takes a state file and the options by name.
        options: name → default and help, each an option of the command line.
    """
    parser = argparse.ArgumentParser(description=f"A strict local {kind.title}.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=kind.port)
    parser.add_argument("--state-file", type=Path, help="append log that survives a kill")
    for name, (default, text) in options.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(default), default=default, help=text)
    given = vars(parser.parse_args())
    host, port = given.pop("host"), given.pop("port")
    uvicorn.run(build_app(kind(**given)), host=host, port=port, log_level="error", access_log=False)
