"""Freshness of a source: how long nothing was accepted, against how long that usually lasts."""

from typing import Final

from domain.signals.reading import ComponentReading
from operators.signals.components.component import HealthComponent
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import falling

LAST_ACCEPTED: Final = "last_accepted_ms"
"""Input that names the event which a reading is based on, independent of the clock."""


class Freshness(HealthComponent):
    """100 while a silence is normal at this hour, 0 once the source is dead."""

    name = "freshness"
    kind = SignalKind.SOURCE
    weight = 0.2

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the silence that lasts."""
        last_ms, silence = evidence.baseline.window.last_accepted_ms, evidence.silence
        if not last_ms:
            return self.reading(evidence, None, {}, 0, "nothing was ever accepted")
        if silence is None:
            reason = "the last accepted event lies in the future; check the clocks"
            return self.reading(evidence, None, {LAST_ACCEPTED: last_ms}, 0, reason)
        inputs = {
            "silence_s": silence.lasts_s,
            "normal_silence_s": silence.normal_s,
            "dead_after_s": silence.dead_s,
            LAST_ACCEPTED: last_ms,
        }
        score = falling(silence.lasts_s, silence.normal_s, silence.dead_s)
        said = f"last accepted {silence.lasts_s:.0f} s ago"
        return self.reading(evidence, score, inputs, 1, said)
