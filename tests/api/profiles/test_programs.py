"""Compiled definitions: whoever needs them at once shares one look at Postgres."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg

from api.profiles.programs import Programs
from domain.ids import WorkspaceId


class Away:
    """Transactions on a Postgres that does not answer."""

    def __init__(self) -> None:
        self.tries = 0

    async def run(self, _work: Any) -> Any:
        self.tries += 1
        await asyncio.sleep(0)
        raise psycopg.OperationalError("no answer")


def test_nobody_waits_for_one_look_after_another_while_postgres_is_away() -> None:
    away = Away()
    programs = Programs(away, timedelta(seconds=1), clock=lambda: 0.0)  # type: ignore[arg-type]

    async def ask() -> list[Any]:
        asking = [programs.for_workspace(WorkspaceId(1)) for _ in range(20)]
        return await asyncio.gather(*asking, return_exceptions=True)

    assert {type(each) for each in asyncio.run(ask())} == {psycopg.OperationalError}
    assert away.tries <= 2
