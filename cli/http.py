"""How commands ask the API: one client, and what it refuses as one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import httpx
import typer

from cli.output import echo

_TIMEOUT_S: Final = 60.0
_REFUSED: Final = 2

Url = Annotated[str, typer.Option(help="Address of the API.", envvar="STRATUM_URL")]
LOCAL: Final = "http://127.0.0.1:8080"


class RefusedError(Exception):
    """The server says no; the message says why."""


def refusal(answer: httpx.Response) -> str | None:
    """Why a server refuses, in its own words; None where it does not."""
    if answer.is_success:
        return None
    answer.read()
    try:
        problem = answer.json()
        errors = [f"{each['field']}: {each['message']}" for each in problem["errors"]]
        return "; ".join([problem["detail"], *errors])
    except (ValueError, KeyError, TypeError):
        return f"the server answers {answer.status_code}"


@contextmanager
def asking(url: str, api_key: str) -> Iterator[httpx.Client]:
    """A client of the API; what it refuses ends the command with one sentence and code 2.

    Args:
        url: address of the API.
        api_key: sent with every request.
    """
    headers = {"authorization": f"Bearer {api_key}"}
    try:
        with httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False
        ) as http:
            yield http
    except (RefusedError, httpx.TransportError) as error:
        told = str(error) if isinstance(error, RefusedError) else f"{url} does not answer"
        echo(f"Error: {told}", err=True)
        raise typer.Exit(_REFUSED) from error
