"""Packs records into ``XADD`` commands in Redis' protocol, and sends many at once.

The records of one partition lie in few entries under the field names ``0``, ``1``, …, in order.
"""

from collections.abc import Iterable, Iterator, Sequence

from hiredis import pack_command
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from domain.intake.partitioning import partition_of
from sinks.intake.log import Entry


class Packer:
    """Encodes groups of records for the streams of one log.

    Args:
        streams: names of its streams, by partition.
        records: most records of one entry.
        bytes_limit: an entry is closed once it holds this much.
    """

    def __init__(self, streams: Sequence[str], records: int, bytes_limit: int) -> None:
        self._streams = streams
        self._bytes_limit = bytes_limit
        self._fields = [b"%d" % number for number in range(records)]

    def commands(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """Encode one or more ``XADD`` per partition, records in order."""
        partitions, most, most_bytes = len(self._streams), len(self._fields), self._bytes_limit
        packed: dict[int, list[bytes]] = {}
        for key, value in entries:
            packed.setdefault(partition_of(key, partitions), []).append(value)
        for partition, values in packed.items():
            command: list[bytes | str] = ["XADD", self._streams[partition], "*"]
            size = count = 0
            for value in values:
                length = len(value)
                if count and (count == most or size + length > most_bytes):
                    # The stub says `tuple[T]` and means tuples of any length.
                    yield pack_command(tuple(command))  # type: ignore[arg-type]
                    command = ["XADD", self._streams[partition], "*"]
                    size = count = 0
                command += (self._fields[count], value)
                size += length
                count += 1
            # The stub says `tuple[T]` and means tuples of any length.
            yield pack_command(tuple(command))  # type: ignore[arg-type]


async def send(client: Redis, commands: Sequence[bytes]) -> None:
    """Send all commands at once and read their replies.

    The client's own pipeline is not used: it spends more time on packing than everything else in an
    append together.

    Raises:
        redis.RedisError: the server does not answer, or refuses a command; the first refusal.
    """
    pool = client.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call]
    refusals: list[ResponseError] = []
    try:
        await connection.send_packed_command(commands)
        for _ in commands:
            try:
                await connection.read_response()
            except ResponseError as refusal:
                refusals.append(refusal)
    except BaseException:
        await connection.disconnect(nowait=True)  # replies that nobody reads may still come
        raise
    finally:
        await pool.release(connection)
    if refusals:
        raise refusals[0]
