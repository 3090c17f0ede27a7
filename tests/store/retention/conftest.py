"""A workspace that keeps things for so long, another that keeps all, and upkeep's look at them."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from dataflows.retention import Retention
from domain.privacy.retention import RetentionClass
from store.workspaces.bootstrap import create_workspace
from tests.conftest import TestWorkspace

KEEP: Final = timedelta(days=100)
DAY: Final = timedelta(days=1)
_JSON: Final = {"definition", "reasons", "rows", "size", "spec"}


@dataclass
class Keeper:
    """Puts things of any age into tables, and has upkeep look.

    Attributes:
        conn: in autocommit mode, apart from upkeep's.
        other: a workspace that keeps everything.
        appended: commands that upkeep appended to the log.
    """

    settings: Settings
    conn: psycopg.Connection[Any]
    workspace: int
    other: int
    retention: Retention
    appended: list[bytes]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, table: str, **values: Any) -> Any:
        """Insert a row; answers its first column."""
        names = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        params = {name: Jsonb(value) if name in _JSON else value for name, value in values.items()}
        sql = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING *"
        row = self.conn.execute(sql.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def letter(self, age: timedelta, workspace: int | None = -1, status: str = "open") -> int:
        number = next(self.numbers)
        return int(
            self.put(
                "dead_letters", workspace_id=self.workspace if workspace == -1 else workspace,
                log="l", partition=0, position=number, index=0, reason="bad_json", detail="",
                payload=b"{}", recorded_at=ago(age), status=status,
            )
        )  # fmt: skip

    def export(self, age: timedelta, status: str = "expired", workspace: int = -1) -> int:
        finished = None if status in {"queued", "running"} else ago(age)
        return int(
            self.put(
                "exports", workspace_id=self.workspace if workspace == -1 else workspace,
                kind="file", spec={}, requested_by="key:1", status=status, created_at=ago(age),
                finished_at=finished,
            )
        )  # fmt: skip

    def audience(self, status: str = "active", workspace: int = -1) -> int:
        where = self.workspace if workspace == -1 else workspace
        name = f"s{next(self.numbers)}"
        segment = self.put("segments", workspace_id=where, name=name, definition={})
        return int(
            self.put(
                "audiences", workspace_id=where, segment_id=segment, platform="meta", name=name,
                account_id="1", interval_s=3600, status=status,
            )
        )  # fmt: skip

    def decision(self, age: timedelta, audience: int, workspace: int = -1) -> int:
        return int(
            self.put(
                "decisions", workspace_id=self.workspace if workspace == -1 else workspace,
                destination=f"meta:{audience}", audience_id=audience, action="push",
                verdict="pass", automation="execute", reasons=[], reading_ids=[],
                decided_at=ago(age), size={"before": 0, "adds": 1, "removes": 0, "first": False},
            )
        )  # fmt: skip

    def push(self, age: timedelta, audience: int, workspace: int = -1, **more: Any) -> int:
        decision = self.decision(age, audience, workspace)
        request = more.pop("request", "delivered")
        push = self.put(
            "pushes",
            **{
                "workspace_id": self.workspace if workspace == -1 else workspace,
                "audience_id": audience, "kind": "scheduled", "status": "done", "adds": 1,
                "decision_id": decision, "started_at": ago(age), "ended_at": ago(age),
            } | more,
        )  # fmt: skip
        self.put(
            "push_requests", push_id=push, seq=1, operation="add", status=request,
            rows=[[str(UUID(int=next(self.numbers))), ["h"]]], recorded_at=ago(age),
        )  # fmt: skip
        return int(push)

    def request(self, age: timedelta | None, kind: str = "erasure", workspace: int = -1) -> int:
        command, where = (
            UUID(int=next(self.numbers)),
            self.workspace if workspace == -1 else workspace,
        )
        asked = ago(age or KEEP + 9 * DAY)
        return int(
            self.put(
                "privacy_requests", workspace_id=where, kind=kind, command=command,
                command_id=str(command), profile=command, keys=[command], afterwards="new",
                reason="", requested_by="key:1", audit_id=0, requested_at=asked, due_at=asked,
                completed_at=None if age is None else ago(age),
            )
        )  # fmt: skip

    def keep(self, name: RetentionClass, keep: timedelta = KEEP, workspace: int = -1) -> None:
        where = self.workspace if workspace == -1 else workspace
        self.conn.execute(
            "INSERT INTO retention_policies VALUES (%s, %s, %s, 'a test', 'key:1',"
            " clock_timestamp()) ON CONFLICT (workspace_id, class) DO UPDATE"
            " SET keep_s = excluded.keep_s, set_at = excluded.set_at",
            (where, name, keep // timedelta(seconds=1)),
        )

    def enforce(self, looks: int = 100) -> None:
        """Look until nothing moves."""
        for _ in range(looks):
            if not self.retention.run_once():
                return

    def one(self, sql: str, *params: object) -> Any:
        """The first column of the first row."""
        row = self.conn.execute(sql.encode(), params).fetchone()
        assert row is not None, sql
        return row[0]

    def ids(self, table: str) -> set[int]:
        return {row[0] for row in self.conn.execute(f"SELECT id FROM {table}".encode())}

    def runs(self) -> dict[str, tuple[dict[str, int], bool]]:
        """Class → what its newest run removed, and whether it is finished."""
        sql = "SELECT class, removed, finished_at IS NOT NULL FROM retention_runs"
        return {name: (removed, done) for name, removed, done in self.conn.execute(sql)}

    def entries(self) -> list[tuple[int, str, dict[str, Any]]]:
        """Entries of runs in the audit log: workspace, subject, what was removed."""
        sql = (
            "SELECT workspace_id, subject, detail->'removed' FROM audit"
            " WHERE action = 'retention.enforced' ORDER BY id"
        )
        return self.conn.execute(sql).fetchall()


def ago(age: timedelta) -> datetime:
    return datetime.now(UTC) - age


def looking(settings: Settings, appended: list[bytes]) -> Iterator[Retention]:
    """What a process has."""
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Retention(settings, conn, appended.append)


@pytest.fixture
def keeper(settings: Settings, workspace: TestWorkspace) -> Iterator[Keeper]:
    dsn, appended = settings.postgres.dsn.get_secret_value(), list[bytes]()
    few = settings.model_copy(
        update={"retention": settings.retention.__class__(batch=3, people=2, counted=50)}
    )
    with psycopg.connect(dsn, autocommit=True) as conn, psycopg.connect(dsn) as making:
        # Identifiers that the engine has known for long: events alone say who is inactive.
        making.execute("ALTER TABLE identifiers ALTER created_at SET DEFAULT '2010-01-01'")
        other = create_workspace(making, "other").id
        making.commit()
        for retention in looking(few, appended):
            yield Keeper(few, conn, workspace.id, other, retention, appended)


@pytest.fixture
def another(keeper: Keeper) -> Iterator[Callable[[], bool]]:
    """A look by another process."""
    for retention in looking(keeper.settings, keeper.appended):
        yield retention.run_once
