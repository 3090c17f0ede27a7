"""The live feed: one stream of small facts per browser tab."""

from typing import Annotated, Final, get_args

from fastapi import APIRouter, Depends, Header, Query

from api.live.hub import Hub
from api.live.schemas import LiveMessages, Topic
from api.live.stream import LiveStream
from api.web.deps import Reader, state
from api.web.errors import UnprocessableError

router = APIRouter(prefix="/cdp/live", tags=["operation"])

TOPICS: Final = frozenset(get_args(Topic))


async def _topics(
    topics: Annotated[
        str,
        Query(
            max_length=200,
            description="What to tell, separated by commas: " + ", ".join(sorted(TOPICS)) + ".",
            examples=["readings,decisions"],
        ),
    ],
) -> frozenset[str]:
    wanted = frozenset(topics.split(","))
    if not wanted <= TOPICS:
        raise UnprocessableError(f"topics are some of {', '.join(sorted(TOPICS))}")
    return wanted


@router.get(
    "",
    summary="Listen to what changes",
    status_code=200,
    response_class=LiveStream,
    response_model=None,
    responses={
        200: {
            "model": LiveMessages,
            "description": "Server-sent events; each `data` is what `LiveMessages` has under the"
            " event's name. An `id` is where the listener has got to: sent back as `Last-Event-ID`,"
            " it goes on from there.",
        }
    },
)
async def listen(
    caller: Reader,
    hub: Annotated[Hub, state("live")],
    topics: Annotated[frozenset[str], Depends(_topics)],
    last_event_id: Annotated[
        str | None, Header(description="The last `id` received; browsers send it by themselves.")
    ] = None,
) -> LiveStream:
    """Small facts as they happen, without personal data.

    A comment comes every 15 seconds; the server ends the stream after 15 minutes, and clients come
    back with `Last-Event-ID`. Where it cannot be told what they missed, `gap` names the lists to
    read anew; `away` and `back` say that Postgres does not answer and that it does again.
    """
    return LiveStream(hub, caller, topics, last_event_id)
