"""Lifecycle stage: anonymous → known → customer → churned → customer with the next purchase.

State: none beyond the person. Clock: `now_ms` decides only whether the silence after the last
purchase is over.
"""

from domain.policies import ProfileRules
from domain.profiles.profile import Person, Stage


def stage_at(person: Person, rules: ProfileRules, now_ms: int) -> tuple[Stage, int]:
    """The stage of a person at one instant, and when it changes with no further event.

    Args:
        person: composed view and identifier kinds.
        rules: `known_kinds` and `churn_after`.
        now_ms: the instant.

    Returns:
        Stage, and the instant in ms at which it changes by itself; 0 for never.
    """
    if person.view.revenue:
        churns_ms = person.view.last_order_ms + rules.churn_after_ms
        return (Stage.CHURNED, 0) if now_ms >= churns_ms else (Stage.CUSTOMER, churns_ms)
    return (Stage.ANONYMOUS, 0) if rules.known_kinds.isdisjoint(person.kinds) else (Stage.KNOWN, 0)
