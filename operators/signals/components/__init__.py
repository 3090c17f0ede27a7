"""Components of health, one file each: what it learns, how it is read, its words, its weight.

Their order is that of a reading's components.
"""

from typing import Final

from operators.signals.components.anomaly import Anomaly
from operators.signals.components.component import HealthComponent
from operators.signals.components.consistency import Consistency
from operators.signals.components.delivery import Delivery
from operators.signals.components.freshness import Freshness
from operators.signals.components.match_quality import MatchQuality
from operators.signals.components.validity import Validity
from operators.signals.components.volume import Volume

COMPONENTS: Final[tuple[HealthComponent, ...]] = (
    Freshness(),
    Validity(),
    MatchQuality(),
    Volume(),
    Anomaly(),
    Consistency(),
    Delivery(),
)
