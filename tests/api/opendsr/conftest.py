"""OpenDSR configured with a key of its own, and a controller that checks what it is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant
from tests.support.certificates import DOMAIN, Pair, make_pair, verify

REQUESTS: Final = "/opendsr/v3/requests"
IDS: Final = [f"a7551968-d5d6-44b2-9831-815ac90177{number:02}" for number in range(90)]
"""Ids that a controller gives."""
MARY: Final = {
    "identity_type": "email",
    "identity_value": "Mary@Example.com",
    "identity_format": "raw",
}


def request(kind: str = "erasure", number: int = 0, **more: Any) -> dict[str, Any]:
    """A valid request for Mary."""
    return {
        "regulation": "gdpr",
        "subject_request_id": IDS[number],
        "subject_request_type": kind,
        "submitted_time": "2026-11-01T15:00:00Z",
        "subject_identities": [MARY],
        "api_version": "3.0",
    } | more


class Controller:
    """Sends requests with a key, and verifies each answer by the certificate.

    Args:
        api: a client.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self.certificate = api.http.get("/opendsr/v3/certificate").content

    def send(self, body: Any, expect: int = 201) -> dict[str, Any]:
        """Send a request."""
        return self._checked(self.api.http.post(REQUESTS, json=body), expect)

    def status(self, number: int | str = 0, expect: int = 200) -> dict[str, Any]:
        """How far a request is."""
        name = IDS[number] if isinstance(number, int) else number
        return self._checked(self.api.http.get(f"{REQUESTS}/{name}"), expect)

    def cancel(self, number: int = 0, expect: int = 202) -> dict[str, Any]:
        """Cancel a request."""
        return self._checked(self.api.http.delete(f"{REQUESTS}/{IDS[number]}"), expect)

    def _checked(self, answer: httpx.Response, expect: int) -> dict[str, Any]:
        assert answer.status_code == expect, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        if expect >= 400:
            assert set(found) == {"error"}
            error = found["error"]
            assert error["code"] == expect
            assert error["message"]
            assert all(set(each) == {"domain", "reason", "message"} for each in error["errors"])
            return dict(error)
        assert answer.headers["X-OpenDSR-Processor-Domain"] == DOMAIN
        verify(self.certificate, answer.content, answer.headers["X-OpenDSR-Signature"])
        return found


@pytest.fixture(scope="session")
def pair() -> Pair:
    """The processor's key and certificate."""
    return make_pair()


@pytest.fixture
def settings(settings: Settings, pair: Pair, tmp_path: Path) -> Settings:
    """Settings with OpenDSR."""
    return with_opendsr(settings, pair, tmp_path)


def with_opendsr(settings: Settings, pair: Pair, folder: Path) -> Settings:
    """The same settings with OpenDSR; a controller on this machine may be called."""
    key, certificate = pair.written(folder)
    own = settings.opendsr
    opendsr = replace(
        own,
        processor_domain=DOMAIN,
        key_file=key,
        certificate_file=certificate,
        callbacks=replace(own.callbacks, allowed_hosts=frozenset({"127.0.0.1"})),
    )
    return settings.model_copy(update={"opendsr": opendsr})


@pytest.fixture
def controller(api: Api) -> Controller:
    """The controller of the first workspace."""
    return Controller(api)


@pytest.fixture
def controllers(asks: Callable[[str], Api]) -> Callable[[Tenant], Controller]:
    """Makes controllers of workspaces."""
    return lambda tenant: Controller(asks(tenant.admin))
