"""A story that is taken into another database is the same there, and collides with nothing."""

from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest

from cli.profiles.verify import verify_all
from cli.story.adopt import adopt, set_apart
from operators.audit import problems
from store.audit.chain import linked
from store.databases import ensure_database
from store.migrate import migrate
from store.workspaces.bootstrap import bootstrap, create_workspace
from tests.support.databases import drop_database
from tests.support.story import Story, StoryTemplate, story_settings

_LIVE: Final = "story_live"
_COUNTS: Final = """
    SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM memberships),
        (SELECT count(*) FROM readings), (SELECT count(*) FROM audit_chain),
        (SELECT count(*) FROM changes WHERE tx < pg_snapshot_xmin(pg_current_snapshot()))
"""


@pytest.fixture
def live(story_database: StoryTemplate) -> Iterator[str]:
    """An empty, migrated database on the story's server."""
    ensure_database(story_database.server, _LIVE)
    dsn = story_database.template.replace("story_template", _LIVE)
    migrate(dsn)
    yield dsn
    drop_database(story_database.server, _LIVE)


def _adopted(story: str, live: str) -> None:
    with (
        psycopg.connect(story, autocommit=True) as one,
        psycopg.connect(live, autocommit=True) as other,
    ):
        adopt(one, other)


def _row(dsn: str, sql: str) -> tuple[Any, ...] | None:
    with psycopg.connect(dsn) as conn:
        return conn.execute(sql.encode()).fetchone()


def test_it_is_the_same_there(story: Story, live: str) -> None:
    _adopted(story.dsn, live)
    assert _row(live, _COUNTS) == _row(story.dsn, _COUNTS)
    with psycopg.connect(live) as conn:
        assert list(problems(linked(conn, story.workspace), story.workspace)) == []
        newest = conn.execute("SELECT max(id) FROM decisions").fetchone()
        after = conn.execute("SELECT nextval('decisions_id_seq')").fetchone()
    assert newest is not None
    assert after is not None
    assert after[0] > newest[0]
    settings = story_settings(live, story.settings.redis.url.get_secret_value(), {})
    (report,) = verify_all(settings)
    assert not report.differences, report.lines()


def test_a_taken_id_leaves_everything_as_it_was(story: Story, live: str) -> None:
    with psycopg.connect(live) as conn:
        bootstrap(conn)
    before = _row(live, _COUNTS)
    with pytest.raises(psycopg.errors.UniqueViolation):
        _adopted(story.dsn, live)
    assert _row(live, _COUNTS) == before


def test_ids_are_apart_from_the_start(live: str) -> None:
    with psycopg.connect(live, autocommit=True) as conn:
        set_apart(conn)
        with conn.transaction():
            workspace = create_workspace(conn, "apart")
    assert workspace.id == 101
