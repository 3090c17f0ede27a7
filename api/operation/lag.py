"""Reads the lag of the event log beside the event loop."""

import asyncio

from sources.log.lag import LagReader, PartitionLag


class LagGauge:
    """Reads the lag in a thread, one reading at a time: the reader keeps its connections.

    Args:
        reader: blocking reader.
    """

    def __init__(self, reader: LagReader) -> None:
        self._reader = reader
        self._turn = asyncio.Lock()

    async def read(self) -> list[PartitionLag]:
        """One entry per partition, in order."""
        async with self._turn:
            return await asyncio.to_thread(self._reader.read)

    def close(self) -> None:
        """Close the reader's connections."""
        self._reader.close()
