"""Words of retention: classes of data, what each covers, and how long each may be kept.

A workspace says for each class how long it keeps it; where it says nothing, for ever. Some classes
are bounded by a setting of the installation, which a workspace may only shorten; of some it has no
say at all, each with the reason.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
MOST: Final = 36_525 * _DAY
"""Whoever wants to keep something for longer than a hundred years keeps it for ever."""
OPERATOR: Final = "retention"
"""Who asks for the removal of inactive people, in commands, the register and the audit log."""
SET: Final = "retention.set"
"""Action of the audit entry of a policy; its detail has the policy before and after."""
ENFORCED: Final = "retention.enforced"
"""Action of the audit entry of a run that removed something: how much, of what."""


class RetentionClass(StrEnum):
    """What is kept for so long; `RULES` says what each covers."""

    RAW_EVENTS = "raw_events"
    PEOPLE = "people"
    DEAD_LETTERS = "dead_letters"
    EXPORTS = "exports"
    DECISIONS = "decisions"
    REQUESTS = "requests"
    ARCHIVES = "archives"
    LOGINS = "logins"
    COUNTERS = "counters"
    EVENT_LOG = "event_log"
    LOGS = "logs"


class Rule(NamedTuple):
    """What a workspace may say about a class.

    Attributes:
        covers: what it is, in plain words.
        least: the shortest that it may be kept for.
        setting: what bounds it in any case; empty where nothing does.
        refusal: why a workspace has no say; empty where it has.
    """

    covers: str
    least: timedelta = _DAY
    setting: str = ""
    refusal: str = ""


RULES: Final[Mapping[RetentionClass, Rule]] = {
    RetentionClass.RAW_EVENTS: Rule(
        "Events as they were received, and what they add up to, of people who are active.",
        refusal="new computed traits, `stratum repair` and `stratum verify` recompute people from"
        " all of their events: old ones cannot go while the person stays. Limit `people` instead.",
    ),
    RetentionClass.PEOPLE: Rule(
        "People of whom no event happened for so long, with everything that is held of them. They"
        " are erased as if they had asked for it, and platforms are told.",
        least=30 * _DAY,
    ),
    RetentionClass.DEAD_LETTERS: Rule(
        "Records that could not be processed, whatever became of them.",
    ),
    RetentionClass.EXPORTS: Rule(
        "Exports that have ended: their rows and, where it is still there, the file.",
    ),
    RetentionClass.DECISIONS: Rule(
        "Verdicts of the trust gate and the readings that they rest on, pushes that have ended, and"
        " the requests that were sent for them. The last pushes of an audience stay, without their"
        " requests: the gate measures the next one by them.",
        least=30 * _DAY,
    ),
    RetentionClass.REQUESTS: Rule(
        "Completed requests of the privacy register, with their receipts and links. Digests of what"
        " was erased stay, as does the audit log.",
        least=90 * _DAY,
    ),
    RetentionClass.ARCHIVES: Rule(
        "Archives of access, from the moment they are written.",
        least=timedelta(hours=1),
        setting="privacy.archive_lifetime",
    ),
    RetentionClass.LOGINS: Rule(
        "Logins of staff, from the moment they begin.",
        least=timedelta(hours=1),
        setting="edge.login.lifetime",
    ),
    RetentionClass.COUNTERS: Rule(
        "Counters per minute and by the hour, anomalies, alerts: numbers that tell of nobody.",
        setting="signals.keep_details",
        refusal="they tell of nobody, and health is measured by them.",
    ),
    RetentionClass.EVENT_LOG: Rule(
        "The log between collector and engine.",
        setting="log.retention_s",
        refusal="all workspaces share it: with Kafka the topic's retention holds.",
    ),
    RetentionClass.LOGS: Rule(
        "What processes log: counts, ids, digests.",
        refusal="whoever runs the processes rotates them.",
    ),
}
"""Every class, in the order in which they are told."""
SETTABLE: Final = tuple(name for name, rule in RULES.items() if not rule.refusal)
"""Those that a workspace has a say in: a policy names each of them."""
GONE_THROUGH: Final = tuple(
    name for name in SETTABLE if name not in {RetentionClass.ARCHIVES, RetentionClass.LOGINS}
)
"""Those that upkeep goes through again and again; archives and logins expire."""

Keep = Mapping[RetentionClass, int]
"""How long each class is kept, in s; for ever where it is not named."""


def refusals(
    asked: Mapping[str, int | None], bounds: Mapping[RetentionClass, timedelta]
) -> dict[str, str]:
    """Why a policy cannot be: class → reason; empty where it can.

    Args:
        asked: class → how long it is kept, in s; None: for ever, or as long as the setting says.
        bounds: how long classes are kept in any case that a setting bounds.

    >>> refusals(dict.fromkeys(SETTABLE), {})
    {}
    >>> refusals(dict.fromkeys(SETTABLE) | {"exports": 0}, {})
    {'exports': 'is kept for at least 86400 s'}
    """
    found = {name: "is no class of data" for name in asked if name not in RULES}
    missing = "is missing: null keeps it for ever"
    found |= {str(name): missing for name in SETTABLE if name not in asked}
    for name, rule in RULES.items():
        keep_s = asked.get(name)
        if keep_s is None:
            continue
        least_s, most_s = rule.least // _SECOND, bounds.get(name, MOST) // _SECOND
        if rule.refusal:
            found[str(name)] = f"cannot be limited: {rule.refusal}"
        elif keep_s < least_s:
            found[str(name)] = f"is kept for at least {least_s} s"
        elif keep_s > most_s:
            by = f", as `{rule.setting}` says" if rule.setting else "; null keeps it for ever"
            found[str(name)] = f"is kept for at most {most_s} s{by}"
    return dict(sorted(found.items()))


def shortened(before: Keep, after: Keep) -> list[RetentionClass]:
    """Classes of which more goes than before.

    >>> P = RetentionClass.PEOPLE
    >>> shortened({}, {P: 5}), shortened({P: 5}, {P: 6}), shortened({P: 5}, {P: 4})
    ([<RetentionClass.PEOPLE: 'people'>], [], [<RetentionClass.PEOPLE: 'people'>])
    """
    return [name for name in after if name not in before or after[name] < before[name]]
