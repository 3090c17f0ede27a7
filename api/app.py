"""The application that serves requests: the collector, the query API, metrics. Wiring only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from operator import attrgetter
from time import monotonic

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from api import audit
from api.activation import audience_sync_routes as audience_sync
from api.activation import person_audiences_routes as person_audiences
from api.activation import platforms_routes as platforms
from api.alerts import routes as alerts
from api.collector.collector import Collector
from api.collector.settings import settings_routes
from api.export import routes as exports
from api.export.desk import ExportDesk
from api.gate import audience_routes as audience_gate
from api.gate import decisions_routes as decisions
from api.gate import rejudge_routes as rejudge
from api.gate import routes as gate
from api.identity import commands_routes as commands
from api.identity import routes as identity
from api.intake import dead_letters_routes as dead_letters
from api.openapi import document
from api.operation import health_routes as health
from api.operation import statistics_routes as statistics
from api.operation.lag import LagGauge
from api.profiles import events_routes as events
from api.profiles import person_changes_routes as person_changes
from api.profiles import routes as profiles
from api.profiles import why_routes as why
from api.profiles.programs import Programs
from api.profiles.reader import ProfileReader
from api.segments import funnels_routes as funnels
from api.segments import previews_routes as previews
from api.segments import rfm_routes as rfm
from api.segments import routes as segments
from api.segments import statistics_routes as segment_statistics
from api.segments import sweeps_routes as sweeps
from api.segments import traits_routes as traits
from api.segments.preview_desk import PreviewDesk
from api.signals import anomalies_routes as anomalies
from api.signals import routes as signals
from api.web.admission import Admission
from api.web.deps import Keys
from api.web.errors import handle_errors
from api.web.event_log import open_log
from api.web.log_watch import LogWatch, watched
from api.web.observing import Observe
from api.web.problems import DESCRIBED
from api.web.transaction import open_transactions
from config.lag import lag_reader
from config.load import load_settings
from config.settings import Settings
from domain.instants import MS
from sinks.profiles.cache import connect_profile_cache
from store.fetch import Pool, connect_blocking
from store.profiles.statistics import Totals
from store.segments.funnels import Funnels

# Tried in this order; profiles come first, because lookups are what is asked most.
ROUTES = (
    profiles.router,
    why.router,
    alerts.router,
    anomalies.router,
    audience_sync.router,
    audit.router,
    commands.router,
    dead_letters.router,
    decisions.router,
    events.router,
    exports.router,
    funnels.router,
    gate.router,
    audience_gate.router,
    rejudge.router,
    health.router,
    identity.router,
    person_audiences.router,
    person_changes.router,
    platforms.router,
    segment_statistics.router,
    rfm.router,
    previews.router,
    segments.router,
    signals.router,
    statistics.router,
    sweeps.router,
    traits.router,
)

DESCRIPTION = """
Real-time customer data platform with a trust gate.

**Send** events to `/v1/batch` or `/v1/track` with a source's write key;
Segment and RudderStack SDKs work unchanged.
**Ask** below `/cdp/` with an API key: `Authorization: Bearer <key>` or `X-API-Key`.
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
        generate_unique_id_function=attrgetter("name"),
    )
    app.state.settings = settings
    app.add_middleware(Admission, limit_bytes=settings.edge.query_body_limit_bytes)
    app.add_middleware(Observe)
    handle_errors(app)
    for router in ROUTES:
        app.include_router(
            router,
            responses=None if router is health.router else DESCRIBED,
            max_body_size=settings.edge.query_body_limit_bytes,
        )
    collector = Collector(settings.edge.collector, app.state)
    # First, because they are the busiest.
    app.router.routes[:0] = [*collector.routes(), *settings_routes(collector)]
    app.add_api_route("/metrics", metrics, include_in_schema=False)
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
        connect = partial(connect_blocking, settings.postgres.dsn.get_secret_value())
        app.state.lag = lag = LagGauge(lag_reader(settings, connect))
        stack.callback(lag.close)
        url = settings.redis.url.get_secret_value()
        app.state.redis = redis = connect_profile_cache(url, settings.query.hot) if url else None
        if redis is not None:
            stack.push_async_callback(redis.aclose)
        app.state.keys = Keys(pool, settings.edge.keys)
        app.state.totals = Totals(pool, settings.query.statistics)
        app.state.funnels = Funnels(pool, settings.query.funnels)
        app.state.exports = ExportDesk(settings)
        app.state.previews = PreviewDesk(settings, transactions)
        app.state.programs = Programs(transactions, settings.query.definitions_age, monotonic)
        app.state.profiles = ProfileReader(settings, pool, redis, app.state.programs)
        app.state.log_watch = LogWatch(log, settings.log.name, pool, settings.edge.log_watch)
        await stack.enter_async_context(watched(app.state.log_watch))
        yield


@asynccontextmanager
async def open_pool(settings: Settings) -> AsyncIterator[Pool]:
    """Open the pool of connections to Postgres.

    They are made in the background, and again whenever Postgres comes back.
    """
    edge = settings.edge
    limit_ms = edge.statement_timeout // MS
    pool: Pool = AsyncConnectionPool(
        settings.postgres.dsn.get_secret_value(),
        kwargs={
            "application_name": "stratum-api",
            "autocommit": True,
            "options": f"-c statement_timeout={limit_ms}",
        },
        min_size=1,
        max_size=settings.postgres.pool_size,
        timeout=edge.pool_timeout.total_seconds(),
        check=AsyncConnectionPool[AsyncConnection].check_connection,
        open=False,
    )
    await pool.open(wait=False)
    try:
        yield pool
    finally:
        await pool.close()


async def metrics() -> Response:
    """The process's metrics in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
