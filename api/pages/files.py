"""Files as answers: the type by the suffix, an ETag by the content, an encoding by what is taken.

A name is one plain word with a suffix that is known. There is no name for a file elsewhere, nor for
one that is not meant to be asked for.
"""

import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

REVALIDATED: Final = "no-cache"
"""Kept by browsers, and asked for again each time, by its ETag."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Kept for ever: the name changes with the content."""
MEDIA_TYPES: Final = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}", re.ASCII)
_SUFFIXES: Final = {"br": ".br", "gzip": ".gz", "identity": ""}
"""Content coding → what the name of a file in it ends with; the best first."""


def file_answer(
    request: Request, folder: Path, name: str, cache: str, status: int = 200
) -> Response | None:
    """A file of a folder; None where it has none of this name.

    Args:
        request: whose headers say which encodings are taken, and what is there already.
        folder: where the file is, and beside it, encoded, with ``.br`` or ``.gz`` behind its name.
        name: without any folder.
        cache: its ``Cache-Control``.
        status: of the answer.
    """
    media = MEDIA_TYPES.get(Path(name).suffix)
    if media is None or _NAME.fullmatch(name) is None:
        return None
    for coding in codings(request.headers.get("accept-encoding", "")):
        try:
            content = (folder / (name + _SUFFIXES[coding])).read_bytes()
        except OSError:  # none, or none that can be read
            continue
        etag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
        headers = {"cache-control": cache, "etag": etag, "vary": "accept-encoding"}
        if status == 200 and has(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=headers)
        if coding != "identity":
            headers["content-encoding"] = coding
        return Response(content, status, headers, media)
    return None


def codings(accepted: str) -> list[str]:
    """The codings that a client takes, the best first; as it is, always.

    Args:
        accepted: ``Accept-Encoding`` (RFC 9110, section 12.5.3).

    >>> codings("gzip, br;q=0.5")
    ['gzip', 'br', 'identity']
    >>> codings("br;q=0, *")
    ['gzip', 'identity']
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights.setdefault(coding.strip(), _weight(parameter))
    other = weights.get("*", 0.0)
    taken = {coding: weights.get(coding, other) for coding in _SUFFIXES}
    encoded = [coding for coding in ("br", "gzip") if taken[coding] > 0]
    return [*sorted(encoded, key=lambda coding: -taken[coding]), "identity"]


def _weight(parameter: str) -> float:
    found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter, re.ASCII)
    return float(found[1]) if found else float(not parameter.strip())


def has(told: str, etag: str) -> bool:
    """Whether ``If-None-Match`` names an ETag.

    >>> has('"a", W/"b"', '"b"')
    True
    """
    tags = [tag.strip().removeprefix("W/") for tag in told.split(",")]
    return etag in tags or tags == ["*"]
