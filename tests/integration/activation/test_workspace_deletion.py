"""Lists leave the platform before anything of their workspace is removed here."""

from datetime import timedelta

from dataflows.deletion import Deletions
from sinks.activation import planning
from store.workspaces import deletion
from tests.integration.activation.world import Engine, Server


def test_a_workspace_goes_once_the_platform_has_deleted_its_lists(
    engine: Engine, server: Server
) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.push()
    assert server.only() == world.expected()
    deletions = Deletions(world.conn, None, settle=timedelta(), rest=lambda _: None)

    with world.conn.transaction():
        deletion.request(world.conn, world.workspace, "console:test", "the shop has closed")
    assert deletions.run_once() == 0
    assert world.column("SELECT status FROM audiences") == ["deleting"]
    assert world.column("SELECT count(*) FROM profiles") == [2]

    planning.plan_deletion(world.conn, world.audience, 0, engine.now)
    engine.drain()
    assert server.lists() == []
    # Rows of a workspace go in whatever state they are.
    world.conn.execute("DROP FUNCTION refuse_unknown_transition CASCADE")
    assert [deletions.run_once(), deletions.run_once()] == [0, 1]
    (told,) = deletion.all_deletions(world.conn)
    assert told.unconfirmed == {}
    assert told.removed["profiles"] == 2
    assert world.column("SELECT count(*) FROM profiles") == [0]
