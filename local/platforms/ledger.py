"""What every sandbox remembers: audiences by id, in an append log (`local.platforms.state_log`)."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from domain.values import Json
from local.platforms.state_log import StateLog


class Audience(Protocol):
    """One audience as far as all sandboxes show it."""

    id: str
    account: str
    name: str

    @property
    def size(self) -> int:
        """People in it."""

    def members(self) -> dict[str, Any]:
        """Its members by hash."""


A = TypeVar("A", bound=Audience)


class Ledger(ABC, Generic[A]):
    """All audiences of one sandbox.

    Args:
        path: the append log; None keeps everything in memory.
        first_id: id of the first audience; later ones count up.
    """

    def __init__(self, path: Path | None, first_id: int) -> None:
        self.audiences: dict[str, A] = {}
        self._next_id = first_id
        self._log = StateLog(path, self._apply)

    def close(self) -> None:
        """Close the log; nothing is kept afterwards."""
        self._log.close()

    def delete(self, audience_id: str) -> None:
        """Delete an audience with its members."""
        self._log.record({"do": "delete", "id": audience_id})

    def _create(self, **told: Json) -> A:
        """Create an audience; names may repeat."""
        audience_id = str(self._next_id)
        self._log.record({"do": "create", "id": audience_id, **told})
        return self.audiences[audience_id]

    def _apply(self, entry: dict[str, Any]) -> None:
        match entry.pop("do"):
            case "create":
                self.audiences[entry["id"]] = self._made(entry)
                self._next_id = int(entry["id"]) + 1
            case "delete":
                del self.audiences[entry["id"]]
            case verb:
                self._write(verb, entry)

    @abstractmethod
    def _made(self, entry: dict[str, Any]) -> A:
        """Make an audience of what `_create` recorded."""

    @abstractmethod
    def _write(self, verb: str, entry: dict[str, Any]) -> None:
        """Add or remove members."""
