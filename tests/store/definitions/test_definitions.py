from typing import Any

import msgspec
import psycopg

from domain.ids import WorkspaceId
from domain.segments.conditions import Equals
from domain.segments.definition import ADVERTISING, CONSENTED_CUSTOMERS
from domain.segments.rule import Trait
from store.definitions.drafts import Author, Draft
from store.definitions.load import Registry, load_registry, refresh
from store.definitions.publish import publish_segment
from store.definitions.versions import create
from store.workspaces.bootstrap import create_source, create_workspace
from tests.conftest import TestWorkspace


def sweep(
    conn: psycopg.Connection[Any], workspace: WorkspaceId, aggregate: int, status: str
) -> int:
    row = conn.execute(
        "INSERT INTO sweeps (workspace_id, revision, aggregate_id, reason, status) VALUES (%s, 1,"
        " %s, '', %s) RETURNING id",
        (workspace, aggregate, status),
    ).fetchone()
    assert row is not None
    return int(row[0])


def swept(conn: psycopg.Connection[Any], workspace: WorkspaceId) -> int:
    return load_registry(conn).definitions[workspace].swept_aggregate


def test_the_built_in_segment_is_live_from_the_start(
    postgres_dsn: str, workspace: TestWorkspace
) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        registry = load_registry(conn)
        (segment,) = registry.definitions[workspace.id].segments
        versions = conn.execute(
            "SELECT version, author, published_by FROM definition_versions"
        ).fetchall()
    assert (segment.rule, segment.purpose, segment.version) == (CONSENTED_CUSTOMERS, ADVERTISING, 1)
    assert segment.revision == registry.revision
    assert versions == [(1, "stratum", "stratum")]
    assert registry.salts == {workspace.id: workspace.salt}
    assert registry.sources[workspace.source_id].salt == workspace.salt


def test_a_database_without_workspaces_has_a_revision(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        registry = load_registry(conn)
        assert registry.revision > 0
        assert refresh(conn, registry) is registry
    assert registry.definitions == {}


def test_what_did_not_change_is_the_same_object(
    postgres_dsn: str, workspace: TestWorkspace
) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        registry = refresh(conn, Registry({}, {}, {}))
        assert workspace.id in registry.definitions
        assert refresh(conn, registry) is registry


def test_every_change_is_noticed(postgres_dsn: str, workspace: TestWorkspace) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        known = load_registry(conn)

        def changed() -> Registry:
            nonlocal known
            before, known = known, refresh(conn, known)
            assert known is not before
            return known

        source, _ = create_source(conn, workspace.id, "shop", "DE")
        assert changed().sources[source].default_region == "DE"
        conn.execute("UPDATE sources SET default_region = 'AT' WHERE id = %s", (source,))
        assert changed().sources[source].default_region == "AT"
        conn.execute("UPDATE workspaces SET time_zone = 'Europe/Berlin'")
        assert changed().definitions[workspace.id].time_zone == "Europe/Berlin"
        with conn.transaction():
            other = create_workspace(conn, "other").id
        assert other in changed().definitions
        running = sweep(conn, workspace.id, 7, "running")
        changed()
        conn.execute("UPDATE sweeps SET status = 'done' WHERE id = %s", (running,))
        assert changed().definitions[workspace.id].swept_aggregate == 7
        author = Author(other, "key:1")
        with conn.transaction():
            draft = Draft(msgspec.to_builtins(Trait("plan", Equals("vip"))), ADVERTISING, "vips")
            publish_segment(conn, author, create(conn, author, "segment", draft))
        assert len(changed().definitions[other].segments) == 2


def test_aggregates_are_swept_up_to_the_first_sweep_that_still_runs(
    postgres_dsn: str, workspace: TestWorkspace
) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        other = create_workspace(conn, "other").id
        assert swept(conn, workspace.id) == 0
        sweep(conn, workspace.id, 3, "done")
        running = sweep(conn, workspace.id, 5, "running")
        sweep(conn, workspace.id, 9, "done")
        sweep(conn, other, 11, "done")
        assert swept(conn, workspace.id) == 3
        assert swept(conn, other) == 11
        conn.execute("UPDATE sweeps SET status = 'done' WHERE id = %s", (running,))
        assert swept(conn, workspace.id) == 9
