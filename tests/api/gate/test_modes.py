"""How the gate is run for the workspace and for each platform, by all modes that are set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import Api, Tenant

GATE = "/cdp/gate"


@pytest.fixture
def admin(asks: Callable[[str], Api], tenant: Tenant) -> Api:
    return asks(tenant.admin)


def effective(api: Api) -> dict[str, str]:
    return {one["scope"]: one["mode"] for one in api.get(GATE)["effective"]}


def say(api: Api, scope: str, mode: str, **more: str) -> None:
    api.put(f"{GATE}/mode", {"scope": scope, "mode": mode, "reason": "moving house"} | more)


def test_where_nothing_is_set_everything_enforces(admin: Api) -> None:
    found = effective(admin)
    assert list(found)[:2] == ["workspace", "platform:meta"]
    assert set(found.values()) == {"enforce"}


def test_a_platforms_mode_is_its_own_and_frozen_above_is_frozen_below(admin: Api) -> None:
    say(admin, "platform:meta", "frozen")
    assert {scope for scope, mode in effective(admin).items() if mode == "frozen"} == {
        "platform:meta"
    }
    hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    say(admin, "platform:meta", "advisory", expires_at=hour)
    found = effective(admin)
    assert (found["workspace"], found["platform:meta"]) == ("enforce", "advisory")
    say(admin, "workspace", "frozen")
    assert set(effective(admin).values()) == {"frozen"}


def test_a_platform_without_a_mode_has_that_of_the_workspace(admin: Api) -> None:
    hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    say(admin, "workspace", "advisory", expires_at=hour)
    assert set(effective(admin).values()) == {"advisory"}
