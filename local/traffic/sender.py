"""Sends events to a collector as an SDK would.

Batches over HTTP, retried until they are in, never more often than the collector asks.

A batch that is refused for good is halved until the event that is to blame stands alone; the others
go through.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Final, NamedTuple

import httpx
import msgspec

_WAIT_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})
_KEY_STATUSES: Final = frozenset({401, 403})
_REFUSAL_STATUSES: Final = frozenset({400, 413, 422})


class CollectorUnavailableError(ConnectionError):
    """The collector did not take a batch within the time limit, or is none.

    The message says what was answered last.
    """


class WriteKeyRefusedError(Exception):
    """The collector does not know the write key."""


class Item(NamedTuple):
    """One event to send: a number that the caller knows it by, and its JSON."""

    number: int
    value: bytes


class Refused(NamedTuple):
    """One event that the collector will never take: its item, and the collector's reason code."""

    item: Item
    reason: str


class Delivered(NamedTuple):
    """The result of one batch: how many events the collector accepted, and which it refused."""

    accepted: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class SendParams:
    """How events are sent.

    Attributes:
        batch_events: most events of one request.
        batch_bytes: most bytes of one request; SDKs stop at 475 kB.
        connections: requests under way at once.
        first_pause: pause after a first failure; doubles with each further one.
        longest_pause: the bound of the doubling; a longer ``Retry-After`` is honoured up to here.
        give_up_after: time in which a batch must get through.
        timeout: longest wait for one answer.
    """

    batch_events: int = 100
    batch_bytes: int = 450_000
    connections: int = 4
    first_pause: timedelta = timedelta(milliseconds=100)
    longest_pause: timedelta = timedelta(seconds=10)
    give_up_after: timedelta = timedelta(minutes=5)
    timeout: timedelta = timedelta(seconds=30)


class Sender:
    """A collector's client.

    Args:
        url: of the collector, without path.
        write_key: of the source.
        params: see `SendParams`.
        sent_at: says when a batch leaves, for the collector's correction of clocks; None where
            event times must stay as they are (replays).
        transport: how requests travel; default over the network.
    """

    def __init__(
        self,
        url: str,
        write_key: str,
        params: SendParams | None = None,
        sent_at: Callable[[], str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._params = params or SendParams()
        self._sent_at = sent_at
        self._abandoned = Event()
        limits = httpx.Limits(max_connections=self._params.connections)
        timeout = self._params.timeout.total_seconds()
        auth = (write_key, "")
        self._client = httpx.Client(
            base_url=url,
            auth=auth,
            limits=limits,
            timeout=timeout,
            transport=transport,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def batches(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        """Group events into requests, within the limits of number and size."""
        batch: list[Item] = []
        size = 0
        for item in items:
            if batch and (
                len(batch) >= self._params.batch_events
                or size + len(item.value) > self._params.batch_bytes
            ):
                yield batch
                batch, size = [], 0
            batch.append(item)
            size += len(item.value) + 1
        if batch:
            yield batch

    def deliver(self, batches: Iterable[Sequence[Item]]) -> Generator[Delivered, None, None]:
        """Send batches, several at once, each until the collector has it.

        Outcomes come in the order of the batches.

        Once this was left early, by an error or by the caller, the sender retries nothing any more.

        Raises:
            CollectorUnavailableError: a batch did not get through in time.
            WriteKeyRefusedError: none will.
        """
        under_way: deque[Future[Delivered]] = deque()
        with ThreadPoolExecutor(self._params.connections) as pool:
            done = False
            try:
                for batch in batches:
                    under_way.append(pool.submit(self.send, batch))
                    while under_way and (
                        under_way[0].done() or len(under_way) > 2 * self._params.connections
                    ):
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
                done = True
            finally:
                # After an error, or once the caller stopped asking, retries would keep it waiting.
                if not done:
                    self._abandoned.set()
                    for future in under_way:
                        future.cancel()

    def send(self, batch: Sequence[Item]) -> Delivered:
        """Send one batch until the collector has it.

        Raises:
            CollectorUnavailableError: it did not get through in time, or what answers is no
                collector.
            WriteKeyRefusedError: it never will get through.
        """
        answer = self._post(batch)
        if answer.is_success:
            return Delivered(len(batch), ())
        if answer.status_code in _KEY_STATUSES:
            raise WriteKeyRefusedError(
                f"the collector answers {answer.status_code}: is the write key right?"
            )
        if answer.status_code not in _REFUSAL_STATUSES:
            raise CollectorUnavailableError(
                f"status {answer.status_code}: is this the address of a collector?"
            )
        if len(batch) == 1:
            return Delivered(0, (Refused(batch[0], _reason(answer)),))
        middle = len(batch) // 2
        first, second = self.send(batch[:middle]), self.send(batch[middle:])
        return Delivered(first.accepted + second.accepted, first.refused + second.refused)

    def _post(self, batch: Sequence[Item]) -> httpx.Response:
        """Post until there is an answer other than "later"."""
        pause = self._params.first_pause
        deadline = time.monotonic() + self._params.give_up_after.total_seconds()
        while True:
            sent_at = b',"sentAt":' + msgspec.json.encode(self._sent_at()) if self._sent_at else b""
            body = b'{"batch":[' + b",".join(item.value for item in batch) + b"]" + sent_at + b"}"
            wait = pause
            try:
                answer = self._client.post(
                    "/v1/batch", content=body, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                last = type(error).__name__
            else:
                if answer.status_code not in _WAIT_STATUSES:
                    return answer
                last = f"status {answer.status_code}"
                wait = max(pause, _retry_after(answer))
            wait = min(wait, self._params.longest_pause)
            if time.monotonic() + wait.total_seconds() > deadline:
                raise CollectorUnavailableError(last)
            if self._abandoned.wait(wait.total_seconds()):
                raise CollectorUnavailableError("given up")
            pause *= 2


def _retry_after(answer: httpx.Response) -> timedelta:
    value = answer.headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if value.isdigit() else timedelta()


def _reason(answer: httpx.Response) -> str:
    """The collector's own code for a refusal, never its text, which might quote the event."""
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError):
        code = None
    return str(code) if code else f"status {answer.status_code}"
