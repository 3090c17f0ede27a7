"""The outcome of an operation at a platform: delivered, to be retried, or rejected.

What is delivered has one type per kind of answer, all of them `Delivered`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Delivered:
    """The platform did it; the answer to a `Delete`, and what all good answers have.

    Attributes:
        pause_s: stay away for so long: the platform says that its limit is near.
    """

    pause_s: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True)
class Found(Delivered):
    """The answer to a `Create`, and to a `Find`.

    Attributes:
        platform_id: the audience; empty where a `Find` has not found it.
        after: where such a `Find` continues; empty at the end of the list.
    """

    platform_id: str = ""
    after: str = ""


@dataclass(frozen=True)
class Written(Delivered):
    """The answer to a `Write` that is done.

    Attributes:
        rows: rows that the platform took in.
        invalid: rows that it says it could not use; an estimate where it blurs that.
    """

    rows: int = 0
    invalid: int = 0


@dataclass(frozen=True)
class Accepted(Delivered):
    """The answer to a `Write` that the platform takes in now and processes later.

    Attributes:
        rows: rows that it took in.
        receipt: what `Status` asks about.
        receipt_after_s: seconds from now before which asking is of no use.
    """

    rows: int
    receipt: str
    receipt_after_s: float


@dataclass(frozen=True)
class Described(Delivered):
    """The answer to a `Read`: size and state; safe to show."""

    readback: Mapping[str, int | str]


@dataclass(frozen=True)
class Processed(Delivered):
    """The answer to a `Status`.

    Attributes:
        rows: rows that the platform has looked at.
        invalid: rows that it could not use.
        readback: result and counts; safe to show.
    """

    rows: int
    invalid: int
    readback: Mapping[str, int | str]


@dataclass(frozen=True)
class Retry:
    """Not done, or nobody knows; try again.

    Attributes:
        reason: code: ``throttled``, ``busy``, ``transient``, ``html``, ``timeout``, ``connection``,
            ``unexpected``.
        after_s: earliest seconds from now as the platform asks; None leaves it to the policy.
    """

    reason: str
    after_s: float | None = None


@dataclass(frozen=True)
class Rejected:
    """Not done, and trying again changes nothing until a person acts.

    Attributes:
        reason: code: ``reauth``, ``permission``, ``terms``, ``missing``, ``invalid``, ``policy``.
        detail: the platform's code and subcode; never its free text, which may repeat what we sent.
        advice: what to do, for a person.
        rows: places of the rows of a `Write` that the platform objects to; the request passes
            without them. Empty where the objection is not about single rows.
    """

    reason: str
    detail: str = ""
    advice: str = ""
    rows: tuple[int, ...] = ()


Outcome: TypeAlias = Delivered | Retry | Rejected
