import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.profiles.replay import paced, replay_file
from local.traffic.sender import Item, Sender, SendParams
from sources.intake.files import ColumnMap


class Collector:
    """Takes every event but those without a type, and remembers them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        batch = json.loads(request.content)["batch"]
        if any("type" not in event for event in batch):
            return httpx.Response(400, json={"code": "missing_type", "message": "…"})
        self.events += batch
        return httpx.Response(200, json={"success": True})


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def sender(collector: Collector) -> Iterator[Sender]:
    params = SendParams(batch_events=3, connections=1, first_pause=timedelta(milliseconds=1))
    with closing(
        Sender("http://collector", "key", params, transport=httpx.MockTransport(collector))
    ) as made:
        yield made


def lines(folder: Path, *rows: str) -> Path:
    path = folder / "events.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_every_good_row_arrives_and_every_bad_one_is_kept_with_its_line_and_reason(
    tmp_path: Path, sender: Sender, collector: Collector
) -> None:
    path = lines(
        tmp_path,
        '{"type":"page","messageId":"1"}',
        "{broken",
        '{"messageId":"3"}',
        '{"type":"page","messageId":"4"}',
    )
    tally = replay_file(path, None, sender, 0, 0, lambda _: None)
    assert [event["messageId"] for event in collector.events] == ["1", "4"]
    assert (tally.accepted, tally.rejected) == (2, 2)
    rejects = [json.loads(line) for line in tally.rejects.read_text().splitlines()]
    assert {(each["line"], each["reason"]) for each in rejects} == {
        (2, "not valid JSON"),
        (3, "missing_type"),
    }
    assert {each["row"] for each in rejects} == {"{broken", '{"messageId":"3"}'}


def test_a_file_without_bad_rows_leaves_no_file_of_rejects(tmp_path: Path, sender: Sender) -> None:
    tally = replay_file(lines(tmp_path, '{"type":"page"}'), None, sender, 0, 0, lambda _: None)
    assert not tally.rejects.exists()


def test_sending_a_file_again_repeats_its_message_ids(
    tmp_path: Path, sender: Sender, collector: Collector
) -> None:
    path = lines(tmp_path, *['{"type":"page","userId":"u"}'] * 5)
    replay_file(path, None, sender, 0, 0, lambda _: None)
    replay_file(path, None, sender, 0, 2, lambda _: None)
    ids = [event["messageId"] for event in collector.events]
    assert len(set(ids[:5])) == 5
    assert ids[5:] == ids[2:5]


def test_csv_rows_go_through_the_column_map(
    tmp_path: Path, sender: Sender, collector: Collector
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,mail\nu1,a@example.com\n")
    columns = ColumnMap(
        {"id": "userId", "mail": "traits.email"},
        {"type": "identify"},
        templates={"messageId": "import-{id}"},
    )
    replay_file(path, columns, sender, 0, 0, lambda _: None)
    assert collector.events == [
        {
            "type": "identify",
            "userId": "u1",
            "traits": {"email": "a@example.com"},
            "messageId": "import-u1",
        }
    ]


def test_progress_ends_at_the_number_of_rows(tmp_path: Path, sender: Sender) -> None:
    shown: list[int] = []
    replay_file(lines(tmp_path, *['{"type":"page"}'] * 7), None, sender, 0, 0, shown.append)
    assert shown == sorted(shown)
    assert shown[-1] == 7


def test_a_rate_is_kept() -> None:
    slept: list[float] = []
    batch = [Item(number, b"{}") for number in range(50)]
    assert len(list(paced([batch] * 5, 100, lambda: sum(slept), slept.append))) == 5
    assert sum(slept) == pytest.approx(2.0)
