"""Tells the story beside a running stack, and takes it in once it is whole.

In a process of its own with little claim to the machine: what runs must not wait for it. The week
is played in a database beside the stack's, on the same server, and delivered to the stack's local
platforms.
"""

import os
import signal
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from typing import Final

import httpx
import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cli.story.adopt import adopt, set_apart
from cli.story.week import Told, play
from config.load import load_settings
from config.settings import Settings
from store.databases import ensure_database
from store.migrate import migrate

DATABASE: Final = "stratum_story"
_NICE: Final = 5
_REVOKED_FOR: Final = 60
"""Requests that TikTok refuses; those of the story and of some hours."""


def tell(environment: dict[str, str], answer: Pipe) -> None:
    """Tell the story to the stack that an environment points at; answer what was made.

    Args:
        environment: the stack's settings as variables.
        answer: told `Told`, or the reason why there is no story, as a text.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    os.environ.update(environment)
    structlog.configure(processors=[_dropped])
    try:
        answer.send(told(load_settings()))
    except Exception as error:  # the demo goes on without a story
        answer.send(f"{type(error).__name__}: {error}")


def _dropped(*_: object) -> str:
    raise structlog.DropEvent


def told(settings: Settings) -> Told:
    """Play the week up to now, and take it into the settings' database."""
    live = settings.postgres.dsn.get_secret_value()
    beside = make_conninfo(live, dbname=DATABASE)
    server = make_conninfo(live, dbname="postgres")
    _drop(server)
    ensure_database(server, DATABASE)
    try:
        migrate(beside)
        with psycopg.connect(beside, autocommit=True) as conn:
            set_apart(conn)
        made = play(beside, settings, _present(), faults=Revoke(settings))
        with (
            psycopg.connect(beside, autocommit=True) as story,
            psycopg.connect(live, autocommit=True) as conn,
        ):
            adopt(story, conn)
        return made
    finally:
        _drop(server)


def _present() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


class Revoke:
    """Takes back access tokens at local platforms.

    Args:
        settings: where they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, platform: str, broken: bool) -> None:
        """Refuse a platform's requests from now on, or no more."""
        url = f"{self._settings.platforms[platform].base_url}/_sandbox/faults"
        with httpx.Client(trust_env=False, timeout=10) as client:
            client.delete(url).raise_for_status()
            if broken:
                fault = {"kind": "expired_token", "operation": "any", "times": _REVOKED_FOR}
                client.post(url, json=fault).raise_for_status()


def _drop(server: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(statement.format(sql.Identifier(DATABASE)))
