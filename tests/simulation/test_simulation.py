"""Laws 1 to 4 under simulated chaos: every seed ends in tables that a naive recomputation confirms."""

import subprocess
import sys
from pathlib import Path

from tests.simulation.histories import generate
from tests.simulation.world import World

SEEDS = 600
_ROOT = Path(__file__).parents[2]


def test_every_seed_ends_in_tables_that_the_oracle_confirms() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", "--seeds", str(SEEDS)], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_seed_is_a_reproduction() -> None:
    ends = []
    for _ in range(2):
        world = World(generate(11), 11)
        world.run()
        ends.append((world.steps, world.now_ms, dict(world.tables.people), dict(world.tables.identifiers), dict(world.tables.links)))
    assert ends[0] == ends[1]
