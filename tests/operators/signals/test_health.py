"""Signal health: missing is not average, silence is seen, and worse input never scores higher."""

import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import WorkspaceId
from domain.instants import MINUTE_MS
from domain.signals.reading import Checkpoint, Minutes, Observed, Reading, Status
from domain.signals.schedule import Schedule
from operators.detection.detector import Scored
from operators.detection.metric_watch import OpenEpisode, WatchState
from operators.signals.baseline import SignalBaseline
from operators.signals.health import read
from operators.signals.machine import HealthMachine, restore
from operators.signals.params import HealthParams, SignalOverride
from operators.signals.scores import ScoreParams, episode_parts, falling
from operators.signals.window import Window, add, settle, since

PARAMS = HealthParams()
NOW = 1_790_000_000_000 - 1_790_000_000_000 % MINUTE_MS + 30_000
SOURCE = "source:1"


def counter(
    metric: str, value: float, minutes_ago: int = 0, *, shard: int = 0, silence_ms: int = 0
) -> Observed:
    minute = NOW - NOW % MINUTE_MS - minutes_ago * MINUTE_MS
    return Observed(
        minute, shard, metric, value, max(minute, min(minute + MINUTE_MS - 1, NOW - silence_ms))
    )


def window(*rows: Observed) -> Window:
    filled = Window()
    add(filled, rows)
    return filled


def health(
    *rows: Observed, now_ms: int = NOW, signal: str = SOURCE, params: HealthParams = PARAMS
) -> Reading:
    return read(SignalBaseline(window=window(*rows)), WorkspaceId(1), signal, now_ms, params)


def component(reading: Reading, name: str) -> float | None:
    return next(part.score for part in reading.components if part.name == name)


def test_a_signal_that_never_said_anything_is_unknown() -> None:
    reading = health()
    assert (reading.status, reading.score, reading.reasons[0]) == (
        Status.UNKNOWN,
        None,
        "unknown: 0 observations in the window, 30 are needed",
    )


def test_a_busy_valid_source_is_healthy() -> None:
    assert health(counter("accepted", 500)).status is Status.HEALTHY


def test_too_small_a_sample_is_unknown_however_good_it_looks() -> None:
    assert health(counter("accepted", 29)).status is Status.UNKNOWN


def test_a_component_without_data_is_missing_and_says_why() -> None:
    reading = health(counter("accepted", 500))
    assert (
        component(reading, "volume"),
        component(reading, "match_quality"),
        component(reading, "anomaly"),
    ) == (None, None, None)
    assert any(reason.startswith("volume is missing: warming up") for reason in reading.reasons)


@pytest.mark.parametrize(
    ("silence_s", "status"),
    [(0, Status.HEALTHY), (25, Status.HEALTHY), (110, Status.UNHEALTHY), (400, Status.UNKNOWN)],
)
def test_silence_makes_a_source_unhealthy_and_then_unknown(silence_s: int, status: Status) -> None:
    assert health(counter("accepted", 500), now_ms=NOW + silence_s * 1000).status is status


def test_rejected_records_lower_validity_and_a_critical_component_cannot_be_averaged_away() -> None:
    reading = health(
        counter("accepted", 780),
        counter("rejected:malformed_json", 120),
        counter("rejected:invalid_type", 100),
    )
    assert (reading.status, reading.score) == (Status.UNHEALTHY, component(reading, "validity"))


def test_a_platform_is_judged_by_its_deliveries() -> None:
    rows = (counter("requests_ok", 9), counter("requests_failed", 1))
    reading = health(*rows, signal="platform:meta")
    assert reading.score == pytest.approx(100 * 10 / 11)
    assert reading.status is Status.HEALTHY


@pytest.mark.parametrize(
    ("metric", "value", "low", "high", "reason"),
    [
        (
            "order_value:EUR", 499_000.0, 4_000.0, 6_000.0,
            "order value in EUR is unusually high: 4990.00 EUR, expected 40.00 EUR to 60.00 EUR",
        ),
        (
            "order_value:JPY", 70.0, 4_000.0, 9_000.0,
            "order value in JPY is unusually low: 70 JPY, expected 4000 JPY to 9000 JPY",
        ),
        (
            "latency_ms", 1_500.0, 200.0, 350.0,
            "latency is unusually high: 1,500 ms, expected 200 ms to 350 ms",
        ),
        (
            "reported_share:meta", 0.02, 0.3, 0.5,
            "reported share of meta is unusually low: 2.0 %, expected 30.0 % to 50.0 %",
        ),
    ],
)  # fmt: skip
def test_an_open_anomaly_is_told_in_words_and_in_units_that_people_use(
    metric: str, value: float, low: float, high: float, reason: str
) -> None:
    usual = (low + high) / 2
    peak = Scored(NOW, value, 1.0, 1.0, usual, low, high, usual, low, high, False, 0)
    watch = WatchState(episode=OpenEpisode(NOW, peak, 0.0, 0.0))
    assert [part.reason for part in episode_parts({metric: watch}, ScoreParams())] == [reason]


def test_a_platform_with_few_requests_is_unknown() -> None:
    assert health(counter("requests_ok", 2), signal="platform:meta").status is Status.UNKNOWN


def test_conversions_that_no_platform_reports_are_unknown() -> None:
    assert health(counter("orders:USD", 500), signal="conversions").status is Status.UNKNOWN


def test_rejected_records_are_not_the_evidence_that_a_source_lacked() -> None:
    assert health(counter("accepted", 29)).status is Status.UNKNOWN
    reading = health(counter("accepted", 29), counter("rejected:malformed_json", 1))
    assert (reading.status, reading.reasons[0]) == (
        Status.UNKNOWN,
        "unknown: 29 of 30 records in the window were accepted, 30 are needed",
    )


def test_a_source_that_mostly_sends_what_is_rejected_is_unhealthy_however_little_is_accepted() -> (
    None
):
    assert (
        health(counter("accepted", 5), counter("rejected:malformed_json", 500)).status
        is Status.UNHEALTHY
    )


def test_an_event_from_the_future_says_nothing_about_freshness() -> None:
    ahead = Observed(NOW - NOW % MINUTE_MS, 0, "accepted", 500, NOW + 5_001)
    assert (component(health(ahead), "freshness"), health(ahead).status) == (None, Status.UNKNOWN)


def test_a_counter_that_is_no_finite_number_is_left_out() -> None:
    rows = (counter("accepted", float("inf")), counter("rejected:malformed_json", float("nan")))
    assert health(*rows).status is Status.UNKNOWN


def test_a_component_that_is_not_critical_does_not_cap() -> None:
    lenient = HealthParams(critical=frozenset({"freshness"}))
    rows = (counter("accepted", 700), counter("rejected:malformed_json", 300))
    assert health(*rows).score == 0.0
    assert health(*rows, params=lenient).score == 50.0


def test_match_quality_is_estimated_and_says_what_to_add() -> None:
    params = HealthParams(platform_weights={"meta": {"email": 3.0, "phone": 1.0}})
    rows = (
        counter("accepted", 100),
        counter("with:email", 50),
        counter("quality:Viewed", 400),
        counter("named:Viewed", 100),
    )
    (found,) = (
        part for part in health(*rows, params=params).components if part.name == "match_quality"
    )
    assert found.inputs == {
        "match_quality": 4.0,
        "match_quality_meta": 3.75,
        "gain_meta_email": 3.75,
        "gain_meta_phone": 2.5,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": timedelta(seconds=90)},
        {"window": timedelta(seconds=30)},
        {"settle": timedelta(seconds=30)},
        {"delivery_window": timedelta(days=2)},
        {"dead_after": timedelta(seconds=30)},
        {"invalid_share": 0.0},
        {"healthy": 30.0},
        {"healthy": float("nan")},
        {"minimum_sample": 0},
        {"critical": frozenset({"luck"})},
        {"poll_interval": timedelta()},
        {"signals": {"source:1": SignalOverride(minimum_sample=0)}},
    ],
)
def test_parameters_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError,
        match=r"whole minutes|dead_after|invalid_share|healthy|minimums|critical|positive",
    ):
        HealthParams(**wrong)


STANDING = {Status.UNHEALTHY: 0, Status.UNKNOWN: 1, Status.DEGRADED: 2, Status.HEALTHY: 3}
"""How far each lets automation go: unhealthy needs a person, the next two hold."""


@given(st.integers(0, 200), st.integers(0, 100), st.integers(1, 100), st.integers(0, 200_000))
def test_more_rejected_records_never_lift_a_source(
    accepted: int, rejected: int, worse: int, silence_ms: int
) -> None:
    def standing(rejects: int) -> int:
        return STANDING[
            health(
                counter("accepted", accepted),
                counter("rejected:malformed_json", rejects),
                now_ms=NOW + silence_ms,
            ).status
        ]

    assert standing(rejected + worse) <= standing(rejected)


@given(
    st.integers(0, 5_000),
    st.integers(0, 500),
    st.integers(1, 300),
    st.integers(0, 400_000),
    st.integers(1, 60_000),
)
def test_worse_input_never_scores_higher(
    accepted: int, rejected: int, worse: int, silence_ms: int, longer_ms: int
) -> None:
    def score(rejects: int, silence: int) -> float:
        rows = (
            counter("accepted", accepted, silence_ms=0),
            counter("rejected:malformed_json", rejects),
        )
        return health(*rows, now_ms=NOW + silence).score or 0.0

    if accepted + rejected >= PARAMS.minimum_sample:
        assert score(rejected + worse, silence_ms) <= score(rejected, silence_ms)
    assert score(rejected, silence_ms + longer_ms) <= score(rejected, silence_ms) + 1e-9


@given(st.floats(-10, 1_000), st.floats(0, 1_000))
def test_scores_are_bounded(value: float, further: float) -> None:
    assert 0.0 <= falling(value + further, 60, 300) <= falling(value, 60, 300) <= 100.0


def test_rows_hold_totals_so_that_reading_them_again_or_in_another_order_changes_nothing() -> None:
    rows = (counter("accepted", 5), counter("accepted", 9), counter("accepted", 3, shard=1))
    assert window(*rows, *rows) == window(*reversed(rows))
    assert since(window(*rows), 0)["accepted"] == 12


def test_settled_minutes_are_summed_coarser_the_older_they_are_and_dropped_after_a_day() -> None:
    filled, counted = Window(), 0
    for minute in range(3 * 1440):
        at_ms = NOW - NOW % MINUTE_MS + minute * MINUTE_MS
        add(filled, [Observed(at_ms, 0, "accepted", 1.0, at_ms)])
        counted += len(settle(filled, at_ms - 3 * MINUTE_MS))
    now_ms = NOW - NOW % MINUTE_MS + (3 * 1440 - 1) * MINUTE_MS
    assert counted == 3 * 1440 - 4
    assert len(filled.spans) <= 70
    assert [since(filled, now_ms - minutes * MINUTE_MS)["accepted"] for minutes in (5, 15)] == [
        6,
        16,
    ]
    assert since(filled, now_ms - 1440 * MINUTE_MS)["accepted"] == pytest.approx(1440, abs=60)


def minutes(*rows: Observed, at_ms: int = 0) -> Minutes:
    return Minutes(WorkspaceId(1), SOURCE, rows, NOW + at_ms)


def test_a_reading_is_given_when_something_moves_and_not_at_every_look() -> None:
    machine = HealthMachine(PARAMS)
    given_at = [
        second
        for second in range(30)
        if machine.on_event(
            minutes(counter("accepted", 500), at_ms=second * 1000), NOW + second * 1000
        )
    ]
    assert given_at == [0, 4, 8, 12, 16, 20, 24, 28]


def test_a_clock_that_goes_back_does_not_silence_a_signal() -> None:
    machine = HealthMachine(PARAMS)
    machine.on_event(minutes(counter("accepted", 500)), NOW)
    assert machine.on_event(minutes(at_ms=-1_000), NOW - 1_000)


def test_a_change_of_status_is_told_within_two_seconds() -> None:
    machine = HealthMachine(PARAMS)
    machine.on_event(minutes(counter("accepted", 500)), NOW)
    assert (
        machine.on_event(minutes(counter("rejected:malformed_json", 500), at_ms=1), NOW + 1) == []
    )
    (reading,) = machine.on_event(minutes(at_ms=2_000), NOW + 2_000)
    assert isinstance(reading, Reading)
    assert reading.status is Status.UNHEALTHY


USUAL: Mapping[str, float] = {
    "accepted": 60, "with:email": 30, "with:user_id": 40, "quality:Viewed": 240,
    "named:Viewed": 60, "delay:0": 60, "lag:0": 60,
    "consented:ads": 12, "refused:ads": 8, "orders:USD": 3, "revenue_minor:USD": 15_000,
    "shape:Viewed": 8, "property:Viewed\x1fprice\x1fnumber": 8,
    "property:Viewed\x1fsku\x1fstring": 8,
    **{f"person:{bucket}": 3.75 for bucket in range(16)},
}  # fmt: skip
DAY_S = 86_400


def rows_of(counts: Mapping[str, float], minute_ms: int) -> tuple[Observed, ...]:
    return tuple(
        Observed(minute_ms, 0, metric, value, minute_ms + 59_000)
        for metric, value in counts.items()
        if value
    )


def told(machine: HealthMachine, minute: int, counts: Mapping[str, float]) -> Iterator[Reading]:
    """What a machine says of a minute, numbered from the start, at its end and ten seconds on."""
    begins = NOW - NOW % MINUTE_MS + minute * MINUTE_MS
    for now_ms, rows in (
        (begins + MINUTE_MS, rows_of(counts, begins)),
        (begins + MINUTE_MS + 10_000, ()),
    ):
        for one in machine.on_event(Minutes(WorkspaceId(1), SOURCE, rows, now_ms), now_ms):
            if isinstance(one, Reading):
                yield one


@pytest.fixture(scope="module")
def learned() -> tuple[SignalBaseline, int]:
    """What is remembered after two days of usual traffic with noise, and the number of the next
    minute."""
    rng, machine, last = random.Random(7), HealthMachine(PARAMS), None
    for minute in range(2 * 1440):
        busy = rng.uniform(0.8, 1.25)
        last = [
            *told(
                machine,
                minute,
                {metric: float(round(value * busy)) for metric, value in USUAL.items()},
            )
        ][-1]
    assert last is not None
    assert (last.status, [part.name for part in last.components if part.score is None]) == (
        Status.HEALTHY,
        [],
    )
    return machine.snapshot(), 2 * 1440


def after(
    learned: tuple[SignalBaseline, int], counts: Mapping[str, float], minutes: int
) -> Reading:
    """The last reading after so many minutes of other traffic."""
    memory, first = learned
    machine = HealthMachine(PARAMS, memory)
    return [one for minute in range(minutes) for one in told(machine, first + minute, counts)][-1]


def usual(**changes: float) -> dict[str, float]:
    return {**USUAL, **{metric.replace("__", ":"): value for metric, value in changes.items()}}


def scaled(factor: float) -> dict[str, float]:
    return {metric: value * factor for metric, value in USUAL.items()}


@pytest.mark.parametrize(
    ("counts", "minutes", "because"),
    [
        (scaled(0.5), 5, "volume: 5"),
        (usual(with__email=9), 6, "match quality: fewer events carry email"),
        (
            usual(invalid__email=12, with__email=20),
            8,
            "match quality: more of what is stated as email identifies nobody",
        ),
        (usual(duplicate=60), 5, "validity: more events came before"),
        (usual(future=30), 6, "validity: more events are late or from the future"),
        (
            usual(delay__0=20, delay__4=40),
            6,
            "validity: more events arrive minutes after they happened",
        ),
        (usual(lag__0=20, lag__6=40), 6, "validity: more events are processed late"),
        (
            usual(consented__ads=19, refused__ads=1),
            10,
            "anomaly: consent to ads is given otherwise",
        ),
        (usual(person__3=60, accepted=116), 6, "anomaly: a few people send more of the events"),
        (
            usual(revenue_minor__USD=1_500_000),
            5,
            "anomaly: an order in USD is worth 1e+02 times the usual",
        ),
    ],
    ids=lambda value: value.split(":")[-1].strip() if isinstance(value, str) else "",
)
def test_a_material_change_degrades_a_source_and_says_which(
    learned: tuple[SignalBaseline, int], counts: dict[str, float], minutes: int, because: str
) -> None:
    assert after(learned, USUAL, minutes).status is Status.HEALTHY
    reading = after(learned, counts, minutes)
    assert reading.status in {Status.DEGRADED, Status.UNHEALTHY}
    assert any(reason.startswith(because) for reason in reading.reasons), reading.reasons


def test_properties_that_vanish_or_change_their_type_degrade_a_source(
    learned: tuple[SignalBaseline, int],
) -> None:
    gone = {metric: value for metric, value in USUAL.items() if "price" not in metric}
    reading = after(learned, gone, 15)
    assert (
        reading.status is Status.HEALTHY,
        "“Viewed” changed its shape (price is missing)" in reading.reasons[0],
    ) == (False, True)
    retyped = {**gone, "property:Viewed\x1fprice\x1fstring": 8}
    assert "price: number → string" in after(learned, retyped, 15).reasons[0]
    more = {**USUAL, "property:Viewed\x1fcolour\x1fstring": 8}
    assert after(learned, more, 15).status is Status.HEALTHY


def test_a_campaign_degrades_nothing(learned: tuple[SignalBaseline, int]) -> None:
    campaign = {
        **scaled(4),
        "with:email": 33.0,
        "with:user_id": 45.0,
        "orders:USD": 4.0,
        "revenue_minor:USD": 19_000.0,
    }
    campaign |= {"consented:ads": 50.0, "refused:ads": 30.0}
    assert after(learned, campaign, 60).status is Status.HEALTHY


def test_a_change_that_lasts_becomes_usual() -> None:
    quick = HealthParams(sequential=PARAMS.sequential.__class__(adopt_after=timedelta(hours=2)))
    machine, said = HealthMachine(quick), list[Reading]()
    for minute in range(1440):
        said += told(machine, minute, USUAL)
    for minute in range(1440, 1440 + 200):
        said += told(machine, minute, usual(with__email=10))
    statuses = [one.status for one in said[-400:]]
    assert Status.DEGRADED in statuses or Status.UNHEALTHY in statuses
    assert statuses[-1] is Status.HEALTHY


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["accepted", "with:email"]), st.integers(0, 100), st.integers(0, 100))
def test_less_of_what_is_wanted_never_scores_higher(
    learned: tuple[SignalBaseline, int], metric: str, percent: int, less: int
) -> None:
    def score(share: int) -> float:
        changed = (
            scaled(share / 100)
            if metric == "accepted"
            else {**USUAL, metric: USUAL[metric] * share / 100}
        )
        (found,) = (
            part
            for part in after(learned, changed, 6).components
            if part.name == {"accepted": "volume"}.get(metric, "match_quality")
        )
        return 0.0 if found.score is None else found.score

    assert score(max(0, percent - less)) <= score(percent) + 1e-9


def test_what_was_learned_goes_on_after_a_restart_as_if_nothing_had_happened(
    learned: tuple[SignalBaseline, int],
) -> None:
    memory, first = learned
    rng = random.Random(3)
    traffic = [
        {metric: float(round(value * rng.uniform(0.3, 1.2))) for metric, value in USUAL.items()}
        for _ in range(40)
    ]
    whole, cut = HealthMachine(PARAMS, deepcopy(memory)), HealthMachine(PARAMS, deepcopy(memory))
    said: dict[str, list[Reading]] = {"whole": [], "cut": []}
    stored: bytes = b""
    for minute, counts in enumerate(traffic):
        said["whole"] += told(whole, first + minute, counts)
        begins = NOW - NOW % MINUTE_MS + (first + minute) * MINUTE_MS
        found = cut.on_event(
            Minutes(WorkspaceId(1), SOURCE, rows_of(counts, begins), begins + MINUTE_MS),
            begins + MINUTE_MS,
        )
        found += cut.on_event(Minutes(WorkspaceId(1), SOURCE, (), begins + 70_000), begins + 70_000)
        stored = next((one.memory for one in found if isinstance(one, Checkpoint)), stored)
        said["cut"] += [one for one in found if isinstance(one, Reading)]
        if minute == 20:
            again = rows_since(traffic[: minute + 1], first, restore(stored))
            cut = HealthMachine(PARAMS)
            begun = begins + 70_000
            cut.on_event(Minutes(WorkspaceId(1), SOURCE, again, begun, stored), begun)
    assert [(one.read_ms, one.score, one.reasons) for one in said["cut"][-10:]] == [
        (one.read_ms, one.score, one.reasons) for one in said["whole"][-10:]
    ]


def rows_since(
    traffic: list[dict[str, float]], first: int, memory: SignalBaseline
) -> tuple[Observed, ...]:
    found: list[Observed] = []
    for minute, counts in enumerate(traffic):
        begins = NOW - NOW % MINUTE_MS + (first + minute) * MINUTE_MS
        if begins >= memory.window.settled_ms:
            found += rows_of(counts, begins)
    return tuple(found)


def test_memory_that_cannot_be_read_is_begun_anew() -> None:
    assert restore(b"\xc1") == SignalBaseline()


def test_outside_its_schedule_a_source_is_judged_by_its_last_period_or_else_unknown() -> None:
    nightly = Schedule(start=time(22), end=time(6))
    params = HealthParams(signals={SOURCE: SignalOverride(schedule=nightly)})
    midnight = NOW // (DAY_S * 1000) * DAY_S * 1000
    machine, said = HealthMachine(params), dict[int, Reading]()
    for minute in range(36 * 60):
        now_ms = midnight + (minute + 1) * MINUTE_MS
        sends = minute % 1440 >= 22 * 60 or minute % 1440 < 6 * 60
        rows = rows_of({"accepted": 60.0}, now_ms - MINUTE_MS) if sends and minute >= 720 else ()
        for one in machine.on_event(Minutes(WorkspaceId(1), SOURCE, rows, now_ms), now_ms):
            if isinstance(one, Reading):
                said[minute // 60] = one
    assert said[12].status is Status.UNKNOWN
    assert said[23].status is Status.HEALTHY
    assert said[32].status is Status.HEALTHY
    assert said[32].reasons[-1].startswith("not expected to send now: judged by its last period")
    machine_silent = HealthMachine(params)
    for minute in range(22 * 60, 23 * 60):
        now_ms = midnight + minute * MINUTE_MS
        found = machine_silent.on_event(Minutes(WorkspaceId(1), SOURCE, (), now_ms), now_ms)
    assert all(one.status is Status.UNKNOWN for one in found if isinstance(one, Reading))
