"""Volume of a source: the observed events against the expected ones while a loss is suspected.

The rhythm that it is based on is learned before all components (`operators.signals.learn`): whether
a loss is suspected decides what they learn.
"""

from domain.signals.reading import ComponentReading
from operators.detection import seasonality
from operators.signals.components.component import HealthComponent
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import falling


class Volume(HealthComponent):
    """100 from `usual_volume` of the expected events on, 0 at `lost_volume`."""

    name = "volume"
    kind = SignalKind.SOURCE
    weight = 0.2

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the shortfall of events."""
        params, rhythm = evidence.params, evidence.baseline.rhythm
        # As of the last event: that the clock reaches an hour of which nothing is known must not
        # clear a source.
        at_ms = min(evidence.now_ms, evidence.baseline.window.last_accepted_ms or evidence.now_ms)
        if not seasonality.is_warm(rhythm, at_ms, params.rhythm, params.sequential):
            needed = f"a day and {params.sequential.warm_up_sample} events"
            reason = (
                f"warming up: {rhythm.minutes / 60:.1f} h seen; "
                f"{needed} are needed to know what is usual at this hour"
            )
            inputs = {"seen_minutes": rhythm.minutes}
            return self.reading(evidence, None, inputs, rhythm.minutes, reason)
        found = seasonality.shortfall(rhythm, params.rhythm, params.sequential)
        share = found.observed / found.expected if found.expected else 1.0
        full = 100.0 - falling(share, params.lost_volume, params.usual_volume)
        score = 100.0 - found.certainty * (100.0 - full)
        inputs = {
            "came": found.observed,
            "usual": found.expected,
            "certainty": found.certainty,
        }
        said = f"{share:.0%} of the usual volume" if found.certainty else "as much as usual"
        return self.reading(evidence, score, inputs, rhythm.minutes, said)
