"""Random histories of the gate against a model of its rules."""

import pytest

from tests.operators.gate.histories import play


@pytest.mark.long
def test_nothing_passes_outside_the_rules_and_what_deserves_to_passes() -> None:
    told = play(range(3_000))
    assert told["passed"] > 5_000
    assert (
        min(told[what] for what in ("held", "frozen", "advisory", "overridden", "released")) > 100
    )
