"""Routes of what people open in a browser. They need no key and are in no document of the API.

| path | answer |
|---|---|
| ``/`` | the landing page; ``/landing/`` has its files |
| ``/dashboard`` and below | the dashboard's page, whichever view the rest of the path names |
| ``/dashboard/assets/`` | its scripts and styles, whose names change with their content |
| ``/docs``, ``/docs/`` | the API's reference, Swagger UI out of a package |

Nothing comes from another host. Plain functions, which starlette runs in threads: they read files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.pages.files import IMMUTABLE, REVALIDATED, file_answer
from api.web.errors import NotFoundError, answer
from config.settings import Dashboard

_OWN: Final = Path(__file__).parent
_SWAGGER: Final = Path(fastapi_offline.__file__).parent / "static"
_SWAGGER_FILES: Final = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})
_BUILT: Final = _OWN.parents[1] / "dashboard" / "dist"
_WAIT_S: Final = 3
"""Seconds after which the waiting page asks again; its own refresh is as long."""
Page = Callable[[Request], Response]


def add_pages(app: FastAPI, params: Dashboard) -> None:
    """Add the routes to an application.

    Args:
        app: to which nothing at these paths was added before.
        params: whether there is a dashboard, and where it is.
    """
    pages: dict[str, Page] = {
        "/": _own("index.html"),
        "/landing/{name}": _files(_OWN, REVALIDATED),
        "/docs": _own("docs.html"),
        "/docs/": _own("docs.html"),
        "/docs/{name}": _reference,
    }
    if params.enabled:
        folder = _BUILT if params.folder is None else params.folder
        pages["/dashboard/assets/{name:path}"] = _files(folder / "assets", IMMUTABLE)
        pages["/dashboard"] = pages["/dashboard/{view:path}"] = _dashboard(folder)
    for path, page in pages.items():
        app.add_route(path, page, methods=["GET"], include_in_schema=False)


def _own(name: str) -> Page:
    def page(request: Request) -> Response:
        return file_answer(request, _OWN, name, REVALIDATED) or _nothing(request)

    return page


def _files(folder: Path, cache: str) -> Page:
    def page(request: Request) -> Response:
        name = request.path_params["name"]
        return file_answer(request, folder, name, cache) or _nothing(request)

    return page


def _dashboard(folder: Path) -> Page:
    def page(request: Request) -> Response:
        found = file_answer(request, folder, "index.html", REVALIDATED)
        return found or _not_built(request)

    return page


def _not_built(request: Request) -> Response:
    waiting = file_answer(request, _OWN, "waiting.html", "no-store", status=503)
    if waiting is None:
        return _nothing(request)
    waiting.headers["retry-after"] = str(_WAIT_S)
    return waiting


def _reference(request: Request) -> Response:
    name = request.path_params["name"]
    folder = _SWAGGER if name in _SWAGGER_FILES else _OWN
    return file_answer(request, folder, name, REVALIDATED) or _nothing(request)


def _nothing(request: Request) -> Response:
    return answer(request, NotFoundError("file"))
