"""What the sandboxes of hashed lists show besides the platform's own API: a status page, their audiences, and the members of each."""

import html
import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse

from local.platforms.segment_ledger import SegmentLedger


def add_pages(app: FastAPI, title: str, ledger: SegmentLedger, requests: Mapping[str, int]) -> None:
    """Serve ``/``, ``/_sandbox/audiences``, ``/_sandbox/audiences/{id}`` and ``/_sandbox/requests``.

    Args:
        app: the sandbox.
        title: the platform's name.
        ledger: what it holds.
        requests: operation → how many were asked for, those that went wrong included.
    """

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        rows = "".join(
            f"<tr><td>{one.id}</td><td>{html.escape(one.name)}</td><td>{html.escape(one.account)}</td><td>{one.size}</td></tr>"
            for one in ledger.segments.values()
        )
        return (
            f"<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2><title>{title} sandbox</title>"
            "<style>body{font:15px system-ui;margin:2em}td,th{padding:.3em 1em;text-align:left}</style>"
            f"<h1>{title} sandbox</h1><table><tr><th>audience<th>name<th>account<th>people</tr>"
            f"{rows}</table><p>requests: {html.escape(json.dumps(requests))}</p>"
        )

    @app.get("/_sandbox/audiences")
    async def audiences() -> list[dict[str, Any]]:
        return [
            {"id": one.id, "account": one.account, "name": one.name, "size": one.size}
            for one in ledger.segments.values()
        ]

    @app.get("/_sandbox/audiences/{segment_id}")
    async def audience(segment_id: str) -> Response:
        held = ledger.segments.get(segment_id)
        if held is None:
            return JSONResponse({"detail": "no such audience"}, 404)
        members = {
            column: sorted(map(bytes.hex, digests))
            for column, digests in held.members.items()
            if digests
        }
        return JSONResponse(
            {"id": held.id, "name": held.name, "account": held.account, "members": members}
        )

    @app.get("/_sandbox/requests")
    async def count() -> Mapping[str, int]:
        return requests
