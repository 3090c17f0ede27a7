"""Refuses what another site makes a browser send.

A browser sends its cookie by itself, also with a request that somebody else's page made up. It says
where a request comes from in ``Sec-Fetch-Site``, which no script can set; to plain ``http`` on
another machine it sends only ``Origin`` (W3C, "Fetch Metadata Request Headers"; Fetch standard).
"""

from http import HTTPStatus
from typing import Final

from fastapi import Request

from api.web.errors import ApiError

_READING: Final = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class CrossSiteError(ApiError):
    """A request with a login's cookie that the own pages have not made."""

    status, code = HTTPStatus.FORBIDDEN, "cross_site"


def refuse_cross_site(request: Request, *, by_cookie: bool) -> None:
    """Refuse a request that changes something and comes from another site.

    Args:
        request: its head is read, never its body.
        by_cookie: whether it carries the cookie of a login. Without, it may come from a program,
            which says nothing about sites.

    Raises:
        CrossSiteError: it comes from another site, or its body is no JSON.
    """
    if request.method in _READING:
        return
    own = _is_own(request)
    if own is False or (own is None and by_cookie):
        raise CrossSiteError(
            "With a login, only the pages of this server may change something:"
            " Sec-Fetch-Site: same-origin, or an Origin that is this server."
        )
    if _has_body(request) and not _is_json(request):
        raise CrossSiteError("With a login, a body must be application/json.")


def _is_own(request: Request) -> bool | None:
    """Whether the own pages made it; None where it does not say."""
    if sites := request.headers.getlist("sec-fetch-site"):
        return sites == ["same-origin"]
    if origins := request.headers.getlist("origin"):
        scheme, host = request.url.scheme, request.headers.get("host", "")
        return bool(host) and [_plain(each) for each in origins] == [_plain(f"{scheme}://{host}")]
    return None


def _plain(origin: str) -> str:
    """An origin in lower case, without the port that its scheme has anyway."""
    origin = origin.lower()
    return origin.removesuffix(_DEFAULT_PORTS.get(origin.partition("://")[0], "/"))


def _has_body(request: Request) -> bool:
    announced = request.headers.get("content-length", "0")
    return announced.strip("0") != "" or "transfer-encoding" in request.headers


def _is_json(request: Request) -> bool:
    kinds = request.headers.getlist("content-type")
    return [kind.partition(";")[0].strip().lower() for kind in kinds] == ["application/json"]
