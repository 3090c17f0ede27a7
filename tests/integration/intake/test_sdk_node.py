"""The Node clients of Segment and RudderStack, unchanged, against a real server and a real log."""

import fcntl
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.collector import CollectorParams
from domain.event import Batch, Event, Record
from domain.ids import SourceId, WorkspaceId
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from sources.intake.decode import Decoder
from store.definitions.load import SourceRow
from tests.support.collecting import Served, sending, served, streamed, streamed_events
from tests.support.requirements import missing

pytestmark = pytest.mark.node

COUNT = 20
TYPES = ("track", "identify", "page", "screen", "group", "alias")
FOLDER = Path(__file__).parent / "sdk_node"


@pytest.fixture(scope="session")
def sdk_node() -> Path:
    """The clients' folder, installed from its lock file; again when that changes."""
    absent = [program for program in ("node", "npm") if shutil.which(program) is None]
    if absent:
        missing(
            "node",
            f"no {' and no '.join(absent)}: install Node 20 or newer to run the JavaScript clients",
        )
    modules, lock = FOLDER / "node_modules", FOLDER / "package-lock.json"
    with (FOLDER / "send.mjs").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        installed = modules / ".installed"
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=FOLDER,
                check=True,
                capture_output=True,
                timeout=240,
            )
            installed.write_bytes(lock.read_bytes())
    return FOLDER


@pytest.fixture(scope="module")
def shared(
    postgres_server: EmbeddedPostgres,
    valkey_server: EmbeddedValkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    with served(
        postgres_server, valkey_server.url, tmp_path_factory.mktemp("sdk_node"), CollectorParams()
    ) as found:
        yield found


def decoded(shared: Served) -> list[Event]:
    """What the log holds, as the engine reads it."""
    source = SourceRow(SourceId(shared.source_id), WorkspaceId(1), b"salt", "")
    decoder = Decoder({shared.source_id: source}, {}, IdentityRules(), ProfileRules())
    events = [
        encode_event(
            record.source, record.received, record.sent, bytes(record.event), record.message_id
        )
        for record in streamed(shared.settings)
    ]
    found = decoder(
        Batch(
            "log",
            0,
            0,
            len(events),
            tuple(Record(place, 0, value) for place, value in enumerate(events)),
        )
    )
    return [event for event in found if isinstance(event, Event)]


@pytest.mark.parametrize("client", ["segment", "rudder"])
def test_every_event_is_delivered_once(shared: Served, sdk_node: Path, client: str) -> None:
    with sending(shared):
        command = ["node", "send.mjs", client, shared.address, shared.write_key, str(COUNT)]
        done = subprocess.run(
            command, cwd=sdk_node, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        found = streamed_events(shared.settings)
        people = [f"{client}-{number}" for number in range(COUNT)]
        assert Counter((event["type"], event["userId"]) for event in found) == Counter(
            (kind, user) for kind in TYPES for user in people
        )
        assert len({event["messageId"] for event in found}) == COUNT * len(TYPES)
        assert {record.source for record in streamed(shared.settings)} == {shared.source_id}
        assert {event["properties"]["name"] for event in found if event["type"] == "track"} == {
            "Jürgen 🙂"
        }
        stated = [event.consent for event in decoded(shared) if event.type == "identify"]
        assert stated == [{"advertising": True, "email": False}] * COUNT


def test_a_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text()
