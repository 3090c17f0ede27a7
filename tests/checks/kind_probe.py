"""Follows one identifier kind through the project: run by `test_recipe_kind` in a copy of the tree.

It fails where any room does not know the kind.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter

import domain
from api.collector.body import read_batch
from api.segments import rules_schemas
from api.segments.rule_checks import checked_rule
from config.collector import CollectorParams
from config.exports import form_kinds
from config.load import load_settings
from config.settings import Settings
from domain.changes import Changes, LoadedState
from domain.event import Event
from domain.export import ExportSpec
from domain.ids import WorkspaceId
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.profile import Stage
from domain.segments.rule import HasIdentifier, Rule
from domain.signals import metrics
from domain.signals.reading import Minutes, Observed
from domain.stored import StoredEvent
from local.platforms.meta.contract import check_upload
from operators.export import columns
from operators.rules import references
from operators.signals.health import read
from operators.signals.machine import HealthMachine
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from oracle.identity import Facts, people_of
from oracle.statements.record import read_statement
from oracle.view import stage_at, view_of
from sinks.ads.meta.codec import Meta, MetaParams
from sinks.ads.platform import Matchable, Write
from sources.intake.decode import Decoder
from store.definitions.load import SourceRow
from tests.support.builders import NOON_MS, SALT, SOURCE, WORKSPACE, batch

KIND: Final = "messenger_id"
RECORDS: Final[tuple[dict[str, Any], ...]] = (
    {"anonymousId": "phone", "traits": {"messengerId": " 0012-345 "}},
    {"anonymousId": "laptop", "traits": {"messengerId": 12345}},
    {"anonymousId": "tablet", "traits": {"messengerId": "unknown"}},
)
"""Two devices of one person, and one of nobody known."""


def settings_name_it() -> Settings:
    """The reference and the defaults say the same about it."""
    settings = load_settings(Path("config/stratum.yaml"), {})
    assert KIND in settings.identity.kinds, "config/stratum.yaml"
    assert settings.identity == IdentityRules()
    assert settings.profile == ProfileRules()
    return settings


def decoded(settings: Settings) -> list[Event]:
    """Every record is accepted by the collector and read in its normal form."""
    sent = [{"type": "identify", "messageId": str(at), **one} for at, one in enumerate(RECORDS)]
    accepted = read_batch(json.dumps({"batch": sent}).encode(), CollectorParams())
    source = SourceRow(SOURCE, WORKSPACE, SALT, "US")
    decode = Decoder({1: source}, {1: SALT}, settings.identity, settings.profile)
    events = [one for one in decode(batch(map(bytes, accepted.events))) if isinstance(one, Event)]
    found = [[one.value for one in event.identifiers if one.kind == KIND] for event in events]
    assert found == [["12345"], ["12345"], []]
    assert [event.invalid for event in events] == [(), (), (KIND,)]
    return events


def resolved(events: list[Event], settings: Settings) -> None:
    """It makes one person of two devices, and the oracle finds the same people."""
    changes = unify(
        events,
        LoadedState(),
        Definitions(settings.identity, settings.profile, {}),
        events[-1].received_ms,
    )
    assert isinstance(changes, Changes)
    facts, statements = Facts(), []
    for event in events:
        row = StoredEvent(
            event.message_key, "US", event.type, event.identifiers[0].key,
            event.occurred_ms, event.received_ms, event.payload,
        )  # fmt: skip
        statements.append(read_statement(row, SALT, settings.identity, settings.profile))
        facts.add(statements[-1])
    named = [[tuple(one) for one in event.identifiers] for event in events]
    assert named == [[(one.key, one.kind, one.value) for one in each.named] for each in statements]
    people, _ = people_of(facts, settings.identity)
    owners: dict[bytes, set[bytes]] = {}
    for new in changes.identifiers:
        owners.setdefault(new.owner, set()).add(new.identifier.key)
    assert set(map(frozenset, owners.values())) == set(people)
    assert sorted(map(len, people)) == [1, 3]
    assert {person.stage for person in changes.people if KIND in person.kinds} == {Stage.KNOWN}
    view = view_of(statements, settings.profile)
    assert stage_at(view, [KIND], settings.profile, NOON_MS) == "known"
    assert_counted({one.metric: value for one, value in changes.observed.items()}, settings)


def assert_counted(observed: dict[str, float], settings: Settings) -> None:
    """Match quality counts two events with it beside an anonymous id, and one without."""
    weights = settings.profile.match_weights
    assert observed[f"{metrics.COVERAGE}:{KIND}"] == 2
    assert observed[f"{metrics.INVALID}:{KIND}"] == 1
    quality = sum(value for name, value in observed.items() if name.startswith(metrics.QUALITY))
    worth = 2 * (weights[KIND] + weights["anonymous_id"]) + weights["anonymous_id"]
    assert math.isclose(quality, 10 * worth / sum(weights.values()))


def watched(settings: Settings) -> None:
    """Health says so where fewer events carry it than usual."""
    machine = HealthMachine(settings.signals)
    for minute in range(420):
        at_ms = 1_790_000_040_000 + minute * 60_000
        carried = 90.0 if minute < 400 else 5.0
        rows = tuple(
            Observed(at_ms, 0, metric, value, at_ms)
            for metric, value in (("accepted", 100.0), (f"{metrics.COVERAGE}:{KIND}", carried))
        )
        machine.on_event(Minutes(WorkspaceId(1), "source:1", rows, at_ms), at_ms)
    reading = read(machine.snapshot(), WorkspaceId(1), "source:1", at_ms, settings.signals)
    (quality,) = (one for one in reading.components if one.name == "match_quality")
    assert quality.reason.startswith("fewer events carry messenger id")


def asked_for(settings: Settings) -> None:
    """Rules may ask for it, and exports have a column of it."""
    document = {"type": "identifier", "kind": KIND}
    adapter: TypeAdapter[Rule] = TypeAdapter(rules_schemas.Rule)
    rule = checked_rule(adapter.validate_python(document), settings.definitions)
    assert rule == HasIdentifier(KIND)
    known = references.RuleScope({}, {}, {}, settings.identity.kinds, rfm=False)
    assert not list(references.reference_problems(rule, None, known))
    forms: tuple[tuple[Literal["raw", "meta"], tuple[str, ...]], ...] = (
        ("raw", tuple(settings.identity.kinds)),
        ("meta", form_kinds("meta")),
    )
    for form, kinds in forms:
        spec = ExportSpec("csv", "advertising", identifiers=form, kinds=kinds)
        assert f"identifier.{KIND}" in [column.name for column in columns(spec, ())]


def sent() -> None:
    """Meta matches by it, also beside rows that were stored before."""
    meta = Meta(MetaParams(account_id="1"), "token")
    row = meta.row(Matchable("id-1", {KIND: ("12345",)}))
    assert row is not None
    assert KIND in meta.kinds
    assert meta.identifiers(row) == {"external_id": ["id-1"], KIND: ["12345"]}
    before = ("id-2", "", "", "aebe52e7-03ee-455a-b3c4-e57283966239")
    (request,) = meta.encode(Write("add", "1", (row, before), 7))
    upload = check_upload(json.loads(request.body))
    assert upload.rows[0] == {("EXTERN_ID", "id-1"), ("PAGEUID", "12345")}
    assert (len(upload.rows), upload.invalid) == (2, 0)


if __name__ == "__main__":
    assert Path(domain.__file__).is_relative_to(sys.argv[1])
    found = settings_name_it()
    resolved(decoded(found), found)
    watched(found)
    asked_for(found)
    sent()
