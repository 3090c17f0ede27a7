"""The laws of every platform: requests, rows, answers in trouble, sandbox, registration."""

import json
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES
from local.stack.sandboxes import connection
from sinks.ads.outcomes import Delivered, Found, Outcome, Rejected, Retry
from sinks.ads.platform import Create, Delete, Find, Matchable, PlatformCall, Read, Status, Write
from sinks.ads.registry import PLATFORMS
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Response
from tests.checks.platforms import OPERATIONS, SUBJECTS, TOKEN, Subject
from tests.integration.activation.places import Place, listening, values, wiring

ROOT = Path(__file__).parents[2]
NOTHING: list[dict[str, tuple[str, ...]]] = [
    {},
    {"user_id": ("u1",)},
    {
        "email": ("none", "", "@gmail.com"),
        "phone": ("+0000000000", ""),
        "device_id": ("00000000-0000-0000-0000-000000000000",),
    },
]
everywhere = pytest.mark.parametrize("name", PLATFORMS)
every_operation = pytest.mark.parametrize(("name", "operation"), OPERATIONS)


def test_every_name_has_its_row() -> None:
    assert tuple(PLATFORMS) == PLATFORM_NAMES
    assert [spec.codec.name for spec in PLATFORMS.values()] == list(PLATFORM_NAMES)


@everywhere
def test_every_platform_has_its_places(name: str) -> None:
    assert (ROOT / f"docs/platforms/{name}.md").is_file()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    modules = [module for one in contracts["contracts"] for module in one.get("modules", ())]
    assert {f"sinks.ads.{name}", f"local.platforms.{name}"} <= set(modules)


@everywhere
def test_sandbox_connects_the_platform_and_nothing_is_connected_without(name: str) -> None:
    assert not Settings().platforms[name].connected
    fields = connection(name, "http://127.0.0.1:1")
    assert Settings.model_validate({name: fields}).platforms[name].connected
    for field in fields.keys() - {"base_url", "token_url"}:
        without = Settings.model_validate({name: fields | {field: ""}})
        assert not without.platforms[name].connected


@every_operation
def test_requests_equal_their_golden_file(name: str, operation: str) -> None:
    subject = SUBJECTS[name]
    requests = subject.platform.encode(subject.operations[operation])

    assert subject.golden(operation) == [
        {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": request.body.decode(),
        }
        for request in requests
    ]


@every_operation
def test_token_and_people_stay_out_of_reprs(name: str, operation: str) -> None:
    subject = SUBJECTS[name]
    asked = subject.operations[operation]
    shown = repr((subject.platform, asked, subject.platform.encode(asked), subject.people))
    secrets = {TOKEN, *values(subject.rows)} - {one.external_id for one in subject.people}
    known = {text for one in subject.people for held in one.identifiers.values() for text in held}

    assert not [secret for secret in secrets | known if len(secret) > 6 and secret in shown]


@everywhere
def test_receipts_are_asked_about_where_there_are_any(name: str) -> None:
    subject = SUBJECTS[name]
    if "status" not in subject.operations:
        with pytest.raises(ValueError, match="receipts"):
            subject.platform.encode(Status("r"))


@everywhere
def test_row_is_the_same_in_any_order_of_identifiers(name: str) -> None:
    subject = SUBJECTS[name]
    for one in subject.people:
        turned = {kind: held[::-1] for kind, held in one.identifiers.items()}
        assert subject.platform.row(Matchable(one.external_id, turned)) == subject.platform.row(one)


@everywhere
@pytest.mark.parametrize("known", NOTHING)
def test_person_with_nothing_to_match_on_has_no_row(
    name: str, known: dict[str, tuple[str, ...]]
) -> None:
    assert SUBJECTS[name].platform.row(Matchable("id", known)) is None


@everywhere
def test_row_gives_its_identifiers_by_kind(name: str) -> None:
    subject = SUBJECTS[name]
    for row in subject.rows:
        found = subject.platform.identifiers(row)
        assert found.keys() <= set(subject.platform.names)
        assert values([row]) == {value for held in found.values() for value in held}


@every_operation
@pytest.mark.parametrize("fault", ["timeout", "connection", "transient"])
def test_no_answer_is_tried_again(name: str, operation: str, fault: str) -> None:
    subject = SUBJECTS[name]
    asked = subject.operations[operation]

    assert subject.platform.decode(asked, Response(0, fault=fault)) == Retry(fault)


@every_operation
@pytest.mark.parametrize("body", [b"<html>Service Unavailable</html>", b"[]", b'"ok"', b"3", b""])
def test_answer_without_sense_is_tried_again(name: str, operation: str, body: bytes) -> None:
    subject = SUBJECTS[name]
    outcome = subject.platform.decode(subject.operations[operation], Response(200, {}, body))

    assert isinstance(outcome, Retry)


@pytest.fixture
def place(name: str) -> Iterator[Place]:
    limit = SUBJECTS[name].platform.params.max_rows
    with listening(name, max_rows=limit, page_size=2) as found:
        yield found


class Connector:
    """The connector as production wires it, at a sandbox."""

    def __init__(self, place: Place, http: HttpRunner) -> None:
        settings = Settings.model_validate({place.name: place.settings})
        self.destination = wiring(settings)(http)[place.name]

    def __call__(self, operation: PlatformCall) -> Outcome:
        with self.destination.rate_limit.permitting(lambda: True):
            return self.destination.call(operation)


@pytest.fixture
def connector(place: Place) -> Iterator[Connector]:
    with HttpRunner(HttpParams(timeout=timedelta(seconds=20))) as http:
        yield Connector(place, http)


@pytest.fixture
def subject(name: str) -> Subject:
    return SUBJECTS[name]


def created(connector: Connector, name: str = "VIP") -> str:
    outcome = connector(Create(name, "stratum:1"))
    assert isinstance(outcome, Found)
    return outcome.platform_id


@everywhere
def test_writes_are_set_operations(place: Place, connector: Connector, subject: Subject) -> None:
    audience = created(connector)
    for session in (1, 2):
        assert isinstance(connector(Write("add", audience, subject.rows, session)), Delivered)
        assert place.only() == values(subject.rows)
    for session in (3, 4):
        gone = Write("remove", audience, subject.rows[:1], session)
        assert isinstance(connector(gone), Delivered)
        assert place.only() == values(subject.rows[1:])


@everywhere
def test_audience_is_found_by_its_recorded_intent(place: Place, connector: Connector) -> None:
    audience = created(connector)

    assert connector(Find("VIP", "stratum:1")) == Found(platform_id=audience)
    assert connector(Find("VIP", "stratum:2")) == Found()
    assert isinstance(connector(Read(audience)), Delivered)
    assert list(place.lists()) == [audience]


@everywhere
def test_deleted_audience_is_missing(place: Place, connector: Connector) -> None:
    audience = created(connector)

    assert connector(Delete(audience)) == Delivered()
    assert place.lists() == {}
    for operation in (Read(audience), Delete(audience)):
        outcome = connector(operation)
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "missing"


@everywhere
@pytest.mark.parametrize(
    ("kind", "applied", "reason"),
    [
        ("reset_before", False, "connection"),
        ("reset_after", True, "connection"),
        ("timeout", False, "connection"),
        ("html", False, "html"),
    ],
)
def test_fault_of_the_line_is_tried_again_and_changes_nothing_twice(
    place: Place, connector: Connector, subject: Subject, kind: str, applied: bool, reason: str
) -> None:
    audience, add = created(connector), Write("add", "", subject.rows[1:], 1)
    add = Write("add", audience, add.rows, add.session)
    place.fault(kind, "add")

    assert connector(add) == Retry(reason)
    assert place.only() == (values(add.rows) if applied else set())
    assert isinstance(connector(Write("add", audience, add.rows, 2)), Delivered)
    assert place.only() == values(add.rows)


@everywhere
@pytest.mark.parametrize("verb", ["add", "remove"])
def test_repeated_write_ends_as_one_write_whatever_went_wrong(
    place: Place, connector: Connector, subject: Subject, verb: Literal["add", "remove"]
) -> None:
    audience = created(connector)
    for number, kind in enumerate(sorted(place.sandbox.faults.kinds - {"deleted"})):
        if verb == "remove":
            connector(Write("add", audience, subject.rows, 3 * number + 1))
        place.fault(kind, verb)
        connector(Write(verb, audience, subject.rows, 3 * number + 2))
        place.sandbox.faults.queue.clear()

        again = connector(Write(verb, audience, subject.rows, 3 * number + 3))
        assert isinstance(again, Delivered), kind
        assert place.only() == (values(subject.rows) if verb == "add" else set()), kind
        connector(Write("remove", audience, subject.rows, 3 * number + 4 + 10_000))


@everywhere
def test_audience_created_before_a_lost_answer_is_found_on_a_later_page(
    place: Place, connector: Connector
) -> None:
    for number in range(3):
        created(connector, f"VIP {number}")
    place.fault("reset_after", "create")

    assert connector(Create("VIP", "stratum:4")) == Retry("connection")
    found = connector.destination.find("VIP", "stratum:4")
    assert isinstance(found, Found)
    assert found.platform_id == max(place.lists())
    assert connector.destination.find("VIP", "stratum:5") == Found()


@everywhere
def test_audience_deleted_behind_our_back_is_missing(
    place: Place, connector: Connector, subject: Subject
) -> None:
    audience = created(connector)
    if "deleted" in place.sandbox.faults.kinds:
        place.fault("deleted", "add")
    else:
        place.lose(audience)

    outcome = connector(Write("add", audience, subject.rows, 1))
    assert isinstance(outcome, Retry | Rejected)
    assert outcome.reason in {"busy", "missing"}
    outcome = connector(Read(audience))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "missing"


@everywhere
def test_largest_write_is_accepted(place: Place, connector: Connector, subject: Subject) -> None:
    most = connector.destination.platform.params.max_rows
    people = (Matchable(f"p{n}", {"email": (f"p{n}@example.com",)}) for n in range(most))
    rows = tuple(row for row in map(subject.platform.row, people) if row)

    assert isinstance(connector(Write("add", created(connector), rows, 1)), Delivered)
    (held,) = place.sandbox.ledger.audiences.values()
    assert held.size == len(rows) == most


@everywhere
@pytest.mark.parametrize("torn", [b'{"do":"add","', b""])
def test_state_survives_a_restart_and_a_torn_last_line(
    name: str, torn: bytes, tmp_path: Path, subject: Subject
) -> None:
    log = tmp_path / "state.jsonl"
    with listening(name, log, page_size=2, max_rows=3) as place, HttpRunner(HttpParams()) as http:
        connector = Connector(place, http)
        audience = created(connector)
        connector(Write("add", audience, subject.rows, 1))
        connector(Write("remove", audience, subject.rows[:1], 2))
        before = place.lists()
    with log.open("ab") as file:
        file.write(torn)

    for others in range(2):
        with listening(name, log) as again, HttpRunner(HttpParams()) as http:
            assert again.lists()[audience] == before[audience]
            assert len(again.lists()) == 1 + others
            assert created(Connector(again, http), f"B{others}") > audience


@everywhere
def test_faults_are_listed_used_up_and_forgotten(place: Place, connector: Connector) -> None:
    faults, audience = f"{place.settings['base_url']}/_sandbox/faults", created(connector)
    html = {"kind": "html"}
    for asked in ({"kind": "sloth"}, html | {"operation": "dance"}, html | {"times": 0}, {"x": 1}):
        assert httpx.post(faults, json=asked, timeout=30).status_code == 422
    assert httpx.post(faults, json=html | {"operation": "read"}, timeout=30).status_code == 201

    assert connector(Find("VIP", "stratum:1")) != Retry("html")
    assert [one["kind"] for one in httpx.get(faults, timeout=30).json()] == ["html"]
    assert connector(Read(audience)) == Retry("html")
    assert httpx.get(faults, timeout=30).json() == []
    httpx.post(faults, json=html, timeout=30)
    assert httpx.delete(faults, timeout=30).status_code == 204
    assert httpx.get(faults, timeout=30).json() == []


@everywhere
def test_requests_are_counted_by_operation(place: Place, connector: Connector) -> None:
    created(connector)
    connector(Find("VIP", "stratum:1"))

    counted = httpx.get(f"{place.settings['base_url']}/_sandbox/requests", timeout=30).json()
    assert {name: counted[name] for name in ("create", "find")} == {"create": 1, "find": 1}


@everywhere
def test_page_shows_audiences_and_escapes_their_names(place: Place, connector: Connector) -> None:
    created(connector, "<b>VIP</b>")

    assert "<b>VIP" not in place.sandbox.page()
    assert "&lt;b&gt;VIP" in place.sandbox.page()


@everywhere
def test_nothing_personal_is_kept(place: Place, connector: Connector, subject: Subject) -> None:
    audience = created(connector)
    connector(Write("add", audience, subject.rows, 1))
    shown: Any = json.dumps([one.members() for one in place.sandbox.ledger.audiences.values()])

    known = {
        text
        for one in subject.people
        for kind in ("email", "phone")
        for text in one.identifiers.get(kind, ())
    }
    assert not [text for text in known if text.lower() in shown.lower()]
