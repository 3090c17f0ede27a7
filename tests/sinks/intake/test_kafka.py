"""The writing end of a log on Kafka, as far as no broker is needed."""

import asyncio

from domain.intake.log_refusal import LogRefusal
from sinks.intake.kafka import KafkaAppender, KafkaAppendParams


def test_a_look_during_which_the_producer_is_replaced_finds_the_log_away() -> None:
    async def look() -> LogRefusal | None:
        log = KafkaAppender("127.0.0.1:1", "events", {}, KafkaAppendParams())
        log._closing.set()
        await asyncio.to_thread(log._reporter.join)
        log._producer.close()
        refusal = await log.refusal()
        return refusal.reason if refusal else None

    assert asyncio.run(look()) is LogRefusal.AWAY
