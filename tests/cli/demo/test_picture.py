"""What the demo says of signals: a score stands only beside what is known."""

from typing import Any

import pytest
from rich.console import Console

from cli.demo.picture import Facts, line, picture


def _signal(status: str, read: float | None) -> dict[str, Any]:
    return {"signal": "source:1", "name": "web", "status": status, "reading": {"score": read}}


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (_signal("healthy", 99.6), "healthy 100"),
        (_signal("unknown", 100.0), "unknown"),
        (_signal("unknown", None), "unknown"),
        (_signal("unknown", 0.0) | {"reading": None}, "unknown"),
    ],
)
def test_a_score_stands_only_beside_what_is_known(signal: dict[str, Any], said: str) -> None:
    facts = Facts(signals=[signal])
    assert line(facts).endswith(f"; web {said}")
    console = Console(width=100, color_system=None)
    with console.capture() as drawn:
        console.print(picture(facts))
    (row,) = (each for each in drawn.get().splitlines() if " web " in each)
    assert row.strip("│ ").split() == ["web", *said.split()]
