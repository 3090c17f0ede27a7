"""The embedded log's writing end on a real server: packing, order, sharing of writes, refusals."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from domain.intake.log_refusal import LogRefusal
from domain.intake.partitioning import partition_of
from sinks.intake.log import Entry, LogFullError, LogUnavailableError
from sinks.intake.valkey import ValkeyAppender, ValkeyAppendParams
from sinks.intake.valkey_guard import GuardParams
from tests.support.appending import append_once

PARTITIONS = 4


def entries(count: int, size: int = 10) -> list[Entry]:
    """Records of some people, numbered."""
    return [(b"u%d" % (number % 11), b"%0*d" % (size, number)) for number in range(count)]


def packed(url: str, partition: int) -> list[dict[bytes, bytes]]:
    """The entries of one stream, in order."""
    with redis.Redis.from_url(url) as client:
        return [fields for _, fields in client.xrange(f"log:{partition}")]


def values(url: str) -> list[list[bytes]]:
    """The records of every stream, in order."""
    return [
        [value for fields in packed(url, partition) for value in fields.values()]
        for partition in range(PARTITIONS)
    ]


def on_log(
    url: str,
    work: Callable[[ValkeyAppender], Coroutine[Any, Any, None]],
    params: ValkeyAppendParams | None = None,
) -> None:
    """Do something with an open log."""

    async def run() -> None:
        log = ValkeyAppender(url, "log", PARTITIONS, params or ValkeyAppendParams())
        await work(log)
        await log.close()

    asyncio.run(run())


def test_records_lie_in_the_partition_of_their_key_in_order(valkey_url: str) -> None:
    sent = entries(500)
    append_once(lambda: ValkeyAppender(valkey_url, "log", PARTITIONS, ValkeyAppendParams()), sent)
    expected = [
        [value for key, value in sent if partition_of(key, PARTITIONS) == partition]
        for partition in range(PARTITIONS)
    ]
    assert values(valkey_url) == expected


def test_a_group_that_cannot_be_written_costs_the_others_nothing_and_is_not_quoted(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(key: bytes, partitions: int) -> int:
        if key == b"mary@example.com":
            raise ValueError(key)  # stands for any mistake of ours in packing
        return partition_of(key, partitions)

    monkeypatch.setattr("sinks.intake.valkey_wire.partition_of", odd)

    async def work(log: ValkeyAppender) -> None:
        with pytest.raises(LogUnavailableError) as refused:
            await log.append([(b"mary@example.com", b"u")])
        assert refused.value.reason is LogRefusal.REFUSED
        await log.append([(b"u", b"after")])

    with capture_logs() as logs:
        on_log(valkey_url, work)
    assert values(valkey_url)[partition_of(b"u", PARTITIONS)] == [b"after"]
    (told,) = logs
    assert (told["event"], told["reason"]) == ("group_not_written", "ValueError")
    assert told.keys() == {"event", "reason", "where", "log_level"}
    assert "mary" not in str(told)


def test_an_entry_packs_records_under_numbers_up_to_its_limits(valkey_url: str) -> None:
    one_person = [(b"u", b"%04d" % number) for number in range(10)] + [
        (b"u", b"x" * 50),
        (b"u", b"y" * 500),
        (b"u", b"z"),
    ]
    params = ValkeyAppendParams(pack_records=4, pack_bytes=60)
    append_once(lambda: ValkeyAppender(valkey_url, "log", PARTITIONS, params), one_person)
    found = packed(valkey_url, partition_of(b"u", PARTITIONS))
    assert [list(fields) for fields in found] == [[b"0", b"1", b"2", b"3"]] * 2 + [
        [b"0", b"1", b"2"],
        [b"0"],
        [b"0"],
    ]
    assert [value for fields in found for value in fields.values()] == [
        value for _, value in one_person
    ]


def test_appends_at_the_same_time_share_a_write(valkey_url: str) -> None:
    async def work(log: ValkeyAppender) -> None:
        await asyncio.gather(*(log.append([(b"u", b"%d" % number)]) for number in range(100)))

    on_log(valkey_url, work)
    found = packed(valkey_url, partition_of(b"u", PARTITIONS))
    assert [value for fields in found for value in fields.values()] == [
        b"%d" % number for number in range(100)
    ]
    assert len(found) < 10


def test_nothing_to_append_is_done_at_once(valkey_url: str) -> None:
    on_log(valkey_url, lambda log: log.append([]))
    assert values(valkey_url) == [[]] * PARTITIONS


def test_more_waiting_than_the_limit_pushes_back(valkey_url: str) -> None:
    async def work(log: ValkeyAppender) -> None:
        answers = await asyncio.gather(
            *(log.append(entries(10, 100)) for _ in range(50)), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, LogFullError)]
        assert {answer.reason for answer in refused} == {LogRefusal.BUSY}
        assert len(refused) < 50

    on_log(valkey_url, work, ValkeyAppendParams(waiting_limit_bytes=20_000))
    assert sum(len(each) for each in values(valkey_url)) % 10 == 0


def test_a_request_that_is_given_up_disturbs_no_other(valkey_url: str) -> None:
    async def work(log: ValkeyAppender) -> None:
        tasks = [asyncio.create_task(log.append([(b"u", b"%d" % number)])) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks[1::2])

    on_log(valkey_url, work)
    assert {b"%d" % number for number in range(1, 20, 2)} <= {
        value for each in values(valkey_url) for value in each
    }


def test_closing_writes_what_waits_and_then_refuses(valkey_url: str) -> None:
    async def run() -> None:
        log = ValkeyAppender(valkey_url, "log", PARTITIONS, ValkeyAppendParams())
        waiting = asyncio.create_task(log.append(entries(10)))
        await asyncio.sleep(0)
        await log.close()
        await waiting
        with pytest.raises(LogUnavailableError) as refused:
            await log.append(entries(1))
        assert refused.value.reason is LogRefusal.CLOSING

    asyncio.run(run())
    assert sum(len(each) for each in values(valkey_url)) == 10


def test_a_server_that_is_away_is_told_and_not_ready(tmp_path: Any) -> None:
    async def work(log: ValkeyAppender) -> None:
        found = await log.refusal()
        assert found is not None
        assert found.reason is LogRefusal.AWAY
        with pytest.raises(LogUnavailableError) as refused:
            await log.append(entries(3))
        assert (refused.value.reason, refused.value.retry_after_s) == (LogRefusal.AWAY, 7.0)

    on_log(f"unix://{tmp_path}/nobody.sock", work, ValkeyAppendParams(retry_after_s=7.0))


def test_the_guard_asks_the_server_once_per_interval(valkey_url: str) -> None:
    async def work(log: ValkeyAppender) -> None:
        for number in range(50):
            await log.append([(b"u", b"%d" % number)])

    with redis.Redis.from_url(valkey_url) as client:
        client.config_resetstat()
        on_log(valkey_url, work, ValkeyAppendParams(guard=GuardParams()))
        calls = client.info("commandstats")["cmdstat_info"]["calls"]
    assert calls <= 3 * 10  # three sections per look, one look per second
