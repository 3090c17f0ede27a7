"""The one outbound HTTP client: request values in, response values out, no network errors raised.

It repeats nothing (that is `sinks.http.retry`'s decision), follows no redirect, ignores proxy
variables of the environment, and logs neither addresses, headers nor bodies. Guarantee: at most one
request per call; without an answer nobody knows whether it was applied.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx

from sinks.http.messages import Request, Response


@dataclass(frozen=True)
class HttpParams:
    """Limits of one exchange.

    Attributes:
        connect_timeout: until the connection stands.
        timeout: silence while sending or waiting for the answer.
        answer_limit_bytes: a longer answer is cut off there.
    """

    connect_timeout: timedelta = timedelta(seconds=5)
    timeout: timedelta = timedelta(seconds=60)
    answer_limit_bytes: int = 4 << 20


def _forget_where_to(answer: httpx.Response) -> None:
    """Take the address out of a redirect: the client parses it, although it does not follow it."""
    if answer.is_redirect:
        del answer.headers["location"]


class HttpRunner:
    """A `sinks.http.messages.Transport` over pooled connections.

    Close it, or use it as a context.
    """

    def __init__(self, params: HttpParams) -> None:
        self._params = params
        self._limit = params.answer_limit_bytes
        self._client = self._made()

    def _made(self) -> httpx.Client:
        params = self._params
        return httpx.Client(
            timeout=httpx.Timeout(
                params.timeout.total_seconds(), connect=params.connect_timeout.total_seconds()
            ),
            follow_redirects=False,
            trust_env=False,
            event_hooks={"response": [_forget_where_to]},
        )

    def __call__(self, request: Request) -> Response:
        """Send one request.

        Time-outs, broken connections and answers that are none come back as a `Response` with a
        fault. A request that names its server goes over a connection of its own, because pooled
        ones are told apart by their address alone; its answer is not decompressed.
        """
        try:
            if not request.server_name:
                return self._exchange(self._client, request)
            with self._made() as client:
                return self._exchange(client, request)
        except httpx.TimeoutException:
            return Response(0, fault="timeout")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # what a header makes of an answer
            return Response(0, fault="connection")

    def _exchange(self, client: httpx.Client, request: Request) -> Response:
        headers, extensions = list(request.headers), None
        if request.server_name:
            headers.append(("accept-encoding", "identity"))
            extensions = {"sni_hostname": request.server_name}
        deadline_s = time.monotonic() + self._params.timeout.total_seconds()
        with client.stream(
            request.method,
            request.url,
            headers=headers,
            content=request.body,
            extensions=extensions,
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_raw() if request.server_name else answer.iter_bytes():
                body += chunk
                if len(body) > self._limit:
                    break
                if request.server_name and time.monotonic() > deadline_s:
                    return Response(0, fault="timeout")
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, told, bytes(body[: self._limit]))

    def close(self) -> None:
        """Close pooled connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Use as a context that closes itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close pooled connections."""
        self.close()
