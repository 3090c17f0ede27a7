"""A person's consent over the API."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import httpx
import typer

from cli.http import RefusedError, refusal

_PAGE: Final = 200


class ConsentClient:
    """What one person stated about consent.

    Every call raises `RefusedError` where the server says no.

    Args:
        http: client with the API's address and key.
        person: a profile id, or an identifier as KIND=VALUE.

    Raises:
        typer.BadParameter: `person` is neither.
    """

    def __init__(self, http: httpx.Client, person: str) -> None:
        self._http = http
        self.profile = self._found(person)

    def _found(self, person: str) -> str:
        kind, equals, value = person.partition("=")
        if equals and kind and value:
            query = {"kind": kind, "value": value}
            return str(self._json("GET", "/cdp/profiles/lookup", params=query)["id"])
        try:
            return str(UUID(person))
        except ValueError:
            raise typer.BadParameter(
                "a person is a profile id, or an identifier as KIND=VALUE: email=mary@example.com",
                param_hint="PERSON",
            ) from None

    def history(self, purpose: str | None, *, every: bool) -> Iterator[dict[str, Any]]:
        """Pages of the history, the newest first.

        Args:
            purpose: the only one; None for all.
            every: every statement, and not only changes.
        """
        query: dict[str, Any] = {"limit": _PAGE, "all": every}
        if purpose is not None:
            query["purpose"] = purpose
        while True:
            page = self._json("GET", f"/cdp/profiles/{self.profile}/consent/history", params=query)
            yield page
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def state(self, body: dict[str, Any]) -> str:
        """State the person's consent; answers the command's id."""
        path = f"/cdp/profiles/{self.profile}/consent"
        return str(self._json("POST", path, body=body)["command_id"])

    def _json(
        self, method: str, path: str, *, params: dict[str, Any] | None = None, body: object = None
    ) -> dict[str, Any]:
        answer = self._http.request(method, path, params=params, json=body)
        told = refusal(answer)
        if told is not None:
            raise RefusedError(told)
        return dict(answer.json())
