"""The story's database for tests: built once per run, by whichever process needs it first.

The processes of a run share one server with it (`shared_story`), and every test has a copy.
"""

import fcntl
import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from cli.story.week import Told, play
from config.embedded import PostgresParams
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from store.databases import ensure_database
from store.migrate import migrate
from tests.integration.activation.places import listening
from tests.support.databases import copy_database, drop_database
from tests.support.servers import forget_at_crash

PLATFORMS: Final = ("meta", "google", "tiktok", "snapchat")
SALT: Final = b"the salt of the story of a shop."
_TEMPLATE: Final = "story_template"
_FACTS: Final = "story.json"
_STALENESS: Final = timedelta(hours=6)
"""Nobody reads the story's signals once it is told: they count for as long as tests run."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Story:
    """A copy of the story's database, and what one needs to look at it.

    Attributes:
        settings: point at the copy; platforms are those that the story was delivered to, which
            listen no more.
        dsn: of the copy.
        workspace: the shop's id.
        began_at: when the week began.
        ended_at: when it ended.
        keys: whose API key → key: ``ada`` may everything, ``otto`` reads and writes, ``rita``
            writes and speaks to the gate, ``robin`` reads.
        key_ids: whose → its id; the audit log says ``key:<id>``.
        write_keys: name of the source → its write key.
        sources: name → id.
        segments: name → id.
        traits: name → id.
        audiences: platform → id.
        releases: platform → id of the release of a push.
        profiles: name of a character → profile id.
    """

    settings: Settings
    dsn: str
    workspace: int
    began_at: datetime
    ended_at: datetime
    keys: dict[str, str]
    key_ids: dict[str, int] = field(default_factory=dict)
    write_keys: dict[str, str] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)
    traits: dict[str, int] = field(default_factory=dict)
    audiences: dict[str, int] = field(default_factory=dict)
    releases: dict[str, int] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> str:
        """Key of who may everything."""
        return self.keys["ada"]

    @property
    def read(self) -> str:
        """Key of who may only read."""
        return self.keys["robin"]

    @property
    def write(self) -> str:
        """Key of who may read and write."""
        return self.keys["otto"]

    @property
    def gate(self) -> str:
        """Key of who may speak to the gate."""
        return self.keys["rita"]


@dataclass(frozen=True)
class StoryTemplate:
    """The built story on its server.

    Attributes:
        server: DSN of its maintenance database.
        template: DSN of the story's database, to which nobody connects.
        facts: what was made, as JSON.
    """

    server: str
    template: str
    facts: dict[str, Any]

    @contextmanager
    def copied(self, settings: dict[str, Any]) -> Iterator[Story]:
        """A copy of its own for a test.

        Args:
            settings: sections that the story's settings get besides.
        """
        name = f"story_{os.getpid()}_{next(_numbers)}"
        copy_database(self.server, _TEMPLATE, name)
        dsn = self.template.replace(_TEMPLATE, name)
        try:
            yield _story(dsn, self.facts, settings)
        finally:
            drop_database(self.server, name)


def story_settings(dsn: str, redis_url: str, platforms: dict[str, dict[str, Any]]) -> Settings:
    """The settings under which the story is told."""
    return Settings.model_validate(
        {
            "postgres": {"dsn": dsn},
            "redis": {"url": redis_url},
            "gate": {"two_persons": True},
            "edge": {"pool_timeout": "PT30S", "keys": {"timeout": "PT30S"}},
            "query": {"preview": {"deadline": "PT30S"}, "health_timeout": "PT30S"},
            **platforms,
        }
    )


def told_to(dsn: str, redis_url: str, ended_at: datetime) -> tuple[Told, dict[str, dict[str, Any]]]:
    """Tell the story to an empty, migrated database, with sandboxes for the platforms.

    Returns:
        What was made, and the settings of the platforms.
    """
    with ExitStack() as open_things:
        places = {name: open_things.enter_context(_place(name)) for name in PLATFORMS}
        sections = {name: place.settings for name, place in places.items()}

        def faults(platform: str, broken: bool) -> None:
            queue = places[platform].sandbox.faults.queue
            queue.clear()
            if broken:
                places[platform].fault("expired_token", "any", times=10**6)

        settings = story_settings(dsn, redis_url, sections)
        return play(dsn, settings, ended_at, salt=SALT, faults=faults), sections


def _place(name: str) -> Any:
    return listening(name, max_rows=1_000)


@contextmanager
def shared_story(shared: Path, own: Path, redis_url: str) -> Iterator[StoryTemplate]:
    """The story of all processes of a run: the first that needs it starts a server and builds it.

    Its server runs until the process that started it ends, which waits for the others.

    Args:
        shared: a folder that the processes share.
        own: a folder of this process, for the server's files.
        redis_url: of a server that the story may write its newest readings to.
    """
    with (shared / "story.users").open("w") as users, (shared / "story.start").open("w") as start:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(start, fcntl.LOCK_EX)
        known = shared / _FACTS
        if known.exists():
            facts = json.loads(known.read_text())
            fcntl.flock(start, fcntl.LOCK_UN)
            yield StoryTemplate(facts["server"], facts["template"], facts)
            return
        params = PostgresParams(shared_buffers_mb=64, max_wal_mb=1024)
        folder = own / "story"
        folder.mkdir()
        with EmbeddedPostgres(folder, params) as server:
            facts = _built(server, redis_url)
            known.write_text(json.dumps(facts))
            fcntl.flock(start, fcntl.LOCK_UN)
            yield StoryTemplate(facts["server"], facts["template"], facts)
            fcntl.flock(start, fcntl.LOCK_EX)  # whoever comes now builds one of its own
            known.unlink()
            fcntl.flock(start, fcntl.LOCK_UN)
            fcntl.flock(users, fcntl.LOCK_EX)


def _built(server: EmbeddedPostgres, redis_url: str) -> dict[str, Any]:
    forget_at_crash(server.dsn("postgres"))
    ensure_database(server.dsn("postgres"), _TEMPLATE)
    dsn = server.dsn(_TEMPLATE)
    migrate(dsn)
    began = time.monotonic()
    told, sections = told_to(dsn, redis_url, datetime.now(UTC).replace(second=0, microsecond=0))
    return {
        "server": server.dsn("postgres"),
        "template": dsn,
        "took_s": time.monotonic() - began,
        "platforms": sections,
        "workspace": told.workspace.id,
        "began_at": told.began_at.isoformat(),
        "ended_at": told.ended_at.isoformat(),
        "keys": told.api_keys,
        **{
            name: getattr(told, name)
            for name in (
                "key_ids",
                "write_keys",
                "sources",
                "segments",
                "traits",
                "audiences",
                "releases",
                "profiles",
            )
        },
    }


def _story(dsn: str, facts: dict[str, Any], sections: dict[str, Any]) -> Story:
    settings = story_settings(dsn, sections.pop("redis_url"), facts["platforms"])
    gate = replace(settings.gate, staleness=_STALENESS)
    settings = settings.model_copy(update={"gate": gate, **sections})
    with psycopg.connect(dsn) as conn:
        assert conn.execute("SELECT count(*) FROM workspaces").fetchone() == (1,)
    plain = {
        name: value
        for name, value in facts.items()
        if name in Story.__dataclass_fields__ and not name.endswith("_at")
    }
    return Story(
        settings,
        dsn,
        began_at=datetime.fromisoformat(facts["began_at"]),
        ended_at=datetime.fromisoformat(facts["ended_at"]),
        **plain,
    )
