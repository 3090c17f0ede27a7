"""What a sandbox of hashed lists (TikTok, Snapchat) remembers: identifiers per column.

These platforms take each identifier by itself, so a remove takes the identifiers it names and
nothing else. Everything acknowledged is in an append log first (`local.platforms.state_log`), so a
killed sandbox comes back with it. Only digests are stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.platforms.state_log import StateLog

Identifiers = Mapping[str, Sequence[str]]
"""Column → hex digests."""


@dataclass
class Segment:
    """One audience.

    Attributes:
        digests: column → what is in it.
        retention_days: how long a member stays, where the platform knows that; it is only shown.
        uploaded: whether anything was ever added.
        created_s: Unix time of its creation.
        updated_s: Unix time of the last change to it.
    """

    id: str
    account: str
    name: str
    description: str
    retention_days: int
    created_s: int
    updated_s: int
    uploaded: bool = False
    digests: dict[str, set[bytes]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """People as far as hashes tell: identifiers in the fullest column."""
        return max(map(len, self.digests.values()), default=0)

    def members(self) -> dict[str, Any]:
        """Its digests by column, hex."""
        columns = {name: sorted(map(bytes.hex, held)) for name, held in self.digests.items()}
        return {"members": {name: held for name, held in columns.items() if held}}


class SegmentLedger:
    """All audiences of one sandbox.

    Args:
        path: the append log; None keeps everything in memory.
        first_id: id of the first audience; later ones count up.
    """

    def __init__(self, path: Path | None, first_id: int) -> None:
        self.audiences: dict[str, Segment] = {}
        self._next_id = first_id
        self._log = StateLog(path, self._apply)

    def close(self) -> None:
        """Close the log; nothing is kept afterwards."""
        self._log.close()

    def of(self, account: str) -> list[Segment]:
        """The account's audiences, oldest first."""
        return [segment for segment in self.audiences.values() if segment.account == account]

    def create(
        self, account: str, name: str, now_s: int, description: str = "", retention_days: int = 0
    ) -> Segment:
        """Create an audience; names may repeat."""
        segment_id = str(self._next_id)
        told = {
            "account": account,
            "name": name,
            "description": description,
            "retention_days": retention_days,
        }
        self._log.record({"do": "create", "id": segment_id, "s": now_s, **told})
        return self.audiences[segment_id]

    def delete(self, segment_id: str) -> None:
        """Delete an audience with its members."""
        self._log.record({"do": "delete", "id": segment_id})

    def write(self, verb: str, changes: Mapping[str, Identifiers], now_s: int) -> None:
        """Add or remove identifiers: audience → column → digests."""
        self._log.record({"do": verb, "changes": changes, "s": now_s})

    def _apply(self, entry: dict[str, Any]) -> None:
        if entry["do"] == "create":
            told = {key: value for key, value in entry.items() if key not in {"do", "s"}}
            self.audiences[entry["id"]] = Segment(
                **told, created_s=entry["s"], updated_s=entry["s"]
            )
            self._next_id = int(entry["id"]) + 1
            return
        if entry["do"] == "delete":
            del self.audiences[entry["id"]]
            return
        for segment_id, identifiers in entry["changes"].items():
            segment = self.audiences[segment_id]
            for column, digests in identifiers.items():
                held = segment.digests.setdefault(column, set())
                if entry["do"] == "add":
                    held.update(map(bytes.fromhex, digests))
                else:
                    held.difference_update(map(bytes.fromhex, digests))
            segment.uploaded = segment.uploaded or entry["do"] == "add"
            segment.updated_s = entry["s"]
