"""A real Kafka broker (KRaft, one node) from the jars that Maven resolves.

For tests, where there is no other broker.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

# The client's stubs do not export it.
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from local.servers.address import free_port
from local.servers.process import Command, StartError, run
from local.servers.server import Server

VERSION: Final = "4.1.1"
_FETCH_TIMEOUT_S: Final = 600.0
_FORMAT_TIMEOUT_S: Final = 60.0
_ADMIN_TIMEOUT_S: Final = 20.0

_POM: Final = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>stratum</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{version}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>2.24.3</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId>
      <version>2.24.3</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-1.2-api</artifactId>
      <version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""

_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class KafkaMissingError(StartError):
    """There is no broker and no way to start one; the message says what is missing."""


class EmbeddedKafka(Server):
    """One broker on a loopback port.

    Args:
        data_dir: its files lie below ``data_dir/kafka``; its log in ``data_dir/logs``.
        cache: folder of the jars, filled at first use.

    Raises:
        KafkaMissingError: ``java`` or, with an empty cache, ``mvn`` is not there, or the jars
            cannot be fetched.
    """

    name = "kafka"
    start_timeout_s = 120.0
    stop_timeout_s = 30.0

    def __init__(self, data_dir: Path, cache: Path) -> None:
        data_dir = data_dir.absolute()
        super().__init__(data_dir / "kafka.lock")
        if shutil.which("java") is None:
            raise KafkaMissingError(
                "no Kafka: java (17 or newer) is not installed and STRATUM_TEST_KAFKA=host:port is"
                " not set"
            )
        self._folder = data_dir / "kafka"
        self._log = data_dir / "logs" / "kafka.log"
        self._jars = _jars(cache.absolute() / VERSION)
        self._port, self._controller_port = free_port(), free_port()

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self._port}"

    def prepare(self) -> None:
        """Write the configuration and format the storage at first use."""
        self._folder.mkdir(parents=True, exist_ok=True)
        properties = self._folder / "server.properties"
        logs = self._folder / "data"
        properties.write_text(
            _PROPERTIES.format(port=self._port, controller_port=self._controller_port, logs=logs)
        )
        if not (logs / "meta.properties").exists():
            cluster_id = "c3RyYXR1bS10ZXN0LWthZg"  # 16 bytes in base64, any value does
            arguments = (
                "kafka.tools.StorageTool",
                "format",
                "--standalone",
                "-t",
                cluster_id,
                "-c",
                str(properties),
            )
            run(self._java("kafka-format", "-Xmx256m", arguments), _FORMAT_TIMEOUT_S)

    def command(self) -> Command:
        """The broker."""
        return self._java(
            self.name, "-Xmx512m", ("kafka.Kafka", str(self._folder / "server.properties"))
        )

    def ready(self) -> bool:
        """Whether it answers a request for its metadata."""
        try:
            AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0}).list_topics(
                timeout=1
            )
        except KafkaException:
            return False
        return True

    def _java(self, name: str, memory: str, arguments: tuple[str, ...]) -> Command:
        argv = ("java", "-Xms128m", memory, "-cp", f"{self._jars}{os.sep}*", *arguments)
        return Command(name, argv, log=self._log, cwd=self._folder)


def create_topic(bootstrap_servers: str, name: str, partitions: int) -> None:
    """Make a topic and wait for it.

    Raises:
        KafkaException: the broker refuses or does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1)])[
        name
    ].result(_ADMIN_TIMEOUT_S)


def _jars(folder: Path) -> Path:
    jars = folder / "jars"
    if jars.exists():
        return jars
    if shutil.which("mvn") is None:
        raise KafkaMissingError(
            "no Kafka: mvn is not installed to fetch its jars and STRATUM_TEST_KAFKA=host:port is"
            " not set"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pom.xml").write_text(_POM.format(version=VERSION))
    unfinished = folder / f"jars.{os.getpid()}"
    argv = (
        "mvn",
        "-q",
        "-B",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={unfinished}",
    )
    try:
        run(Command("mvn", argv, log=folder / "mvn.log", cwd=folder), _FETCH_TIMEOUT_S)
    except StartError as error:
        raise KafkaMissingError(f"no Kafka: its jars cannot be fetched: {error}") from error
    unfinished.rename(jars)
    return jars
