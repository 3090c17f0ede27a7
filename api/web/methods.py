"""Answers 405 to an unknown method of a path whose last part another route takes for an id."""

from http import HTTPStatus

from fastapi import APIRouter, HTTPException

_METHODS = ("GET", "PUT", "PATCH", "DELETE", "POST")


def only(router: APIRouter, path: str, method: str) -> None:
    """Let a path take one method. Call it before the routes that have an id in the path's place.

    Args:
        router: of the path.
        path: without the router's prefix.
        method: for example ``POST``.
    """

    async def refuse() -> None:
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": method})

    router.add_api_route(
        path,
        refuse,
        methods=[other for other in _METHODS if other != method],
        include_in_schema=False,
    )
