"""Small values that many answers share: instants, counts, money, the person who asks."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic_core import PydanticCustomError

from domain.instants import clamped_utc
from domain.money import decimal_string
from domain.profiles.leaf import Revenue
from domain.values import Json
from store.counting import Count as StoredCount


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar holds this instant in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with its zone; answered in UTC."""


def _no_truth(value: Json) -> Json:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
"""A whole number in a body: `false` is none."""


def now() -> datetime:
    """The current instant, aware UTC."""
    return datetime.now(UTC)


def instant(at_ms: int) -> datetime:
    """Aware UTC instant of milliseconds since 1970, within the years 1 to 9999."""
    return clamped_utc(at_ms)


def instant_or_none(at_ms: int) -> datetime | None:
    """Like `instant`, where 0 stands for never."""
    return instant(at_ms) if at_ms else None


class View(BaseModel):
    """Base of all answers: frozen, and nothing in them that the schema does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(BaseModel):
    """Base of all request bodies: unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Count(View):
    """How many there are; `exact` is false where it is the database planner's estimate."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": 23570, "exact": True}]})

    value: int = Field(ge=0)
    exact: bool

    @classmethod
    def from_stored(cls, count: StoredCount) -> "Count":
        """From the store's count."""
        return cls(value=count.value, exact=count.exact)


class Money(View):
    """Purchases in one currency."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"currency": "USD", "orders": 3, "amount_minor": 4711, "amount": "47.11"}]
        }
    )

    currency: str = Field(description="ISO 4217 code.")
    orders: int = Field(description="Number of purchases.")
    amount_minor: int = Field(description="Their sum in the currency's minor unit.")
    amount: str = Field(description="The same sum as a decimal number.")

    @classmethod
    def from_revenue(cls, currency: str, revenue: Revenue) -> "Money":
        """From orders and minor units."""
        return cls(
            currency=currency,
            orders=revenue.orders,
            amount_minor=revenue.amount_minor,
            amount=decimal_string(revenue.amount_minor, currency),
        )


JsonValue = Any
"""Any JSON value, as the client sent it."""
