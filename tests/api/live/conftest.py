"""Listeners of the live feed, and rows for it to tell."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from config.settings import Query, Settings
from tests.api.conftest import Insert, Tenant

LIVE = "/cdp/live"
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Heard:
    """One event of the stream."""

    id: str | None
    name: str
    data: Any


class Ear:
    """Listens as one API key, or with the cookie of a login."""

    def __init__(
        self, address: str, key: str, topics: str, last: str | None = None, cookie: str = ""
    ) -> None:
        headers = {"cookie": cookie} if cookie else {"authorization": f"Bearer {key}"}
        if last is not None:
            headers["last-event-id"] = last
        self.last = last
        self.comments = 0
        self._client = httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_S)
        self._stack = ExitStack()
        self._stack.callback(self._client.close)
        self.answer = self._stack.enter_context(
            self._client.stream("GET", LIVE, params={"topics": topics})
        )
        self._lines = self.answer.iter_lines()

    def events(self) -> Iterator[Heard]:
        """Until the stream ends."""
        named, name, data = None, "", ""
        for line in self._lines:
            field, _, value = line.partition(": ")
            if line == "":
                if named is not None:
                    self.last = named
                if name:
                    yield Heard(named, name, json.loads(data))
                elif named is not None:
                    yield Heard(named, "", None)
                named, name, data = None, "", ""
            elif field == "id":
                named = value
            elif field == "event":
                name = value
            elif field == "data":
                data = value
            elif field == "":
                self.comments += 1

    def until(self, name: str, count: int = 1) -> list[Heard]:
        """All events up to the last of some of a name; the empty name is a place alone."""
        heard: list[Heard] = []
        deadline = time.monotonic() + PATIENCE_S
        for one in self.events():
            heard.append(one)
            if sum(each.name == name for each in heard) == count:
                return heard
            assert time.monotonic() < deadline, heard
        raise AssertionError(f"the stream ended: {heard}")

    def close(self) -> None:
        self._stack.close()


Listen = Callable[..., Ear]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Looks that come quickly."""
    live = {
        "look_interval": "PT0.05S",
        "statistics_interval": "PT0.1S",
        "comment_interval": "PT0.3S",
    }
    query = Query.model_validate({"live": live})
    return settings.model_copy(update={"query": query})


@pytest.fixture
def listen(address: str, tenant: Tenant) -> Iterator[Listen]:
    """Makes listeners, which have begun when they are returned."""
    made: list[Ear] = []

    def make(topics: str, key: str = tenant.read, last: str | None = None, **more: Any) -> Ear:
        ear = Ear(more.get("address", address), key, topics, last)
        made.append(ear)
        assert ear.answer.status_code == 200
        return ear

    yield make
    for ear in made:
        ear.close()


@pytest.fixture
def read(insert: Insert, tenant: Tenant) -> Callable[..., int]:
    """Adds a reading of the first workspace."""

    def add(**values: Any) -> int:
        usual = {
            "workspace_id": tenant.id,
            "signal": "source:1",
            "read_at": datetime.now(UTC),
            "score": 63.5,
            "status": "degraded",
            "sample": 100,
            "components": Jsonb({}),
            "reasons": Jsonb(["secret@example.com"]),
        }
        return insert("readings", **(usual | values))

    return add
