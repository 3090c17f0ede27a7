"""An operator's withdrawal takes the person off the platform, and off nobody else's row."""

import msgspec
import pytest

from config.settings import Settings
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.intake.envelope import encode_sealed
from domain.keys import command_id
from tests.integration.activation.world import Engine, Server, World

_AT_MS = 1_790_000_000_000


def state(world: World, number: int, **told: object) -> None:
    """An operator states something of a person, and UNIFY takes it in."""
    body: dict[str, object] = {
        "kind": "consent",
        "workspace": world.workspace,
        "id": command_id(world.salt, "consent", number),
        "identifier": ["user_id", world.user(number)],
        "stated": _AT_MS,
        **told,
    }
    record = Record(0, 0, encode_sealed(world.salt, _AT_MS, msgspec.json.encode(body)))
    settings = Settings()
    unifier = build_unifier(
        world.conn.info.dsn, settings.identity, settings.profile, settings.engine, lambda *_: None
    )
    try:
        assert unifier(Batch(f"stating {number}", 0, 0, 1, (record,)))
    finally:
        unifier.close()


@pytest.mark.parametrize("purpose", ["advertising", "*"])
def test_an_operators_withdrawal_takes_the_person_off_the_platform(
    engine: Engine, server: Server, purpose: str
) -> None:
    world = engine.world
    for number in (1, 2):
        world.join(number)
    engine.push()
    assert server.only() == world.expected()

    state(world, 1, purpose=purpose, state="refused")
    world.people.pop(1)
    assert engine.withdraw() == 1
    while engine.delivery.advance(world.audience, None) is not None:
        pass

    assert server.only() == world.expected()
    assert ("urgent", "done") in world.pushes()
