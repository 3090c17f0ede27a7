"""The Python clients of Segment and RudderStack, unchanged, against a real server and log."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
import rudderstack.analytics
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from config.collector import CollectorParams
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from tests.support.collecting import Served, sending, served, streamed, streamed_events

COUNT = 40
TYPES = ("track", "identify", "page", "screen", "group", "alias")


class Analytics(Protocol):
    """What both clients offer."""

    def flush(self) -> None: ...
    def join(self) -> None: ...
    def track(self, user_id: str, event: str, properties: dict[str, Any]) -> Any: ...
    def identify(self, user_id: str, traits: dict[str, Any]) -> Any: ...
    def page(self, user_id: str, category: str, name: str) -> Any: ...
    def screen(self, user_id: str, category: str, name: str) -> Any: ...
    def group(self, user_id: str, group_id: str, traits: dict[str, Any]) -> Any: ...
    def alias(self, previous_id: str, user_id: str) -> Any: ...


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server, valkey_server.url, tmp_path_factory.mktemp("sdk_python"), CollectorParams()
    ) as found:
        yield found


@pytest.fixture(autouse=True)
def _empty_log(shared: Served) -> Iterator[None]:
    with sending(shared):
        yield


def send_everything(client: Analytics) -> None:
    """Every call of the specification, for several people."""
    for number in range(COUNT):
        user = f"u{number}"
        client.track(
            user, "Order Completed", {"number": number, "revenue": 9.9, "name": "Jürgen 🙂"}
        )
        client.identify(user, {"email": f"u{number}@example.com"})
        client.page(user, "shop", "Home")
        client.screen(user, "shop", "Start")
        client.group(user, "g1", {"plan": "gold"})
        client.alias(f"a{number}", user)
    client.flush()
    client.join()


def check_everything(shared: Served) -> None:
    """Each event is in the log once, from the right source."""
    found = streamed_events(shared.settings)
    assert Counter((event["type"], event["userId"]) for event in found) == Counter(
        (kind, f"u{n}") for kind in TYPES for n in range(COUNT)
    )
    assert len({event["messageId"] for event in found}) == COUNT * len(TYPES)
    assert {record.source for record in streamed(shared.settings)} == {shared.source_id}
    assert all(record.sent for record in streamed(shared.settings))
    assert {event["properties"]["name"] for event in found if event["type"] == "track"} == {
        "Jürgen 🙂"
    }


@pytest.mark.parametrize("packed", [False, True])
def test_segment_for_python_delivers_every_event_once(shared: Served, packed: bool) -> None:
    failures: list[Any] = []
    client = SegmentClient(
        shared.write_key,
        host=shared.address,
        gzip=packed,
        upload_size=50,
        upload_interval=0.05,
        on_error=lambda *told: failures.append(told),
    )
    send_everything(client)
    assert failures == []
    check_everything(shared)


@pytest.mark.parametrize("packed", [False, True])
def test_rudder_for_python_delivers_every_event_once(shared: Served, packed: bool) -> None:
    failures: list[Any] = []
    client = RudderClient(
        shared.write_key,
        host=shared.address,
        gzip=packed,
        upload_size=50,
        upload_interval=0.05,
        on_error=lambda *told: failures.append(told),
    )
    send_everything(client)
    assert failures == []
    check_everything(shared)


def test_rudders_module_interface_finds_the_data_plane(shared: Served) -> None:
    rudderstack.analytics.write_key = shared.write_key
    rudderstack.analytics.dataPlaneUrl = shared.address
    rudderstack.analytics.track("u1", "Viewed", {})
    rudderstack.analytics.flush()
    rudderstack.analytics.shutdown()
    assert [event["event"] for event in streamed_events(shared.settings)] == ["Viewed"]


@pytest.mark.parametrize("make", [SegmentClient, RudderClient])
def test_a_client_with_a_wrong_key_hears_of_it_and_gives_up(shared: Served, make: Any) -> None:
    failures: list[Any] = []
    client = make(
        "wrong",
        host=shared.address,
        upload_interval=0.05,
        on_error=lambda error, _batch: failures.append(str(error)),
    )
    client.track("u1", "Viewed", {})
    client.flush()
    client.join()
    assert len(failures) == 1
    assert "unknown_write_key" in failures[0]
    assert streamed(shared.settings) == []
