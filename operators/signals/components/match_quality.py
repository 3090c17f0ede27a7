"""Match quality of a source: whether identifiers went missing, and how well platforms could match.

Scored is the change of the shares of events that carry each kind of identifier; the estimate of
0–10 (`operators.signals.match_quality`) is an input.
"""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec

from domain.identifiers import KINDS
from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum
from operators.detection.cusum import Finding
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.match_quality import gains, of_coverage
from operators.signals.scores import Part, of_finding
from operators.signals.words import in_words

_MATCHED: Final = tuple(kind.name for kind in KINDS if kind.matched)
"""Kinds of identifiers that platforms match by."""


class MatchQuality(HealthComponent):
    """Less than 100 where fewer events carry an identifier, or more of them identify nobody."""

    name = "match_quality"
    kind = SignalKind.SOURCE
    weight = 0.15
    effects: ClassVar = {"coverage": 0.3, "invalid": 0.12}

    def learn(self, minute: Minute) -> None:
        """Learn which share of the events carries each kind of identifier, and a valid one."""
        counts, effects, sure = minute.counts, minute.params.materials, minute.params.sequential
        accepted = counts[metrics.ACCEPTED]
        if not accepted:
            return
        coverage, invalids = counts.by_suffix(metrics.COVERAGE), counts.by_suffix(metrics.INVALID)
        for kind in _MATCHED:
            carried, invalid = coverage.get(kind, 0.0), invalids.get(kind, 0.0)
            name = f"{metrics.COVERAGE}:{kind}"
            minute.weigh(name, carried, accepted, effects.coverage, sure, relative=True)
            stated = carried + invalid
            minute.weigh(f"{metrics.INVALID}:{kind}", invalid, stated, effects.invalid, sure)

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the worst change of identifiers, with the estimate among the inputs."""
        accepted, parts = evidence.counts[metrics.ACCEPTED], list(_changes(evidence))
        estimates = _estimates(evidence)
        if not parts or not accepted:
            reason = "warming up: what events usually carry is not known yet"
            reason = reason if accepted else "no events in the window"
            return self.reading(evidence, None, estimates, accepted, reason)
        found = self.worst(evidence, accepted, parts, "")
        fine = f"match quality {estimates['match_quality']:.1f} of 10 (estimate)"
        said = fine if found.score == 100 else found.reason
        inputs = {**found.inputs, **estimates}
        return self.reading(evidence, found.score, inputs, found.sample, said)


def _changes(evidence: Evidence) -> Iterator[Part]:
    sure, effects = evidence.params.sequential, evidence.params.materials
    for kind, share in evidence.baseline.by_suffix(metrics.INVALID):
        if rate_cusum.is_warm(share, sure):
            said = f"more of what is stated as {in_words(kind)} identifies nobody"
            found = rate_cusum.risen(share, sure)
            yield of_finding(
                f"invalid_{kind}", said, found, effects.invalid, evidence.params.scores
            )
    for kind, share in evidence.baseline.by_suffix(metrics.COVERAGE):
        if rate_cusum.is_warm(share, sure):
            found = _missed(rate_cusum.fallen(share, sure))
            effect = effects.coverage * share.baseline
            yield of_finding(
                f"with_{kind}",
                f"fewer events carry {in_words(kind)}",
                found,
                effect,
                evidence.params.scores,
            )


def _missed(found: Finding) -> Finding:
    """A fall in coverage, out of the events that usually come where more than these came.

    Identifiers are missed where fewer events carry them than usual – not where many more events
    come that never carry one, as in campaigns.
    """
    if not 0 < found.expected < found.sample:
        return found
    observed = min(found.baseline, found.observed * found.sample / found.expected)
    return msgspec.structs.replace(found, observed=observed)


def _estimates(evidence: Evidence) -> dict[str, float]:
    """The estimate, 0–10: in all, by platform with own weights, and what each kind would add."""
    counts = evidence.counts
    accepted = counts[metrics.ACCEPTED]
    if not accepted:
        return {}
    coverage = {
        kind: count / accepted for kind, count in counts.by_suffix(metrics.COVERAGE).items()
    }
    found = {"match_quality": counts.total(metrics.QUALITY) / accepted}
    for platform, weights in sorted(evidence.params.platform_weights.items()):
        found[f"match_quality_{platform}"] = of_coverage(coverage, weights)
        found |= {f"gain_{platform}_{one.kind}": one.gain for one in gains(coverage, weights)}
    return found
