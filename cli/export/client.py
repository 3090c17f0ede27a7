"""Orders an export over HTTP and downloads it into a file.

Started again with the same file, it continues where it stopped.

Beside the file that grows lies a note of which export it is part of. A part is appended only where
the server says that it is of the same file, and the whole is compared with the digest that the
export has.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from cli.http import RefusedError, refusal
from domain.export import UNDER_WAY

_LOOK_S: Final = 0.3
_TRIES: Final = 6
_PRIVATE: Final = 0o600

Shown = Callable[[str, int, int], None]
"""Told how far it is: what is done, so much, of so much."""


class ExportRefusedError(RefusedError):
    """The server does not give the export; the message says why."""


class ExportClient:
    """One workspace's exports.

    Args:
        http: client with the API's address and key.
        shown: see `Shown`.
    """

    def __init__(self, http: httpx.Client, shown: Shown) -> None:
        self._http = http
        self._shown = shown

    def segment(self, wanted: str) -> int:
        """A segment's id, by its name or its id.

        Raises:
            ExportRefusedError: there is none.
        """
        query: dict[str, Any] = {"limit": 200}
        while True:
            page = self._json("GET", "/cdp/segments", query)
            for segment in page["items"]:
                if wanted in {segment["name"], str(segment["id"])}:
                    return int(segment["id"])
            if page["next"] is None:
                raise ExportRefusedError(f"there is no segment {wanted}")
            query["cursor"] = page["next"]

    def save(self, body: dict[str, Any], out: Path) -> dict[str, Any]:
        """Order an export, or take up the one that was begun for this file, and download it.

        Args:
            body: of the request.
            out: the file; it is there once it is whole.

        Returns:
            The export, as the API tells it.

        Raises:
            ExportRefusedError: the server says no, the export failed, or the line breaks again and
                again.
        """
        part, note = out.with_name(out.name + ".part"), out.with_name(out.name + ".part.json")
        view = self._begun(body, note)
        if view is None:
            part.unlink(missing_ok=True)
            view = self._json("POST", "/cdp/audiences/export", {"wait": "false"}, body)
            note.write_text(json.dumps({"export": view["id"], "request": body}))
        while view["status"] in UNDER_WAY:
            self._shown("writing", view["evaluated"], view["people"])
            time.sleep(_LOOK_S)
            view = self._json("GET", f"/cdp/exports/{view['id']}")
        if view["download"] is None:
            note.unlink()
            raise ExportRefusedError(
                f"the export is {view['status']}. {view['advice'] or ''}".strip()
            )
        self._download(view, part)
        part.rename(out)
        note.unlink()
        return view

    def _begun(self, body: dict[str, Any], note: Path) -> dict[str, Any] | None:
        """The export that the note names, where it is of the same request and still to be had."""
        try:
            noted = json.loads(note.read_text())
        except (OSError, ValueError):
            return None
        if noted.get("request") != body:
            return None
        answer = self._http.get(f"/cdp/exports/{noted['export']}")
        view: dict[str, Any] | None = (
            answer.json() if answer.status_code == httpx.codes.OK else None
        )
        return (
            view if view is not None and (view["download"] or view["status"] in UNDER_WAY) else None
        )

    def _download(self, view: dict[str, Any], part: Path) -> None:
        tries = 0
        while (at := part.stat().st_size if part.exists() else 0) < view[
            "size_bytes"
        ] or not part.exists():
            try:
                self._append(view, part, at)
            except httpx.TransportError as error:
                tries = tries + 1 if part.exists() and part.stat().st_size == at else 1
                if tries >= _TRIES:
                    raise ExportRefusedError(
                        "the connection is lost again and again; run the command again to continue"
                    ) from error
                time.sleep(_LOOK_S * 2**tries)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != view["sha256"]:
            part.unlink()
            raise ExportRefusedError("what was downloaded is not what was written: begin again")

    def _append(self, view: dict[str, Any], part: Path, at: int) -> None:
        headers = {"range": f"bytes={at}-", "if-range": f'"{view["sha256"]}"'} if at else {}
        with self._http.stream("GET", view["download"], headers=headers) as answer:
            _check(answer)
            appends = answer.status_code == httpx.codes.PARTIAL_CONTENT
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if appends else os.O_TRUNC)
            with os.fdopen(os.open(part, flags, _PRIVATE), "wb") as file:
                for chunk in answer.iter_raw():
                    file.write(chunk)
                    file.flush()
                    self._shown("downloading", file.tell(), view["size_bytes"])

    def _json(
        self, method: str, path: str, params: dict[str, str] | None = None, body: object = None
    ) -> dict[str, Any]:
        answer = self._http.request(method, path, params=params, json=body)
        _check(answer)
        return dict(answer.json())


def _check(answer: httpx.Response) -> None:
    told = refusal(answer)
    if told is not None:
        raise ExportRefusedError(told)
