"""The application that serves requests: the collector, the query API, metrics. Wiring only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from operator import attrgetter
from time import monotonic
from typing import Final

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.access import keys_routes as keys
from api.access import login_routes as login
from api.access import sources_routes as sources
from api.access.attempts import Attempts
from api.activation import audience_people_routes as audience_people
from api.activation import audience_settings_routes as audience_settings
from api.activation import audience_sync_routes as audience_sync
from api.activation import person_audiences_routes as person_audiences
from api.activation import platforms_routes as platforms
from api.activation import push_previews_routes as push_previews
from api.activation import push_statistics_routes as push_statistics
from api.activation import pushes_routes as pushes
from api.alerts import routes as alerts
from api.audit import routes as audit
from api.audit.desk import AuditDesk
from api.catalogue import people_routes as catalogue_people
from api.catalogue import routes as catalogue
from api.collector.collector import BATCH_PATHS, SINGLE_PATHS, Collector
from api.collector.settings import RUDDER_PATHS, SEGMENT_PATH, settings_routes
from api.export import routes as exports
from api.export.desk import ExportDesk
from api.gate import audience_routes as audience_gate
from api.gate import decisions_routes as decisions
from api.gate import rejudge_routes as rejudge
from api.gate import routes as gate
from api.gate.verdicts import VerdictCounts
from api.identity import commands_routes as commands
from api.identity import routes as identity
from api.identity import unmerge_preview_routes as unmerge_preview
from api.insight import funnels_routes as funnels
from api.insight import rfm_routes as rfm
from api.insight import traits_routes as traits
from api.intake import dead_letters_routes as dead_letters
from api.intake import statistics_routes as dead_letter_statistics
from api.intake.log_watch import LogWatch, watched
from api.live import routes as live
from api.live.hub import Hub
from api.middleware.admission import LOGIN_LIMIT_BYTES, Admission
from api.middleware.default_headers import DefaultHeaders, first_part
from api.middleware.observing import Observe
from api.openapi import document
from api.opendsr import routes as opendsr
from api.operation import health_routes as health
from api.operation import hours_routes as hours
from api.operation import statistics_routes as statistics
from api.operation import workspace_routes as workspace
from api.operation.lag import LagGauge
from api.pages.routes import add_pages
from api.privacy import access_routes as privacy_access
from api.privacy import erasures_routes as erasures
from api.privacy import map_routes as data_map
from api.privacy import requests_routes as privacy_requests
from api.privacy import restrictions_routes as restrictions
from api.privacy import retention_routes as retention
from api.profiles import consent_routes as consent
from api.profiles import events_routes as events
from api.profiles import feed_routes as feed
from api.profiles import members_routes as members
from api.profiles import person_changes_routes as person_changes
from api.profiles import routes as profiles
from api.profiles import stating_routes as stating
from api.profiles.programs import Programs
from api.profiles.reader import ProfileReader
from api.segments import previews_routes as previews
from api.segments import routes as segments
from api.segments import statistics_routes as segment_statistics
from api.segments import sweeps_routes as sweeps
from api.segments import volumes_routes as volumes
from api.segments.preview_desk import PreviewDesk
from api.signals import anomalies_routes as anomalies
from api.signals import readings_routes as readings
from api.signals import routes as signals
from api.signals import series_routes as series
from api.signals import timelines_routes as timelines
from api.web.concurrency import HeavyReads
from api.web.connected import Connected
from api.web.deps import Keys
from api.web.errors import handle_errors
from api.web.problems import DESCRIBED
from api.web.transaction import open_transactions
from api.why import draft_routes as draft_why
from api.why import routes as why
from config.event_log import open_log
from config.lag import lag_reader
from config.load import load_settings
from config.opendsr import read_files
from config.settings import Settings
from sinks.profiles.cache import connect_profile_cache
from store import limited
from store.fetch import Pool
from store.profiles.hours import Hours
from store.profiles.statistics import Totals
from store.segments.funnels import Funnels

_KNOWN_KEYS: Final = 2
"""Connections for keys and logins that are known, beside those that nobody knows yet."""

# Tried in this order; profiles come first, because lookups are what is asked most.
ROUTES = (
    profiles.router,
    why.router,
    alerts.router,
    anomalies.router,
    audience_sync.router,
    audience_settings.router,
    audience_people.router,
    audit.router,
    catalogue.router,
    catalogue_people.router,
    commands.router,
    unmerge_preview.router,
    data_map.router,
    dead_letters.router,
    dead_letter_statistics.router,
    decisions.router,
    consent.router,
    stating.router,
    events.router,
    erasures.router,
    restrictions.router,
    exports.router,
    feed.router,
    funnels.router,
    gate.router,
    audience_gate.router,
    rejudge.router,
    health.router,
    hours.router,
    identity.router,
    keys.router,
    login.router,
    live.router,
    opendsr.router,
    person_audiences.router,
    person_changes.router,
    platforms.router,
    pushes.router,
    push_previews.router,
    push_statistics.router,
    privacy_access.router,
    privacy_requests.router,
    retention.router,
    readings.router,
    segment_statistics.router,
    rfm.router,
    previews.router,
    draft_why.router,
    segments.router,
    members.router,
    timelines.router,  # before the signal that its path would name
    signals.router,
    series.router,
    sources.router,
    statistics.router,
    sweeps.router,
    traits.router,
    workspace.router,
    volumes.router,
)

_INTAKE: Final = {
    first_part(path) for path in (*BATCH_PATHS, *SINGLE_PATHS, SEGMENT_PATH, *RUDDER_PATHS)
}
"""First parts of the paths that events are sent to."""

DESCRIPTION = """
Real-time customer data platform with a trust gate.

**Send** events to `/v1/batch` or `/v1/track` with a source's write key;
Segment and RudderStack SDKs work unchanged.
**Ask** below `/cdp/` with an API key: `Authorization: Bearer <key>` or `X-API-Key`.
Browsers exchange it for a cookie: `POST /cdp/login`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; its connections are opened when it starts and closed when it ends.

    Postgres, Redis and the log may be away when it starts: what needs them answers 503 until they
    come.

    Args:
        settings: the configuration; default what `config.load` reads.
    """
    settings = load_settings() if settings is None else settings

    app = FastAPI(
        title="Stratum",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # an address would be made of whatever host the request names
        generate_unique_id_function=attrgetter("name"),
    )
    app.state.settings = settings
    app.state.signer = read_files(settings.opendsr)
    app.add_middleware(Connected)
    app.add_middleware(Admission, limit_bytes=settings.edge.query_body_limit_bytes)
    app.add_middleware(Observe)
    app.add_middleware(DefaultHeaders, bare=_INTAKE)
    handle_errors(app)
    for router in ROUTES:
        app.include_router(
            router,
            responses=None if router in (health.router, opendsr.router) else DESCRIBED,
            max_body_size=LOGIN_LIMIT_BYTES
            if router is login.router
            else settings.edge.query_body_limit_bytes,
        )
    collector = Collector(settings.edge.collector, app.state)
    # First, because they are the busiest.
    app.router.routes[:0] = [*collector.routes(), *settings_routes(collector)]
    app.add_api_route("/metrics", metrics, include_in_schema=False)
    add_pages(app, settings.dashboard)
    document(app)
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what requests depend on, as attributes of ``app.state``, and close it at the end."""
    settings: Settings = app.state.settings
    async with AsyncExitStack() as stack:
        app.state.log = log = open_log(settings)
        stack.push_async_callback(log.close)
        app.state.pool = pool = await stack.enter_async_context(open_pool(settings))
        app.state.transactions = transactions = await stack.enter_async_context(
            open_transactions(settings)
        )
        # Read at once or not at all.
        waits = replace(settings.edge.waits, statement=settings.edge.pool_timeout)
        connect = partial(limited.connect, settings.postgres.dsn.get_secret_value(), waits)
        app.state.lag = lag = LagGauge(lag_reader(settings, connect))
        stack.callback(lag.close)
        url = settings.redis.url.get_secret_value()
        app.state.redis = redis = connect_profile_cache(url, settings.query.hot) if url else None
        if redis is not None:
            stack.push_async_callback(redis.aclose)
        # Reserved, so that callers are known and readiness answers however long all others read.
        app.state.reserved_pool = reserved = await stack.enter_async_context(
            open_pool(settings, settings.edge.keys.lookups_limit + _KNOWN_KEYS)
        )
        app.state.keys = Keys(reserved, settings.edge)
        app.state.attempts = Attempts(settings.edge.login.attempts_per_minute, monotonic)
        app.state.totals = Totals(pool, settings.query.statistics)
        app.state.hours = Hours(pool, settings.query.statistics, settings.log.watched)
        app.state.shared_hours = hours.SharedHours(hours.stands_s)
        app.state.heavy_reads = heavy = HeavyReads(
            settings.postgres.pool_size,
            settings.query.preview.at_once,
            settings.query.funnels.at_once,
        )
        app.state.verdicts = VerdictCounts(transactions, settings.gate, heavy.verdicts)
        app.state.live = hub = Hub(
            pool,
            app.state.totals,
            settings.query.live,
            settings.log.watched,
            settings.edge.login.idle,
        )
        stack.callback(hub.close)
        app.state.funnels = Funnels(pool, settings.query.funnels)
        app.state.exports = ExportDesk(settings)
        app.state.audit = AuditDesk(settings)
        app.state.previews = PreviewDesk(settings, transactions, heavy.segment_previews)
        app.state.programs = Programs(transactions, settings.query.definitions_age, monotonic)
        app.state.profiles = ProfileReader(settings, pool, redis, app.state.programs)
        app.state.log_watch = LogWatch(log, settings.log.name, pool, settings.edge.log_watch)
        await stack.enter_async_context(watched(app.state.log_watch))
        yield


@asynccontextmanager
async def open_pool(settings: Settings, size: int | None = None) -> AsyncIterator[Pool]:
    """Open a pool of connections to Postgres.

    They are made in the background, and again whenever Postgres comes back.

    Args:
        settings: of the process.
        size: at most so many connections; None: ``postgres.pool_size``.

    Yields:
        The pool, open; it is closed afterwards.
    """
    pool = limited.LimitedAsyncPool(
        settings.postgres.dsn.get_secret_value(),
        settings.edge.waits,
        size or settings.postgres.pool_size,
        "stratum-api",
    )
    await pool.open(wait=False)
    try:
        yield pool
    finally:
        await pool.close()


async def metrics() -> Response:
    """The process's metrics in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
