"""What a component of health is: what it learns of every minute, how it is read, its weight.

State: `SignalBaseline`, which components share. Clock: the minute's, `Evidence.now_ms`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum
from operators.detection.cusum import Sample
from operators.detection.cusum_params import CusumParams
from operators.detection.rate_cusum import RateCusum
from operators.signals.baseline import SignalBaseline
from operators.signals.counts import Counts
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part

if TYPE_CHECKING:
    from operators.signals.params import HealthParams


class Minute(NamedTuple):
    """One whole minute of a signal, to be learned.

    Attributes:
        at_ms: its beginning.
        counts: what was counted in it.
        baseline: of the signal; changed in place.
        params: of the signal.
        expected: events that usually come in it.
        trusted: whether no loss is suspected; otherwise it is weighed and not learned.
        projected: whether it may still change; `baseline` is a copy then.
    """

    at_ms: int
    counts: Counts
    baseline: SignalBaseline
    params: "HealthParams"
    expected: float = 0.0
    trusted: bool = True
    projected: bool = False

    def weigh(
        self,
        name: str,
        hits: float,
        size: float,
        min_effect: float,
        sequential: CusumParams,
        *,
        relative: bool = False,
    ) -> None:
        """Add the minute to the evidence that a share has changed.

        Args:
            name: of the share, as it is stored.
            hits: counted.
            size: out of how many; a minute without any says nothing.
            min_effect: least change that matters, 0–1.
            sequential: how sure to be.
            relative: whether the effect is a part of the usual share, not absolute.
        """
        if size <= 0:
            return
        share = self.baseline.shares.get(name)
        if share is None:
            share = self.baseline.shares[name] = RateCusum()
        min_effect = min_effect * share.baseline if relative else min_effect
        sample = Sample(self.at_ms, hits, size, self.expected)
        rate_cusum.step(share, sample, min_effect, sequential, trusted=self.trusted)


class HealthComponent(ABC):
    """One component of the health of every signal of a kind; it has no state of its own.

    Attributes:
        name: public, in readings and settings.
        kind: signals that have it.
        weight: default share in the composite, relative to the other present components.
        effects: share that it watches → default change that matters, absolute, 0–1
            (``signals.materials``).
        factors: quantity that it watches → default factor that matters, above 1 (likewise).
        tuning: constant → its default, above 0 (``signals.tuning``, where it is explained).
    """

    name: ClassVar[str]
    kind: ClassVar[SignalKind]
    weight: ClassVar[float]
    effects: ClassVar[dict[str, float]] = {}
    factors: ClassVar[dict[str, float]] = {}
    tuning: ClassVar[dict[str, float]] = {}

    def learn(self, minute: Minute) -> None:  # noqa: B027 - some learn nothing
        """Learn one whole minute, in place; minutes come in order, each once."""

    @abstractmethod
    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the component now."""

    def reading(
        self,
        evidence: Evidence,
        score: float | None,
        inputs: dict[str, float],
        sample: float,
        reason: str,
    ) -> ComponentReading:
        """A reading with the component's name and weight.

        Args:
            evidence: of the reading.
            score: 0–100; None for missing data.
            inputs: what it was computed from, by name.
            sample: observations that it is based on.
            reason: a sentence.
        """
        weight = getattr(evidence.params.weights, self.name)
        return ComponentReading(self.name, score, weight, inputs, int(sample), reason)

    def worst(
        self, evidence: Evidence, sample: float, parts: Iterable[Part], otherwise: str
    ) -> ComponentReading:
        """A reading as bad as the worst of its parts.

        Args:
            evidence: of the reading.
            sample: observations behind it.
            parts: what it looked at.
            otherwise: why the component is missing where there are none.
        """
        looked = sorted(parts, key=lambda part: part.score)
        if not looked:
            return self.reading(evidence, None, {}, sample, otherwise)
        inputs = {key: value for part in reversed(looked) for key, value in part.inputs.items()}
        said = "; ".join(part.reason for part in looked if part.score < 100) or looked[0].reason
        return self.reading(evidence, looked[0].score, inputs, sample, said)
