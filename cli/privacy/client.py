"""A privacy officer's part of the API."""

from typing import IO, Any, Final
from uuid import UUID

import httpx
import typer

from cli.http import RefusedError, refusal

_PAGE: Final = 200
_RETENTION: Final = "/cdp/privacy/retention"


def person_of(text: str) -> dict[str, Any]:
    """A person as requests name them.

    Args:
        text: a profile id, or an identifier as KIND=VALUE.

    Raises:
        typer.BadParameter: it is neither.
    """
    kind, equals, value = text.partition("=")
    if equals and kind and value:
        return {"identifier": {"kind": kind, "value": value}}
    try:
        return {"profile_id": str(UUID(text))}
    except ValueError:
        raise typer.BadParameter(
            "a person is a profile id, or an identifier as KIND=VALUE: email=mary@example.com",
            param_hint="PERSON",
        ) from None


class PrivacyClient:
    """One workspace's requests.

    Every call raises `RefusedError` where the server says no.

    Args:
        http: client with the API's address and key.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def preview(self, person: dict[str, Any]) -> dict[str, Any]:
        """What an erasure would remove."""
        return self._json("POST", "/cdp/privacy/erasures/preview", body=person)

    def erase(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for an erasure."""
        return self._json("POST", "/cdp/privacy/erasures", body=body)

    def access(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for everything that is held of a person."""
        return self._json("POST", "/cdp/privacy/access", body=body)

    def restrict(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep a person's data and use them for nothing."""
        return self._json("POST", "/cdp/privacy/restrictions", body=body)

    def release(self, body: dict[str, Any]) -> dict[str, Any]:
        """End a restriction."""
        return self._json("POST", "/cdp/privacy/restrictions/release", body=body)

    def objection(self, body: dict[str, Any]) -> dict[str, Any]:
        """Enter an objection."""
        return self._json("POST", "/cdp/privacy/objections", body=body)

    def link(self, number: int) -> dict[str, Any]:
        """Make a link to an archive."""
        return self._json("POST", f"/cdp/privacy/requests/{number}/link")

    def download(self, path: str, file: IO[bytes]) -> None:
        """Write what a link leads to into a file, piece by piece.

        Args:
            path: of the link.
            file: open for writing.
        """
        with self._http.stream("GET", path) as answer:
            told = refusal(answer)
            if told is not None:
                raise RefusedError(told)
            for chunk in answer.iter_bytes():
                file.write(chunk)

    def requests(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """Requests that fit a filter, newest first."""
        found: list[dict[str, Any]] = []
        query = wanted | {"limit": _PAGE}
        while True:
            page = self._json("GET", "/cdp/privacy/requests", params=query)
            found += page["items"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def request(self, number: int) -> dict[str, Any]:
        """One request with its steps and recipients."""
        return self._json("GET", f"/cdp/privacy/requests/{number}")

    def retry(self, number: int) -> dict[str, Any]:
        """Send a request again."""
        return self._json("POST", f"/cdp/privacy/requests/{number}/retry")

    def extend(self, number: int, reason: str) -> dict[str, Any]:
        """Let an answer take longer."""
        path = f"/cdp/privacy/requests/{number}/extend"
        return self._json("POST", path, body={"reason": reason})

    def receipt(self, number: int) -> bytes:
        """The receipt as the server writes it."""
        return self._answer("GET", f"/cdp/privacy/requests/{number}/receipt").content

    def retention(self) -> dict[str, Any]:
        """How long each class of data is kept."""
        return self._json("GET", _RETENTION)

    def preview_retention(self, keep: dict[str, int | None]) -> dict[str, Any]:
        """What a policy would remove."""
        return self._json("POST", f"{_RETENTION}/preview", body={"keep": keep})

    def set_retention(self, body: dict[str, Any]) -> dict[str, Any]:
        """Set the policy."""
        return self._json("PUT", _RETENTION, body=body)

    def _json(
        self, method: str, path: str, *, params: dict[str, Any] | None = None, body: object = None
    ) -> dict[str, Any]:
        return dict(self._answer(method, path, params=params, body=body).json())

    def _answer(
        self, method: str, path: str, *, params: dict[str, Any] | None = None, body: object = None
    ) -> httpx.Response:
        answer = self._http.request(method, path, params=params, json=body)
        told = refusal(answer)
        if told is not None:
            raise RefusedError(told)
        return answer
