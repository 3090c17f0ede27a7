"""The sandboxes behind one face: where they listen, their settings, what is on their lists.

A strict one has its platform's limits and the settings' own pace; otherwise nothing waits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from config.settings import Settings
from local.platforms.app import SandboxApp, build_app
from local.platforms.faults import Fault
from sinks.activation.destination import Destination
from sinks.http.messages import Transport
from tests.support.serving import serving_sandbox

_FAST: Final[dict[str, Any]] = {"requests_per_s": 1e6, "burst": 1_000_000, "max_rows": 3}


@dataclass
class Place:
    """One sandbox that listens.

    Attributes:
        settings: of this platform, with a pace that nothing waits for.
    """

    name: str
    account: str
    sandbox: SandboxApp
    settings: dict[str, Any]

    def lists(self) -> dict[str, set[str]]:
        """Platform id → every identifier on the list."""
        audiences = self.sandbox.ledger.audiences.values()
        return {one.id: _identifiers(one.members()) for one in audiences}

    def lose(self, audience_id: str) -> None:
        """Delete a list behind our back."""
        self.sandbox.ledger.delete(audience_id)

    def fault(self, kind: str, operation: str, times: int = 1, seconds: float = 0.01) -> None:
        self.sandbox.faults.put(Fault(kind=kind, operation=operation, times=times, seconds=seconds))

    def only(self) -> set[str]:
        """The identifiers of the one list there must be."""
        (found,) = self.lists().values()
        return found

    @property
    def writes(self) -> int:
        """Requests that added or removed."""
        return int(self.sandbox.requests.get("add", 0) + self.sandbox.requests.get("remove", 0))


def values(rows: Any) -> set[str]:
    """Every identifier in some rows, in whichever form a platform's rows have."""
    return {value.rpartition(":")[2] for row in rows for value in row if value}


def _identifiers(members: dict[str, Any]) -> set[str]:
    """Every identifier of an audience, in whichever form its sandbox shows them."""
    return values(members["rows"] if "rows" in members else members["members"].values())


def wiring(settings: Settings) -> Callable[[Transport], Mapping[str, Destination]]:
    """How production wires them, the pace kept by this process."""
    from config.destinations import Wiring  # noqa: PLC0415 - most tests need none of it

    return lambda transport: Wiring(
        settings, transport, None, lambda: datetime.now(UTC), lambda _: None
    ).destinations()


@contextmanager
def listening(
    name: str, log: Path | None = None, *, strict: bool = False, **changed: Any
) -> Iterator[Place]:
    """Run the sandbox of a platform."""
    module = import_module(f"local.platforms.{name}.sandbox")
    sandbox: SandboxApp = module.Sandbox(log, **({} if strict else module.UNLIMITED))
    with closing(sandbox.ledger), serving_sandbox(build_app(sandbox)) as url:
        access = module.connection(url)
        account = Settings.model_validate({name: access}).platforms[name].account
        yield Place(name, account, sandbox, access | ({} if strict else _FAST) | changed)
