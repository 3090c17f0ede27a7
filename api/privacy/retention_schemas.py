"""Schemas of retention: how long each class of data is kept, and what a policy would remove."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.privacy.erasures_schemas import FINGERPRINT, Digest
from api.web.actors import ActorName
from api.web.texts import ReasonText
from api.web.values import Count, Instant, Request, View, Whole
from domain.privacy.retention import MOST, RULES, RetentionClass
from store.retention.policies import Policy
from store.retention.told import Due, Run

_AT = "2026-03-01T09:30:00Z"
_KEEP: JsonDict = {
    "people": 63072000,
    "dead_letters": 2592000,
    "exports": None,
    "decisions": 34560000,
    "requests": None,
    "archives": None,
    "logins": 28800,
}
_SECOND = timedelta(seconds=1)

Keeps = Annotated[
    dict[str, Whole | None],
    Field(
        max_length=2 * len(RULES),
        description="Class → how long it is kept, in seconds; null: for ever, or as long as the"
        " setting says. Every class that can be limited is named.",
    ),
]


class PolicyRequest(Request):
    """How long each class is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep": _KEEP}]})

    keep: Keeps


class PolicyChange(PolicyRequest):
    """How long each class is kept from now on, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"keep": _KEEP, "reason": "deletion concept 2026", "fingerprint": FINGERPRINT}
            ]
        }
    )

    reason: ReasonText = Field(description="Kept in the audit log for ever. No personal data.")
    fingerprint: Digest | None = Field(
        default=None,
        description="Of the preview that was approved; required where something is kept for less"
        " than now. It holds today and tomorrow, UTC, while the policy stays as it is.",
    )


class RunView(View):
    """The newest run that removed what was too old."""

    started_at: Instant
    horizon_at: Instant = Field(description="What is older was removed.")
    finished_at: Instant | None = Field(description="Null while it is under way.")
    removed: dict[str, int] = Field(description="What → how much.")

    @classmethod
    def from_run(cls, run: Run) -> "RunView":
        """From the store."""
        return cls(
            started_at=run.started_at,
            horizon_at=run.horizon_at,
            finished_at=run.finished_at,
            removed=run.removed,
        )


class ClassView(View):
    """One class of data and how long it is kept."""

    name: RetentionClass
    covers: str = Field(description="What it is, in plain words.")
    keep_s: int | None = Field(
        description="How long it is kept, in seconds; null: for ever, or by the setting alone."
    )
    setting: str = Field(
        description="The setting that bounds it in any case; empty where none does."
    )
    refusal: str = Field(description="Why a workspace has no say; empty where it has.")
    least_s: int = Field(description="The shortest that it may be kept, in seconds.")
    most_s: int = Field(description="The longest but for ever, in seconds.")
    set_at: Instant | None
    set_by: str | None
    set_by_name: ActorName = None
    reason: str | None
    oldest_at: Instant | None = Field(description="The oldest that is kept now, where it is known.")
    last: RunView | None = Field(description="Null where none was, or none is needed.")


class RetentionView(View):
    """Every class, in a fixed order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "classes": [
                        {
                            "name": "dead_letters",
                            "covers": RULES[RetentionClass.DEAD_LETTERS].covers,
                            "keep_s": 2592000,
                            "setting": "",
                            "refusal": "",
                            "least_s": 86400,
                            "most_s": MOST // _SECOND,
                            "set_at": _AT,
                            "set_by": "key:1",
                            "set_by_name": "admin",
                            "reason": "deletion concept 2026",
                            "oldest_at": _AT,
                            "last": {
                                "started_at": _AT,
                                "horizon_at": _AT,
                                "finished_at": _AT,
                                "removed": {"dead_letters": 12},
                            },
                        }
                    ]
                }
            ]
        }
    )

    classes: list[ClassView]


class PartDueView(View):
    """Rows of one kind that would go at once."""

    name: str
    count: Count


class ClassDueView(View):
    """What of a class would go at once."""

    name: RetentionClass
    keep_s: int
    before_s: int | None = Field(description="How long it is kept now; null: for ever.")
    horizon_at: Instant = Field(description="What is older would go.")
    oldest_at: Instant | None
    due: list[PartDueView]

    @classmethod
    def from_due(cls, due: Due, keep_s: int, before_s: int | None) -> "ClassDueView":
        """From the store."""
        return cls(
            name=due.name,
            keep_s=keep_s,
            before_s=before_s,
            horizon_at=due.horizon_at,
            oldest_at=due.oldest_at,
            due=[
                PartDueView(name=part.name, count=Count.from_stored(part.rows))
                for part in due.parts
            ],
        )


class PolicyPreview(View):
    """What a policy would remove at once, by class; nothing of classes that are kept for ever."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "classes": [
                        {
                            "name": "dead_letters",
                            "keep_s": 2592000,
                            "before_s": None,
                            "horizon_at": _AT,
                            "oldest_at": "2025-03-01T09:30:00Z",
                            "due": [
                                {"name": "dead_letters", "count": {"value": 120, "exact": True}}
                            ],
                        }
                    ],
                    "shortened": ["dead_letters"],
                    "fingerprint": FINGERPRINT,
                }
            ]
        }
    )

    classes: list[ClassDueView]
    shortened: list[RetentionClass] = Field(description="Those that are kept for less than now.")
    fingerprint: Digest = Field(description="Quote it when you set the policy.")


def class_view(
    name: RetentionClass, most: timedelta, policy: Policy | None, run: Run | None
) -> ClassView:
    """One class, without its oldest.

    Args:
        name: which.
        most: the longest that it may be kept.
        policy: what the workspace says; None: nothing.
        run: the newest.
    """
    rule = RULES[name]
    return ClassView(
        name=name,
        covers=rule.covers,
        keep_s=policy and policy.keep_s,
        setting=rule.setting,
        refusal=rule.refusal,
        least_s=rule.least // _SECOND,
        most_s=most // _SECOND,
        set_at=policy and policy.set_at,
        set_by=policy and policy.set_by,
        reason=policy and policy.reason,
        oldest_at=None,
        last=None if run is None else RunView.from_run(run),
    )
