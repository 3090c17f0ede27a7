"""The reference of the collector benchmark: reads a request's body and answers."""

from starlette.types import Receive, Scope, Send

_ANSWER = b'{"success":true}'


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(_ANSWER))],
        }
    )
    await send({"type": "http.response.body", "body": _ANSWER})
