"""When the trust gate lets a push pass: its thresholds, and which of them contradict each other."""

from dataclasses import dataclass
from datetime import timedelta

from domain.signals.schedule import Schedule


@dataclass(frozen=True)
class GateParams:
    """When the gate lets a push pass.

    Attributes:
        healthy: least score that passes.
        degraded: least score that only holds; below it a person must release the push.
        staleness: a reading older than this counts as unknown.
        minimum_sample: observations that a source's reading must be based on.
        minimum_requests: requests that a platform's reading must be based on.
        recover_readings: consecutive healthy readings needed, after trouble and at the start.
        margin: points above `healthy` that a reading must reach to begin a row of healthy ones.
        cool_down: after a degraded or unhealthy reading nothing passes for so long; zero for no
            such wait.
        swing: points between the highest and the lowest of the last readings above which a signal
            is too volatile.
        swing_readings: how many of them are looked at.
        add_share: share of an audience that one push may add.
        remove_share: share that one push may remove; stricter.
        usual_times: a push may change so many times as much as the greatest of its recent ones,
            where that is stricter …
        least_share: … but always this share.
        least_people: a push that changes fewer people is never too large.
        pushes_remembered: so many of an audience's last pushes are its history.
        confirm_first: whether somebody must confirm the first push of an audience.
        quiet: when nothing is pushed; None: never.
        two_persons: whether overrides and releases need a second person.
        longest_override: an override or a release ends after this at the latest.
        clock_tolerance: a reading further in the future than this is not believed, nor a clock that
            went back by more.
        depends_for: a source counts as feeding the workspace this long after its last accepted
            event.

    Raises:
        ValueError: the values contradict each other, or would let pass what nobody vouches for.
    """

    healthy: float = 70.0
    degraded: float = 40.0
    staleness: timedelta = timedelta(minutes=2)
    minimum_sample: int = 30
    minimum_requests: int = 3
    recover_readings: int = 3
    margin: float = 2.0
    cool_down: timedelta = timedelta(minutes=10)
    swing: float = 60.0
    swing_readings: int = 10
    add_share: float = 1.0
    remove_share: float = 0.3
    usual_times: float = 4.0
    least_share: float = 0.1
    least_people: int = 100
    pushes_remembered: int = 20
    confirm_first: bool = True
    quiet: Schedule | None = None
    two_persons: bool = False
    longest_override: timedelta = timedelta(days=7)
    clock_tolerance: timedelta = timedelta(seconds=5)
    depends_for: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        rules = {
            "0 < degraded <= healthy <= 100": 0 < self.degraded <= self.healthy <= 100,
            "minimums are at least 1": min(
                self.minimum_sample, self.minimum_requests, self.recover_readings
            )
            >= 1,
            "staleness and depends_for are positive": min(self.staleness, self.depends_for)
            > timedelta(),
            "0 <= clock_tolerance < staleness": timedelta()
            <= self.clock_tolerance
            < self.staleness,
            "0 <= margin, healthy + margin <= 100": 0 <= self.margin <= 100 - self.healthy,
            "cool_down is not negative": self.cool_down >= timedelta(),
            "0 < swing <= 100, swing_readings is at least 2": 0 < self.swing <= 100
            and self.swing_readings >= 2,
            "0 < least_share <= remove_share <= add_share": 0
            < self.least_share
            <= self.remove_share
            <= self.add_share,
            "usual_times and pushes_remembered are at least 1": min(
                self.usual_times, self.pushes_remembered
            )
            >= 1,
            "least_people is not negative": self.least_people >= 0,
            "longest_override is positive": self.longest_override > timedelta(),
        }
        broken = [rule for rule, kept in rules.items() if not kept]
        if broken:
            raise ValueError("; ".join(broken))
