from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from sources.activation import audiences
from sources.activation.audiences import AudienceFeed, AudienceFeedParams
from store.activation.due import Work

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PARAMS = AudienceFeedParams(
    {"meta": "advertising"}, False, timedelta(seconds=1), timedelta(seconds=5), timedelta(minutes=5)
)
REQUEST = Work(1, 7, "meta", "request", "scheduled", push_id=3, seq=0)
HELD = Work(1, 8, "meta", "scheduled", "")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime | None]:
    """Reads once while these tasks are due; gives the instant until which the feed pauses."""
    feed = AudienceFeed(Mock(), PARAMS, lambda: NOW)

    def look(*due: Work) -> datetime | None:
        def work(*_: Any) -> Sequence[Work]:
            return list(due)

        monkeypatch.setattr(audiences, "work", work)
        assert feed.read() == list(due)
        return feed.resumes_at()

    return look


def test_there_is_a_pause_only_where_the_same_tasks_are_due_again(
    read: Callable[..., datetime | None],
) -> None:
    pause = NOW + PARAMS.interval
    assert read() == pause
    assert read(HELD) is None
    assert read(HELD) == pause
    assert read(REQUEST, HELD) is None
    assert read(replace(REQUEST, seq=1), HELD) is None
    assert read(replace(REQUEST, seq=1), HELD) == pause
    assert read(replace(REQUEST, push_id=4), HELD) is None
    assert read(HELD) is None
    assert read() is None
    assert read() == pause
