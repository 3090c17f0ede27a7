"""Rules by hand: every node with every field, every operator with every kind of value."""

from collections.abc import Iterator
from itertools import product
from typing import Final, get_args

from domain.ids import SegmentId
from domain.profiles.profile import Stage
from domain.segments import conditions as ops
from domain.segments import rule
from domain.segments.conditions import Condition
from domain.segments.event_filter import EventFilter, Where
from domain.segments.part import Scalar
from domain.segments.rfm import RFM_SEGMENTS
from domain.segments.rule import Measure, Rule, Step

TEXTS: Final = (
    "pro", "", " ", "“quoted”", '"', "\\", "{value}", "{0} {", "$& $1 $$", "%s", "<b>&amp;</b>",
    "line\nbreak", "tab\t", "Ünïcode", "🛒", "e\u0301", "שלום", "\u202eturned", "null", "true", "1",
    "__proto__", "constructor", "a.b[0]", "x" * 200,
)  # fmt: skip
NUMBERS: Final = (
    0, 1, -1, 18, 500, 2**53 - 1, 1.0, -0.0, 0.1, 2.5, -99.95, 1e-5, 1e-6, 1e-7, 1.5e-7, 5e-324,
    1e15, 1e16, 123456789.125, 9.2e18, 0.1 + 0.2,
)  # fmt: skip
SCALARS: Final[tuple[Scalar, ...]] = (*TEXTS, *NUMBERS, True, False)
INSTANTS: Final = ("2026-01-01", "2026-01-01T12:00:00Z", "2026-03-29T02:30:00+01:00", "20260101")
SPANS: Final = ("1s", "90s", "30m", "4h", "7d", "52w", "731d", "007d")
ORDERED: Final = EventFilter("Order Completed")
SALE: Final = Where("product.on_sale", ops.Equals(True))


def by_hand() -> list[Rule]:
    """All of them."""
    return [
        *(rule.Trait("plan", condition) for condition in conditions()),
        *_groups(), *_facts(), *_behaviours(), *_sequences(),
    ]  # fmt: skip


def spans() -> list[str]:
    """Texts that are spans, and some that are none."""
    return [
        *SPANS, "1m", "60s", "59s", "1w", "104w", "105w", "732d", "17544h", "17545h",
        "", "d", "0d", "-1d", "+1d", "1.5d", "1 d", " 1d", "1d ", "1D", "1y", "1ms", "d1", "1e2s",
        "١d", "9" * 30 + "d",
    ]  # fmt: skip


def conditions() -> Iterator[Condition]:
    """Every operator."""
    for value in SCALARS:
        yield from (ops.Equals(value), ops.NotEquals(value), ops.Contains(value))
    yield from (ops.NotContains(value) for value in ("vip", 1, True))
    for values in (("DE",), ("DE", "AT"), (1, "1", True, 2.5), ()):
        yield from (ops.In(values), ops.NotIn(values))
    for text in TEXTS:
        yield from (ops.StartsWith(text), ops.EndsWith(text))
    yield from (ops.Exists(), ops.NotExists())
    for number in NUMBERS:
        yield from (ops.LessThan(number), ops.AtMost(number))
        yield from (ops.GreaterThan(number), ops.AtLeast(number), ops.Between(number, 1e16))
    for instant in INSTANTS:
        yield from (ops.Before(instant), ops.After(instant))
    for span in SPANS:
        yield from (ops.WithinLast(span), ops.WithinNext(span))


def _groups() -> Iterator[Rule]:
    leaf = rule.Lifecycle((Stage.CUSTOMER,))
    yield from (rule.All(()), rule.Any(()), rule.All((leaf,)), rule.Any((leaf, leaf)))
    yield from (rule.Not(leaf), rule.Not(rule.Not(leaf)), rule.Not(rule.Not(rule.Not(leaf))))
    yield rule.All((rule.Not(rule.Any((leaf, rule.Not(leaf)))), rule.All((rule.All(()),)), leaf))
    deep: Rule = leaf
    for _ in range(12):
        deep = rule.All((deep,))
    yield deep


def _facts() -> Iterator[Rule]:
    for name in TEXTS:
        yield from (rule.Trait(name, ops.Exists()), rule.Computed(name, ops.AtLeast(3)))
        yield from (rule.Consent(name), rule.Consent(name, granted=False))
    for count in range(len(Stage) + 1):
        yield rule.Lifecycle(tuple(Stage)[:count])
    yield from (rule.HasIdentifier("email", least) for least in (1, 2, 1_000))
    yield from (rule.Member(SegmentId(number)) for number in (0, 7, 2**31 - 1))
    scores = (None, (1, 2), (5, 5))
    for recency, frequency, monetary in product(scores, scores, scores):
        yield rule.Rfm(recency, frequency, monetary)
    yield from (rule.Rfm(segments=RFM_SEGMENTS), rule.Rfm((1, 5), None, None, ("champions",)))
    yield from (rule.Rfm((4, 2)), rule.Rfm(segments=("nobody",)))


def _behaviours() -> Iterator[Rule]:
    kinds = ("track", "page", "screen", "identify", "group", "alias")
    for kind, name in product(kinds, ("Order Completed", None, "")):
        yield rule.Behaviour(EventFilter(name, kind))  # type: ignore[arg-type]  # one of the six
    for name in TEXTS:
        yield rule.Behaviour(EventFilter(name), window="30d")
        yield rule.Behaviour(EventFilter("x", where=(Where(name or "y", ops.Equals(name)),)))
    measures: tuple[Measure, ...] = get_args(Measure)
    for measure, prop, window in product(measures, (None, "revenue"), (None, "90d", "30s")):
        yield rule.Behaviour(ORDERED, measure, prop, window)
        yield rule.Behaviour(ORDERED, measure, prop, window, ops.Before("2026-01-01"))
    yield from (rule.Behaviour(ORDERED, condition=condition) for condition in one_of_each())
    for condition in one_of_each():
        filtered = EventFilter("Order Completed", where=(SALE, Where("x.y", condition)))
        yield rule.Behaviour(filtered, "sum", "revenue", "1h", ops.LessThan(1))


def _sequences() -> Iterator[Rule]:
    first, blocker = Step(EventFilter("Product Added", where=(SALE,))), EventFilter("Cart Emptied")
    yield from (rule.Sequence((first,)), rule.Sequence((first,) * 9))
    for within, without, absent, window in product(
        (None, "30m"), ((), (blocker,), (blocker, ORDERED)), (False, True), (None, "7d")
    ):
        yield rule.Sequence((first, Step(ORDERED, within, without, absent)), window)
    yield rule.Sequence((Step(ORDERED, "1d", (blocker,)), Step(ORDERED, "1d", absent=True), first))


def one_of_each() -> Iterator[Condition]:
    """Every operator once, as it documents itself; bounds of lists as tuples."""
    for operator in get_args(Condition):
        fields = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in operator.example.items()
        }
        yield operator(**fields)
