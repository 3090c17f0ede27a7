"""A small corpus end to end through the real code: what must be found is found, what is calm is not
held, the same seed says the same."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from domain.instants import MINUTE_MS
from domain.policies import IdentityRules, ProfileRules
from faultlab.corpus import Plan, normal, run, score
from faultlab.faults import FAULTS, NORMAL
from faultlab.histories import HistoryResult, Pace, applicable, onsets
from faultlab.picture import draw
from faultlab.profiles import CONVERSIONS, CRM, META, NIGHTLY_BATCH, WEB_SHOP, Profile
from faultlab.report import as_json, fault_rows, kind_of, missed, normal_rows, summary
from faultlab.rhythm import Rhythm
from faultlab.scoring import Result
from faultlab.world import Rules, World, begin
from operators.gate.params import GateParams
from operators.signals.params import HealthParams

RULES = Rules(IdentityRules(), ProfileRules(), HealthParams(), GateParams())
FLAT = Rhythm(12, (1.0,) * 24, wobble=0.05, evenness=40)
STEADY = replace(WEB_SHOP, rhythm=FLAT)
"""A shop that never sleeps: a day is enough to know it."""
PLATFORM = replace(META, rhythm=replace(FLAT, per_minute=0.5))
SHORT = Pace(
    warm=timedelta(hours=14),
    calm=timedelta(hours=3),
    fine_for=timedelta(minutes=10),
    normal_for=timedelta(hours=1),
)
TINY = Pace(warm=timedelta(hours=2), calm=timedelta(hours=1), fine_for=timedelta(minutes=1))


def ran(plan: Plan, jobs: int = 1) -> list[HistoryResult]:
    return run(plan, RULES, jobs, lambda _name, _done, _total: None)


@pytest.fixture(scope="module")
def outages() -> Sequence[HistoryResult]:
    return ran(Plan((1,), (STEADY,), SHORT, "outage"))


@pytest.mark.long
def test_an_outage_is_found_within_minutes_and_no_push_goes_after_that(
    outages: Sequence[HistoryResult],
) -> None:
    found = score(outages, "outage")
    assert (found.recall, found.let_after) == (1.0, 0)
    assert found.worst_s is not None
    assert found.worst_s <= 180


def test_calm_traffic_is_not_held(outages: Sequence[HistoryResult]) -> None:
    assert normal(outages).episodes == 0
    assert normal(outages).watched_ms > timedelta(hours=2) / timedelta(milliseconds=1)


def test_the_picture_and_the_document_say_what_came_of_it(outages: Sequence[HistoryResult]) -> None:
    svg = draw(outages)
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own picture
    assert "1/1 in" in svg
    assert "web shop: outage, high" in svg
    document = json.loads(json.dumps(as_json(outages, {})))
    assert [one["disturbance"] for one in document["histories"]] == ["calm", "outage"]
    assert document["summary"]["recall"] == 1.0
    assert [row.name for row in fault_rows(outages)] == ["outage"]
    assert [row.name for row in normal_rows(outages)] == ["calm: web shop"]
    assert missed(outages) == []


@pytest.mark.long
def test_the_same_seed_says_the_same_over_any_number_of_processes() -> None:
    plan = Plan((5,), (STEADY, PLATFORM), TINY, "fails")
    alone = ran(plan)
    assert ran(plan, jobs=2) == alone
    assert ran(replace(plan, seeds=(6,))) != alone


def test_a_fault_alone_is_as_it_is_among_others() -> None:
    among = [
        one
        for one in ran(Plan((5,), (PLATFORM,), TINY))
        if one.disturbance == "match rate collapses"
    ]
    assert len(among) == 3
    alone = ran(Plan((5,), (PLATFORM,), TINY, "match rate"))
    assert [one for one in alone if one.outcome is not None] == among


def test_a_world_that_was_frozen_goes_on_as_if_it_had_not_been() -> None:
    def world() -> World:
        return World(META, RULES, begin(META, 3), None)

    whole, first = world(), world()
    until = whole.now_ms + 40 * MINUTE_MS
    looks = list(whole.looks(until, timedelta(minutes=1)))
    half = list(first.looks(first.now_ms + 20 * MINUTE_MS, timedelta(minutes=1)))
    second = World(META, RULES, first.frozen(), None)
    assert half + list(second.looks(until, timedelta(minutes=1))) == looks


@pytest.mark.parametrize("profile", [CRM, NIGHTLY_BATCH], ids=lambda profile: profile.name)
def test_faults_begin_only_while_a_source_is_busy(profile: Profile) -> None:
    rhythm = profile.rhythm
    busiest = max(rhythm.expected(minute) for minute in onsets(profile, 1, Pace()))
    assert all(
        rhythm.expected(minute) >= profile.active * busiest / 2
        for minute in onsets(profile, 1, Pace())
    )
    assert onsets(profile, 1, Pace()) != onsets(profile, 2, Pace())


def test_disturbances_happen_only_where_they_can() -> None:
    names = {
        profile.name: {one.name for one in applicable(profile, (*FAULTS, *NORMAL))}
        for profile in (WEB_SHOP, NIGHTLY_BATCH, META, CONVERSIONS)
    }
    assert "bot flood" in names["web shop"]
    assert not {"bot flood", "consent never granted", "daylight saving"} & names["nightly batch"]
    assert "platform fails" in names["ad platform"]
    assert not {"platform fails", "outage"} & names["conversions"]


def test_reasons_count_together_without_their_figures() -> None:
    assert (
        kind_of("platform:meta is unhealthy (6): delivery: 12% of requests delivered")
        == "unhealthy: delivery"
    )
    assert kind_of("source:1 is recovering: 1 of 3 healthy readings in a row") == "recovering"


def test_a_summary_of_nothing_is_empty_and_not_perfect() -> None:
    assert (summary([])["recall"], summary([])["outage_median_s"]) == (0.0, None)


def test_blind_counts_as_missed(outages: Sequence[HistoryResult]) -> None:
    outcome = outages[1].outcome
    assert outcome is not None
    blind = outages[1]._replace(outcome=outcome._replace(result=Result.BLIND))
    assert missed([blind]) == [blind]
    assert score([blind]).recall == 0.0
