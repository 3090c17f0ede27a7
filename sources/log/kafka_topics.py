"""Whether topics are still those that the stored positions are of.

A topic that was deleted and created again counts its offsets from the beginning again, and a
position of the earlier one may lie in its middle. So positions are kept with the id of their topic,
and partitions of another topic of that name begin at 0. The id is asked for on assignment and now
and then; what was read of the new topic before that is read again, and known by its message ids.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient

from sources.log.kafka_params import KafkaLogParams
from sources.log.positions import Positions

logger = structlog.get_logger(__name__)

_NO_ORIGIN: Final = str(Uuid(0, 0))
"""The id of a topic at brokers that give none."""
_ASKED_AGAIN: Final = frozenset(
    getattr(KafkaError, name)
    for name in (
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_TRANSPORT",
        "_ALL_BROKERS_DOWN",
        "REQUEST_TIMED_OUT",
        "LEADER_NOT_AVAILABLE",
        "UNKNOWN_TOPIC_OR_PART",
    )
)
"""Errors by which a broker does not return a topic's id now, but may later.

Meanwhile the topic's partitions are not read.
"""


class Topics:
    """The topics of a log, and which of them are proven to be those of the positions.

    Args:
        admin: tells the ids of topics.
        positions: kept with them.
        params: which topics, and how often they are asked about.
    """

    def __init__(self, admin: AdminClient, positions: Positions, params: KafkaLogParams) -> None:
        self._admin = admin
        self._positions = positions
        self._params = params
        self._unproven: set[str] = set()
        self._known: dict[str, str] = {}
        self._silent: dict[str, str] = {}
        self._described: Mapping[str, Future[Any]] = {}
        self._prove_at = self._watch_at = 0.0

    def doubt(self, topics: Iterable[str]) -> None:
        """Ask for the ids of these before their positions are used."""
        self._unproven.update(topics)
        self._prove_at = 0.0

    def is_proven(self, topic: str) -> bool:
        """Whether its positions are known to be its own."""
        return topic not in self._unproven

    def watch(self) -> None:
        """Drop the positions of topics that were deleted and created again; then ask again."""
        if monotonic() < self._watch_at or not all(
            future.done() for future in self._described.values()
        ):
            return
        told = self._origins(self._described)
        self._unproven.update(
            topic for topic, origin in told.items() if origin and origin != self._known.get(topic)
        )
        self._described = self._describe(
            [topic for topic in self._params.topics if self._positions.assigned(topic)]
        )
        self._watch_at = monotonic() + self._params.watch_interval.total_seconds()

    def prove(self) -> None:
        """Make sure that positions are of the topics that there are now.

        Before that those of new partitions stay unknown. All partitions of a topic are proved at
        once, so that what is known of it holds for all.

        Raises:
            StoreUnavailable: to be tried again.
        """
        if not self._unproven or monotonic() < self._prove_at:
            return
        for topic, origin in self._origins(self._describe(sorted(self._unproven))).items():
            partitions = sorted(self._positions.assigned(topic))
            for partition in (
                self._positions.begin_at_origin(topic, partitions, origin) if origin else ()
            ):
                self._positions.reset(topic, partition)
                logger.error("log_made_anew", log=topic, partition=partition)
            self._known[topic] = origin
            self._unproven.discard(topic)
        self._prove_at = monotonic() + self._params.read.retry_pause.total_seconds()

    def proven(self) -> set[tuple[str, int]]:
        """Return the partitions whose positions are known to belong to the present topic."""
        proven = (topic for topic in self._params.topics if topic not in self._unproven)
        return {
            (topic, partition) for topic in proven for partition in self._positions.assigned(topic)
        }

    def _describe(self, topics: list[str]) -> Mapping[str, Future[Any]]:
        limit_s = self._params.watermark_limit.total_seconds()
        return (
            self._admin.describe_topics(TopicCollection(topics), request_timeout=limit_s)
            if topics
            else {}
        )

    def _origins(self, described: Mapping[str, Future[Any]]) -> dict[str, str]:
        """The ids of topics, empty where there is none or it may not be asked for.

        Topics that have to be described again are left out.
        """
        found: dict[str, str] = {}
        for topic, future in described.items():
            try:
                origin = str(future.result().topic_id)
            except KafkaException as error:
                reason = error.args[0].name()
                if self._silent.get(topic) != reason:  # said once
                    logger.warning("topic_not_described", log=topic, reason=reason)
                self._silent[topic] = reason
                if error.args[0].code() not in _ASKED_AGAIN:
                    found[topic] = ""
            else:
                self._silent.pop(topic, None)
                found[topic] = "" if origin == _NO_ORIGIN else origin
        return found
