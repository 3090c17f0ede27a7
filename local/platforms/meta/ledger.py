"""What the Meta sandbox remembers: audiences as real sets of rows, and upload sessions.

Everything acknowledged is in an append-only file first (one JSON object per line, flushed to disk),
so a killed sandbox comes back with it. A remove takes every row that shares an identifier with the
removed one: Meta matches people, not rows.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.platforms.ledger import Ledger
from local.platforms.meta.contract import GraphError, Session, StoredRow
from local.platforms.people import People

FIRST_ID = 23_850_000_000_000_001


SHOWN: Final = ("EXTERN_ID", "EMAIL", "PHONE", "MADID")
"""First columns of the read-back, whatever an audience holds."""


@dataclass
class Audience(People[tuple[str, str]]):
    """One audience; an identifier is a (key, value) pair.

    Attributes:
        updated_s: Unix time of the last change to it.
    """

    id: str
    account: str
    name: str
    description: str
    updated_s: int

    def members(self) -> dict[str, Any]:
        """Its rows, in columns that all of them have."""
        schema = [*SHOWN, *sorted({key for row in self.people for key, _ in row} - set(SHOWN))]
        rows = [[dict(row).get(key, "") for key in schema] for row in self.people]
        return {"schema": schema, "rows": rows}


@dataclass
class _Running:
    """A session under way: where it belongs and which batches it has had."""

    audience: str
    schema: tuple[str, ...]
    batches: set[int] = field(default_factory=set)
    finished: bool = False
    received: int = 0


class MetaLedger(Ledger[Audience]):
    """All state of one sandbox. `path` None keeps it in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._sessions: dict[int, _Running] = {}
        super().__init__(path, FIRST_ID)

    def create(self, account: str, name: str, description: str, now_s: int) -> Audience:
        """Create an audience; names may repeat, as at Meta."""
        return self._create(account=account, name=name, text=description, s=now_s)

    def write(self, verb: str, audience_id: str, rows: list[StoredRow], now_s: int) -> None:
        """Add or remove rows."""
        plain = [sorted(row) for row in rows]
        self._log.record({"do": verb, "id": audience_id, "rows": plain, "s": now_s})

    def admit(
        self, session: Session | None, audience_id: str, schema: tuple[str, ...], rows: int
    ) -> int:
        """Check a batch against its session.

        Returns:
            Rows received in the session so far, this batch included.

        Raises:
            GraphError: the session belongs elsewhere, changed its schema, repeats a batch or is
                finished.
        """
        if session is None:
            return rows
        running = self._sessions.setdefault(session.session_id, _Running(audience_id, schema))
        if running.audience != audience_id:
            raise GraphError(100, "(#100) session_id is not unique within the ad account")
        if running.finished:
            raise GraphError(2650, "(#2650) The session has finished", 1870159)
        if running.schema != schema:
            raise GraphError(100, "(#100) The schema must not change within a session")
        if session.batch_seq in running.batches or session.batch_seq > len(running.batches) + 1:
            raise GraphError(100, "(#100) batch_seq must count up from 1")
        running.batches.add(session.batch_seq)
        running.finished = session.last
        running.received += rows
        return running.received

    def _made(self, entry: dict[str, Any]) -> Audience:
        return Audience(*(entry[key] for key in ("id", "account", "name", "text", "s")))

    def _write(self, verb: str, entry: dict[str, Any]) -> None:
        audience = self.audiences[entry["id"]]
        change = audience.add if verb == "add" else audience.remove
        for pairs in entry["rows"]:
            change(frozenset((key, value) for key, value in pairs))
        audience.updated_s = entry["s"]
