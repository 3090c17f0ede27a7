"""The people of the shop: who they are, and how each event names them.

Three kinds, told apart by their number: members have an account, subscribers only left their e-mail
address, visitors are known by a cookie alone.
"""

from dataclasses import dataclass
from typing import Any, Final

MEMBERS: Final = 260
"""Numbers from 0 on."""
SUBSCRIBERS: Final = 70
"""Numbers after the members."""
VISITORS: Final = 64
"""Numbers after the subscribers."""
SHOPPERS: Final = MEMBERS + SUBSCRIBERS + VISITORS
_PLANS: Final = ("free", "free", "free", "plus", "plus", "club")
_CITIES: Final = ("Berlin", "Hamburg", "Leipzig", "Vienna", "Zurich")


@dataclass(frozen=True)
class Shopper:
    """One person.

    Attributes:
        number: names everything about them.
    """

    number: int

    @property
    def member(self) -> bool:
        """Whether they have an account."""
        return self.number < MEMBERS

    @property
    def known(self) -> bool:
        """Whether they left an e-mail address."""
        return self.number < MEMBERS + SUBSCRIBERS

    @property
    def in_app(self) -> bool:
        """Whether they use the app, too."""
        return self.member and self.number % 2 == 0

    @property
    def consents(self) -> bool:
        """Whether they agreed to advertising, at first."""
        return self.known and self.number % 5 != 4

    @property
    def email(self) -> str:
        """Their address."""
        return f"shopper{self.number:03}@example.com"

    @property
    def traits(self) -> dict[str, Any]:
        """What their account says."""
        return {
            "email": self.email,
            "plan": _PLANS[self.number % len(_PLANS)],
            "city": _CITIES[self.number % len(_CITIES)],
        } | ({"phone": self.phone} if self.phone else {})

    @property
    def phone(self) -> str:
        """Their number; empty where they left none."""
        return f"+4930900{self.number:05}" if self.member and self.number % 3 == 0 else ""

    def on_web(self, *, tagged: bool) -> dict[str, Any]:
        """The fields by which a web event names them.

        Args:
            tagged: whether the page's tag passes the e-mail address.
        """
        named: dict[str, Any] = {"anonymousId": f"cookie-{self.number:03}"}
        if self.member:
            named["userId"] = f"member-{self.number:03}"
        traits = {"email": self.email} if self.known and tagged else {}
        if self.phone:
            traits["phone"] = self.phone
        if traits:
            named["context"] = {"traits": traits}
        return named

    def in_the_app(self, *, tagged: bool = True, broken: bool = False) -> dict[str, Any]:
        """The fields by which an app event names them.

        Args:
            tagged: whether the app passes the e-mail address.
            broken: whether it passes none that identifies anybody.
        """
        device = {"advertisingId": f"{self.number:08x}-0000-4000-8000-00000000cafe", "type": "ios"}
        context: dict[str, Any] = {"device": device}
        if tagged:
            context["traits"] = {"email": "undefined" if broken else self.email}
        return {"userId": f"member-{self.number:03}", "context": context}
