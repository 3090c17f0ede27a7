"""Every setting, frozen and validated at boot; unknown keys are errors.

Parameters of a lower layer are declared in that layer.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, create_model

from config.alerting import Alerts
from config.collector import EdgeParams
from config.consent import ConsentParams
from config.embedded import EmbeddedParams
from config.live import LiveParams
from config.observing import MetricsParams
from config.opendsr import OpenDsrParams
from config.platforms import SECTIONS, PlatformSettings
from config.privacy import PrivacyParams
from domain.policies import IdentityRules, ProfileRules
from operators.gate.params import GateParams
from operators.rules.references import DefinitionParams
from operators.signals.params import HealthParams
from sinks.activation.params import DeliveryParams
from sinks.export.run import ExportParams
from sinks.intake.kafka import KafkaAppendParams
from sinks.intake.valkey import ValkeyAppendParams
from sinks.profiles.cache import ProfileCacheParams
from sources.feed import ReadParams
from sources.log.leases import LeaseParams
from sources.log.valkey import TrimParams
from sources.segments import SweepParams
from store.erasure.params import ErasureParams
from store.intake.partitions import Watched
from store.profiles.feed import FeedParams
from store.profiles.pages import PagingParams
from store.profiles.statistics import StatisticsParams
from store.retention.params import RetentionParams
from store.segments.funnels import FunnelParams
from store.segments.preview import PreviewParams
from store.segments.rfm_refresh import RfmRefreshParams
from store.segments.statistics import SeriesParams


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """Where the collector and the query API listen."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    processes: int = Field(1, ge=1, le=64)


class Postgres(_Section):
    """The store. The embedded stack overrides `dsn`."""

    dsn: SecretStr = SecretStr("")
    pool_size: int = Field(8, ge=1)


class Redis(_Section):
    """Hot lookups, leases and the embedded log. The embedded stack overrides `url`."""

    url: SecretStr = SecretStr("")


class Kafka(_Section):
    """Only read when `log.kind` is kafka. The collector writes to the first topic.

    `options` go to librdkafka as they are.
    """

    bootstrap_servers: str = ""
    group: str = "stratum-profiles"
    topics: tuple[str, ...] = Field(("stratum.events",), min_length=1)
    options: dict[str, str] = {}
    append: KafkaAppendParams = KafkaAppendParams()


class Log(_Section):
    """The durable event log between the collector and the engine."""

    kind: Literal["valkey", "kafka"] = "valkey"
    name: str = "stratum.events"
    partitions: int = Field(8, ge=1, le=1024)
    retention_s: int = Field(3600, ge=0)
    still_after: timedelta = timedelta(minutes=1)
    kafka: Kafka = Kafka()
    append: ValkeyAppendParams = ValkeyAppendParams()
    read: ReadParams = ReadParams()
    leases: LeaseParams = LeaseParams()
    trim: TrimParams = TrimParams()

    @property
    def watched(self) -> Watched:
        """The partitions that must advance."""
        if self.kind == "kafka":
            return Watched(self.kafka.topics, None, self.still_after)
        return Watched((self.name,), self.partitions, self.still_after)


class Engine(_Section):
    """The profiles workers."""

    workers: int = Field(2, ge=1)
    batch_records: int = Field(4000, ge=1)
    cache_people: int = Field(100_000, ge=0)
    retries: int = Field(50, ge=1)
    wake_interval_s: float = Field(0.1, gt=0)
    wake_batch: int = Field(1000, ge=1)
    wake_wait_limit_s: float = Field(60.0, ge=0)
    rest_s: float = Field(300.0, gt=0)


class Query(_Section):
    """Bounds of the query API.

    `names_age` is how long names of segments are kept, `health_timeout` the longest wait for a sign
    of life.
    """

    hot: ProfileCacheParams = ProfileCacheParams()
    paging: PagingParams = PagingParams()
    statistics: StatisticsParams = StatisticsParams()
    funnels: FunnelParams = FunnelParams()
    preview: PreviewParams = PreviewParams()
    series: SeriesParams = SeriesParams()
    feed: FeedParams = FeedParams()
    live: LiveParams = LiveParams()
    citations: int = Field(20, ge=1, le=1000)
    names_age: timedelta = timedelta(seconds=5)
    definitions_age: timedelta = timedelta(seconds=1)
    health_timeout: timedelta = timedelta(seconds=2)
    identifier_preview: int = Field(10, ge=1, le=1000)
    node_limit: int = Field(500, ge=1)
    link_limit: int = Field(1000, ge=1)


class Dashboard(_Section):
    """The page for browsers; `folder` is where its build is, None: beside the packages."""

    enabled: bool = True
    folder: Path | None = None


S = TypeVar("S", bound=BaseModel)


def _with_platforms(cls: type[S]) -> type[S]:
    """Add the section of every platform under its name."""
    sections: dict[str, Any] = {name: (section, section()) for name, section in SECTIONS.items()}
    return create_model(cls.__name__, __base__=cls, __module__=cls.__module__, **sections)


@_with_platforms
class Settings(_Section):
    """The whole configuration. See ``stratum.yaml`` for every default with its meaning."""

    data_dir: Path = Path(".stratum")
    server: Server = Server()
    postgres: Postgres = Postgres()
    redis: Redis = Redis()
    log: Log = Log()
    engine: Engine = Engine()
    edge: EdgeParams = EdgeParams()
    embedded: EmbeddedParams = EmbeddedParams()
    identity: IdentityRules = IdentityRules()
    profile: ProfileRules = ProfileRules()
    privacy: PrivacyParams = PrivacyParams()
    opendsr: OpenDsrParams = OpenDsrParams()
    consent: ConsentParams = ConsentParams()
    definitions: DefinitionParams = DefinitionParams()
    sweeps: SweepParams = SweepParams()
    rfm: RfmRefreshParams = RfmRefreshParams()
    query: Query = Query()
    dashboard: Dashboard = Dashboard()
    delivery: DeliveryParams = DeliveryParams()
    exports: ExportParams = ExportParams()
    erasure: ErasureParams = ErasureParams()
    retention: RetentionParams = RetentionParams()
    metrics: MetricsParams = MetricsParams()
    signals: HealthParams = HealthParams()
    gate: GateParams = GateParams()
    alerts: Alerts = Alerts()

    @property
    def platforms(self) -> Mapping[str, PlatformSettings]:
        """The sections of all platforms, which are settings under their own names."""
        return {name: getattr(self, name) for name in SECTIONS}
