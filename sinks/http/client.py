"""The one outbound HTTP client: request values in, response values out, no network errors raised.

It repeats nothing (that is `sinks.http.retry`'s decision), follows no redirect, ignores proxy
variables of the environment, and logs neither addresses, headers nor bodies. Guarantee: at most one
request per call; without an answer nobody knows whether it was applied.
"""

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


class HttpRunner:
    """A `sinks.http.messages.Transport` over pooled connections.

    Close it, or use it as a context.
    """

    def __init__(self, params: HttpParams) -> None:
        self._limit = params.answer_limit_bytes
        self._client = httpx.Client(
            timeout=httpx.Timeout(
                params.timeout.total_seconds(), connect=params.connect_timeout.total_seconds()
            ),
            follow_redirects=False,
            trust_env=False,
        )

    def __call__(self, request: Request) -> Response:
        """Send one request.

        Time-outs and broken connections come back as a `Response` with a fault.
        """
        try:
            with self._client.stream(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                extensions={"sni_hostname": request.server_name} if request.server_name else None,
            ) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > self._limit:
                        break
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, headers, bytes(body[: self._limit]))
        except httpx.TimeoutException:
            return Response(0, fault="timeout")
        except httpx.HTTPError:
            return Response(0, fault="connection")

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
