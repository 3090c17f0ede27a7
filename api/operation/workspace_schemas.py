"""A workspace as clients see it: who it is, and the bounds that they would else write down."""

from datetime import timedelta
from importlib.metadata import version
from typing import Final

from pydantic import Field

from api.segments.rules_schemas import NUMBER_LIMIT, TEXT_LIMIT, example
from api.web.paging import LIMIT_DEFAULT, LIMIT_MAX
from api.web.values import View
from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES, PlatformName
from store.workspaces.registry import WorkspaceRow

VERSION: Final = version("stratum")
_THRESHOLDS: Final = {"healthy": 70.0, "degraded": 40.0}
_KIND: Final = {"kind": "email", "priority": 2, "limit": 5, "known": True, "match_worth": 3.0}
_RULE: Final = {
    "depth_limit": 10,
    "node_limit": 500,
    "text_limit": 1000,
    "number_limit": 2.0**63,
    "segment_limit": 1000,
    "trait_limit": 500,
}
_RANGES: Final = {
    "hours_s": 5356800,
    "days_s": 63158400,
    "volumes_s": 2678400,
    "volume_names": 50,
    "funnel_s": 63158400,
    "throughput_minutes": 15,
}
_REFRESH: Final = {
    "reading_s": 4.0,
    "reading_idle_s": 30.0,
    "stale_after_s": 120.0,
    "definitions_s": 1.0,
    "names_s": 5.0,
}


class HealthThresholds(View):
    """What a score means: below both it is unhealthy."""

    model_config = example(**_THRESHOLDS)

    healthy: float = Field(description="Least score that is healthy.")
    degraded: float = Field(description="Least score that is degraded.")


class KindView(View):
    """One identifier kind."""

    model_config = example(**_KIND)

    kind: str
    priority: int = Field(description="1 is strongest.")
    limit: int = Field(description="How many of this kind one person may have.")
    known: bool = Field(description="Whether it makes an anonymous visitor known.")
    match_worth: float = Field(
        description="What it is worth for being matched by ad platforms; 0 for nothing."
    )


class RuleBounds(View):
    """Bounds of rules and definitions."""

    model_config = example(**_RULE)

    depth_limit: int = Field(description="Nodes inside nodes of one rule.")
    node_limit: int = Field(description="Nodes, steps and property conditions of one rule.")
    text_limit: int = Field(description="Characters of a text in a rule.")
    number_limit: float = Field(description="Numbers of a rule lie below it.")
    segment_limit: int = Field(description="Live and paused segments of a workspace.")
    trait_limit: int = Field(description="Live computed traits of a workspace.")


class StatisticsBounds(View):
    """How far statistics over time may reach."""

    model_config = example(**_RANGES)

    hours_s: float = Field(description="Longest range in hourly steps.")
    days_s: float = Field(description="Longest range in daily steps.")
    volumes_s: float = Field(description="Longest range of event volumes.")
    volume_names: int = Field(description="Event names shown apart at most.")
    funnel_s: float = Field(description="Time within which attempts of a funnel may begin.")
    throughput_minutes: int = Field(description="Minutes of throughput that totals show.")


class RefreshIntervals(View):
    """How often figures change by themselves: asking more often shows nothing new."""

    model_config = example(**_REFRESH)

    reading_s: float = Field(description="A signal with data is read at least this often.")
    reading_idle_s: float = Field(description="Any signal is read at least this often.")
    stale_after_s: float = Field(description="A signal whose newest reading is older is unknown.")
    definitions_s: float = Field(description="Published definitions are in force after this.")
    names_s: float = Field(description="A segment's new name is shown everywhere after this.")


class PageBounds(View):
    """How many items a listing answers with at once."""

    model_config = example(default=50, most=200)

    default: int
    most: int


class WorkspaceView(View):
    """The workspace of the key that asks."""

    model_config = example(
        id=1,
        name="demo",
        time_zone="Europe/Berlin",
        version="0.1.0",
        thresholds=_THRESHOLDS,
        two_persons=False,
        longest_override_s=604800.0,
        order_events=["Order Completed"],
        default_currency="USD",
        known_kinds=["email", "user_id"],
        churn_after_s=7776000.0,
        session_gap_s=1800.0,
        kinds=[_KIND],
        platforms=["meta"],
        rule=_RULE,
        statistics=_RANGES,
        refresh=_REFRESH,
        page={"default": 50, "most": 200},
    )

    id: int
    name: str
    time_zone: str = Field(description="IANA name; calendar days are counted in it.")
    version: str = Field(description="Of Stratum.")
    thresholds: HealthThresholds
    two_persons: bool = Field(description="Whether overrides and releases need a second person.")
    longest_override_s: float = Field(description="An override or a release ends after this.")
    order_events: list[str] = Field(description="Track names that are purchases.")
    default_currency: str = Field(description="ISO 4217 code where an order names none.")
    known_kinds: list[str] = Field(description="Kinds that make an anonymous visitor known.")
    churn_after_s: float = Field(description="Silence after which a customer is churned.")
    session_gap_s: float = Field(description="Silence that ends a session.")
    kinds: list[KindView] = Field(description="Identifier kinds, the strongest first.")
    platforms: list[PlatformName] = Field(description="Ad platforms that there are.")
    rule: RuleBounds
    statistics: StatisticsBounds
    refresh: RefreshIntervals
    page: PageBounds

    @classmethod
    def from_row(cls, row: WorkspaceRow, settings: Settings) -> "WorkspaceView":
        """From the stored workspace and the configuration."""
        profile, gate, signals = settings.profile, settings.gate, settings.signals
        return cls(
            id=row.id,
            name=row.name,
            time_zone=row.time_zone,
            version=VERSION,
            thresholds=HealthThresholds(healthy=signals.healthy, degraded=signals.degraded),
            two_persons=gate.two_persons,
            longest_override_s=gate.longest_override.total_seconds(),
            order_events=sorted(profile.order_events),
            default_currency=profile.default_currency,
            known_kinds=sorted(profile.known_kinds),
            churn_after_s=profile.churn_after.total_seconds(),
            session_gap_s=profile.session_gap.total_seconds(),
            kinds=_kinds(settings),
            platforms=list(PLATFORM_NAMES),
            rule=RuleBounds(
                **vars(settings.definitions), text_limit=TEXT_LIMIT, number_limit=NUMBER_LIMIT
            ),
            statistics=_ranges(settings),
            refresh=_refresh(settings),
            page=PageBounds(default=LIMIT_DEFAULT, most=LIMIT_MAX),
        )


def _kinds(settings: Settings) -> list[KindView]:
    profile = settings.profile
    views = [
        KindView(
            kind=kind,
            priority=rule.priority,
            limit=rule.limit,
            known=kind in profile.known_kinds,
            match_worth=profile.match_weights.get(kind, 0.0),
        )
        for kind, rule in settings.identity.kinds.items()
    ]
    return sorted(views, key=lambda view: (view.priority, view.kind))


def _ranges(settings: Settings) -> StatisticsBounds:
    series, query = settings.query.series, settings.query
    return StatisticsBounds(
        hours_s=series.hours.total_seconds(),
        days_s=series.days.total_seconds(),
        volumes_s=series.volume_range.total_seconds(),
        volume_names=series.volume_names,
        funnel_s=query.funnels.longest.total_seconds(),
        throughput_minutes=query.statistics.throughput_minutes,
    )


def _refresh(settings: Settings) -> RefreshIntervals:
    spans: dict[str, timedelta] = {
        "reading_s": settings.signals.emit_every,
        "reading_idle_s": settings.signals.emit_idle,
        "stale_after_s": settings.gate.staleness,
        "definitions_s": settings.query.definitions_age,
        "names_s": settings.query.names_age,
    }
    return RefreshIntervals(**{name: span.total_seconds() for name, span in spans.items()})
