"""The built-in identifier kinds, one row each.

Defaults of the settings, normal forms, the places in a record that state them and the kinds whose
shares health watches derive from this table. What a platform takes of a kind is a row in its codec
(`sinks.ads`). A kind that only the settings name is a custom one: it comes in
``context.externalIds`` and is kept as the client spells it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Form(Enum):
    """A normal form; `operators.identity.normalise` has its rule.

    Attributes:
        EXACT: as the client spells it.
        LOWER: in lower case.
        EMAIL: an e-mail address, in lower case.
        PHONE: ITU-T E.164.
    """

    EXACT = auto()
    LOWER = auto()
    EMAIL = auto()
    PHONE = auto()


@dataclass(frozen=True)
class IdentifierKind:
    """One built-in identifier kind.

    Attributes:
        name: as stored, in settings and in the API.
        priority: default of `domain.policies.KindRule.priority`.
        limit: default of `domain.policies.KindRule.limit`.
        form: how its values are normalised.
        trait: the person's trait that states it; empty: none does.
        device: the member of ``context.device`` that states it; empty: none does.
        known: whether it makes an anonymous visitor known, by default.
        matched: whether ad platforms match by it: health watches how many events carry it.
        match_weight: default of what it is worth for being matched by ad platforms.
    """

    name: str
    priority: int
    limit: int
    form: Form = Form.EXACT
    trait: str = ""
    device: str = ""
    known: bool = False
    matched: bool = False
    match_weight: float = 0.0


KINDS: Final = (
    IdentifierKind("user_id", 1, 1, known=True, matched=True, match_weight=1.0),
    IdentifierKind(
        "email", 2, 5, Form.EMAIL, trait="email", known=True, matched=True, match_weight=3.0
    ),
    IdentifierKind(
        "phone", 3, 5, Form.PHONE, trait="phone", known=True, matched=True, match_weight=2.5
    ),
    IdentifierKind(
        "device_id", 4, 20, Form.LOWER, device="advertisingId", matched=True, match_weight=2.0
    ),
    IdentifierKind("anonymous_id", 5, 500, match_weight=0.5),
)
"""In order of strength. ``userId`` and ``anonymousId`` of a record state the first and the last."""
