"""Health of a source: freshness, validity, match quality, volume and anomaly – what came lately against what usually comes.

Each component names its inputs. Whatever rests on what is usual is missing until enough was seen.
Spans are as long as they must be to usually hold enough records, so that a small source is judged
by more than chance; they follow from what is usual, never from what came.
"""

import math
from collections.abc import Iterator
from typing import Final

import msgspec

from domain.instants import MINUTE_MS, MS
from domain.signals import metrics
from domain.signals.reading import Component
from operators.detection import cusum, schema_drift, seasonality
from operators.detection.seasonality import Rhythm
from operators.signals.baseline import Memory
from operators.signals.match_quality import gains, of_coverage
from operators.signals.params import HealthParams
from operators.signals.scores import Part, changed, episode_parts, falling, of_finding, worst
from operators.signals.window import Counts, by_suffix, of

_SPANS_MS: Final = tuple(minutes * MINUTE_MS for minutes in (15, 60, 360, 1440))
_ENOUGH: Final = 3
"""A span usually holds so many times the smallest sample."""
_PERFECT: Final = 100.0
LAST_ACCEPTED: Final = "last_accepted_ms"
"""Input of a freshness that says of which event it is, whatever the clock said."""
_DRIFT_SHARE: Final = 0.05
"""Part of an event's usual properties whose loss matters."""
_SAID: Final = {
    "duplicates": "more events came before",
    "late": "more events are late or from the future",
    "delayed": "more events arrive minutes after they happened",
    "lagging": "more events are processed late",
    metrics.PERSON: "a few people send more of the events",
    metrics.ADDRESS: "a few addresses send more of the events",
}


def span_ms(memory: Memory, now_ms: int, params: HealthParams) -> int:
    """The span that a source is looked at over: the shortest that usually holds enough.

    A day where none does.
    """
    shortest = params.window // MS
    if not memory.rhythm.minutes:
        return shortest
    for span in (shortest, *(one for one in _SPANS_MS if one > shortest)):
        if (
            seasonality.usual_between(memory.rhythm, now_ms - span, now_ms)
            >= _ENOUGH * params.minimum_sample
        ):
            return span
    return _SPANS_MS[-1]


def freshness(memory: Memory, now_ms: int, params: HealthParams) -> Component:
    """How long nothing was accepted, against how long that usually lasts at this hour."""
    weight, last_ms = params.weights.freshness, memory.window.last_accepted_ms
    if not last_ms:
        return Component("freshness", None, weight, {}, 0, "nothing was ever accepted")
    if last_ms - now_ms > params.clock_tolerance // MS:
        reason = "the last accepted event lies in the future; check the clocks"
        return Component("freshness", None, weight, {LAST_ACCEPTED: last_ms}, 0, reason)
    silence_s = max(0, now_ms - last_ms) / 1000
    normal_s, dead_s = _allowed_s(memory.rhythm, last_ms, params)
    inputs = {
        "silence_s": silence_s,
        "normal_silence_s": normal_s,
        "dead_after_s": dead_s,
        LAST_ACCEPTED: last_ms,
    }
    return Component(
        "freshness",
        falling(silence_s, normal_s, dead_s),
        weight,
        inputs,
        1,
        f"last accepted {silence_s:.0f} s ago",
    )


def _allowed_s(known: Rhythm, last_ms: int, params: HealthParams) -> tuple[float, float]:
    """How long a silence is quite normal, and from when on the source is dead: fixed by what was usual as the last event came."""
    normal_s, dead_s = params.expected_interval.total_seconds(), params.dead_after.total_seconds()
    if not known.minutes:
        return normal_s, dead_s
    normal_ms, dead_ms = seasonality.allowed_ms(known, last_ms, params.rhythm)
    return max(normal_s, normal_ms / 1000), max(dead_s, dead_ms / 1000)


def since_ms(memory: Memory, fresh: Component, now_ms: int, params: HealthParams) -> int:
    """Since when counters are looked at.

    While a silence may be normal, a reading rests on what came before it; once the source is dead,
    or was silent for `longest_silence`, on what is left of that. The span is that of the last
    event: it never widens while nothing comes.
    """
    until_ms, last_ms = now_ms - now_ms % MINUTE_MS, memory.window.last_accepted_ms
    if not last_ms:
        return until_ms - span_ms(memory, until_ms, params)
    came_ms = min(until_ms, last_ms - last_ms % MINUTE_MS + MINUTE_MS)
    resting = fresh.score and now_ms - last_ms <= params.longest_silence // MS
    return (came_ms if resting else until_ms) - span_ms(memory, came_ms, params)


def validity(memory: Memory, counts: Counts, params: HealthParams) -> Component:
    """Which share of the records could not be processed, came before, is late, or changed its shape."""
    accepted, rejected = counts.get(metrics.ACCEPTED, 0.0), of(counts, metrics.REJECTED)
    parts = []
    if accepted + rejected:
        share = rejected / (accepted + rejected)
        inputs = {"accepted": accepted, "rejected": rejected}
        parts.append(
            Part(
                falling(share, 0.0, params.invalid_share),
                inputs,
                f"{share:.1%} of records rejected",
            )
        )
        materials = vars(params.materials)
        parts += [
            of_finding(name, _SAID[name], cusum.risen(one, params.sequential), materials[name])
            for name in ("duplicates", "late", "delayed", "lagging")
            if (one := memory.shares.get(name)) is not None and cusum.warm(one, params.sequential)
        ]
        parts += _shapes(memory, counts)
    return worst(
        "validity", params.weights.validity, accepted + rejected, parts, "no records in the window"
    )


def _shapes(memory: Memory, counts: Counts) -> Iterator[Part]:
    """Event names that lost properties, as far as they matter to the source."""
    named, accepted = by_suffix(counts, metrics.NAMED), counts.get(metrics.ACCEPTED, 0.0)
    for one in schema_drift.drifted(memory.drift):
        weight = named.get(one.name, 0.0) / accepted if accepted else 0.0
        if weight < _DRIFT_SHARE:
            continue
        said = [f"{key} is missing" for key in one.vanished[:3]] + [
            f"{key}" for key in one.retyped[:3]
        ]
        reason = f"“{one.name}” changed its shape ({', '.join(said)})"
        yield Part(
            changed(1.0, 1.0 + one.share),
            {"changed_properties_share": one.share, "events_share": weight},
            reason,
        )


def match_quality(memory: Memory, counts: Counts, params: HealthParams) -> Component:
    """How well platforms could match the people of these events (0–10, an estimate), and whether identifiers went missing."""
    accepted = counts.get(metrics.ACCEPTED, 0.0)
    weight, sure, material = params.weights.match_quality, params.sequential, params.materials
    parts = []
    for name, share in sorted(memory.shares.items()):
        metric, _, kind = name.partition(":")
        if not cusum.warm(share, sure):
            continue
        if metric == metrics.COVERAGE and share.usual > 0:
            said = f"fewer events carry {_spoken(kind)}"
            parts.append(
                of_finding(
                    f"with_{kind}",
                    said,
                    _missed(cusum.fallen(share, sure)),
                    material.coverage * share.usual,
                )
            )
        elif metric == metrics.INVALID:
            said = f"more of what is stated as {_spoken(kind)} identifies nobody"
            parts.append(
                of_finding(f"invalid_{kind}", said, cusum.risen(share, sure), material.invalid)
            )
    if not parts or not accepted:
        reason = (
            "no events in the window"
            if not accepted
            else "warming up: what events usually carry is not known yet"
        )
        return Component(
            "match_quality", None, weight, _estimates(counts, params), int(accepted), reason
        )
    found = worst("match_quality", weight, accepted, parts, "")
    estimates = _estimates(counts, params)
    fine = f"match quality {estimates['match_quality']:.1f} of 10 (estimate)"
    said = fine if found.score == _PERFECT else found.reason
    return Component(
        "match_quality", found.score, weight, {**found.inputs, **estimates}, found.sample, said
    )


def _missed(found: cusum.Finding) -> cusum.Finding:
    """A fall in coverage, out of the events that usually come where more than these came.

    Identifiers are missed where fewer events carry them than usual – not where many more events
    come that never carry one, as in campaigns.
    """
    if not 0 < found.expected < found.sample:
        return found
    return msgspec.structs.replace(
        found, now=min(found.usual, found.now * found.sample / found.expected)
    )


def _estimates(counts: Counts, params: HealthParams) -> dict[str, float]:
    """Match quality in all, per platform whose weights are set, and what sending each kind with every event would add."""
    accepted = counts.get(metrics.ACCEPTED, 0.0)
    if not accepted:
        return {}
    coverage = {
        kind: count / accepted for kind, count in by_suffix(counts, metrics.COVERAGE).items()
    }
    found = {"match_quality": of(counts, metrics.QUALITY) / accepted}
    for platform, weights in sorted(params.platform_weights.items()):
        found[f"match_quality_{platform}"] = of_coverage(coverage, weights)
        found |= {f"gain_{platform}_{one.kind}": one.gain for one in gains(coverage, weights)}
    return found


def _spoken(kind: str) -> str:
    return kind.replace("_", " ")


def volume(memory: Memory, now_ms: int, params: HealthParams) -> Component:
    """What came against what usually comes at this hour, where that is less by a material part."""
    known, weight = memory.rhythm, params.weights.volume
    # As of the last event: that the clock reaches an hour of which nothing is known must not clear
    # a source.
    if not seasonality.is_warm(
        known, min(now_ms, memory.window.last_accepted_ms or now_ms), params.sequential
    ):
        sample = params.sequential.warm_up_sample
        reason = f"warming up: {known.minutes / 60:.1f} h seen; a day and {sample} events are needed to know what is usual at this hour"
        return Component(
            "volume", None, weight, {"seen_minutes": known.minutes}, int(known.minutes), reason
        )
    found = seasonality.shortfall(known, params.rhythm)
    share = found.came / found.usual if found.usual else 1.0
    full = 100.0 - falling(share, params.lost_volume, params.usual_volume)
    score = 100.0 - found.certainty * (100.0 - full)
    inputs = {"came": found.came, "usual": found.usual, "certainty": found.certainty}
    said = f"{share:.0%} of the usual volume" if found.certainty else "as much as usual"
    return Component("volume", score, weight, inputs, int(known.minutes), said)


def anomaly(memory: Memory, params: HealthParams) -> Component:
    """What is unusual about what came: consent, concentration on a few, the value of orders."""
    sure, material, weight = params.sequential, params.materials, params.weights.anomaly
    parts = []
    for name, share in sorted(memory.shares.items()):
        metric, _, purpose = name.partition(":")
        if metric == metrics.CONSENTED and cusum.warm(share, sure):
            found = max(
                cusum.risen(share, sure), cusum.fallen(share, sure), key=lambda one: one.certainty
            )
            parts.append(
                of_finding(
                    f"consented_{purpose}",
                    f"consent to {purpose} is given otherwise",
                    found,
                    material.consent,
                )
            )
        elif metric in {metrics.PERSON, metrics.ADDRESS} and cusum.warm(share, sure.sparse):
            parts.append(
                of_finding(
                    metric, _SAID[metric], cusum.risen(share, sure.sparse), material.concentration
                )
            )
    for currency, level in sorted(memory.levels.items()):
        if cusum.level_is_warm(level, sure):
            parts.append(_order_value(currency, cusum.level_finding(level, sure), params))
    parts += episode_parts(memory.watches)
    return worst("anomaly", weight, len(parts), parts, "warming up: what is usual is not known yet")


def _order_value(currency: str, found: cusum.Finding, params: HealthParams) -> Part:
    inputs = {
        f"order_value_{currency}_minor": found.now,
        f"usual_order_value_{currency}_minor": found.usual,
    }
    times = abs(math.log(found.now / found.usual)) / math.log(params.materials.order_value)
    said = f"an order in {currency} is worth {found.now / found.usual:.2g} times the usual"
    return Part(changed(found.certainty, times), inputs, said)
