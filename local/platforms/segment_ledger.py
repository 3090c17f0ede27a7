"""What a sandbox of hashed lists (TikTok, Snapchat) remembers: identifiers per column.

These platforms take each identifier by itself, so a remove takes the identifiers it names and
nothing else. Everything acknowledged is in an append log first (`local.platforms.state_log`), so a
killed sandbox comes back with it. Only digests are stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.platforms.ledger import Ledger

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


class SegmentLedger(Ledger[Segment]):
    """All audiences of one sandbox."""

    def of_account(self, account: str) -> list[Segment]:
        """The account's audiences, oldest first."""
        return [segment for segment in self.audiences.values() if segment.account == account]

    def create(
        self, account: str, name: str, now_s: int, description: str = "", retention_days: int = 0
    ) -> Segment:
        """Create an audience; names may repeat."""
        told = {"name": name, "description": description, "retention_days": retention_days}
        return self._create(s=now_s, account=account, **told)

    def write(self, verb: str, changes: Mapping[str, Identifiers], now_s: int) -> None:
        """Add or remove identifiers: audience → column → digests."""
        self._log.record({"do": verb, "changes": changes, "s": now_s})

    def _made(self, entry: dict[str, Any]) -> Segment:
        now_s = entry.pop("s")
        return Segment(**entry, created_s=now_s, updated_s=now_s)

    def _write(self, verb: str, entry: dict[str, Any]) -> None:
        for segment_id, identifiers in entry["changes"].items():
            segment = self.audiences[segment_id]
            for column, digests in identifiers.items():
                held = segment.digests.setdefault(column, set())
                change = held.update if verb == "add" else held.difference_update
                change(map(bytes.fromhex, digests))
            segment.uploaded = segment.uploaded or verb == "add"
            segment.updated_s = entry["s"]
