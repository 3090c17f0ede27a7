"""A push that ends while one of its requests is under way: the result arrives late and is noted."""

from collections.abc import Callable
from typing import Final

import psycopg
import pytest

from domain.activation.states import PushStatus, RequestStatus
from sinks.ads.meta.codec import Meta
from sinks.http.client import HttpRunner
from sinks.http.messages import Response
from store.activation import commands, pushes
from tests.conftest import TestWorkspace
from tests.integration.activation.desk import Desk, audiences

REFUSED: Final = Response(
    400, body=b'{"error": {"message": "no", "type": "OAuthException", "code": 100}}'
)


def cancel(desk: Desk) -> None:
    """A person cancels the push."""
    world = desk.worlds[0]
    commands.cancel(world.conn, world.workspace, "key:1", world.audience, desk.now)


def hold(desk: Desk) -> None:
    """Another process finds that the gate no longer lets it pass."""
    pushes.hold(desk.worlds[0].conn, desk.worlds[0].audience, desk.now)


@pytest.mark.parametrize(
    ("event", "answer", "push", "request_status"),
    [
        (cancel, None, PushStatus.CANCELLED, RequestStatus.DELIVERED),
        (cancel, REFUSED, PushStatus.FAILED, RequestStatus.REJECTED),
        (hold, None, PushStatus.HELD, RequestStatus.DELIVERED),
        (hold, REFUSED, PushStatus.FAILED, RequestStatus.REJECTED),
    ],
)
def test_a_result_that_arrives_after_its_push_ended_is_noted(
    postgres_dsn: str,
    workspace: TestWorkspace,
    meta: Meta,
    http: HttpRunner,
    event: Callable[[Desk], None],
    answer: Response | None,
    push: PushStatus,
    request_status: RequestStatus,
) -> None:
    with (
        psycopg.connect(postgres_dsn, autocommit=True) as conn,
        psycopg.connect(postgres_dsn, autocommit=True) as others,
    ):
        desk = Desk(conn, audiences(others, workspace, meta, 1, 2, "late"), http)
        happened: list[int] = []

        def meanwhile(number: int) -> None:
            if desk.adds == [number]:
                happened.append(number)
                event(desk)
                if answer is not None:
                    desk.answers[number] = answer

        desk.before = meanwhile
        while not happened:
            assert desk.poll()
        rows = others.execute(
            "SELECT p.status, r.status FROM pushes p JOIN push_requests r ON r.push_id = p.id"
            " WHERE r.operation = 'add' ORDER BY p.id, r.seq LIMIT 1"
        )
        assert rows.fetchall() == [(push, request_status)]
