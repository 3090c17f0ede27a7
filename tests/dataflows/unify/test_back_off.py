"""How long the engine waits between tries while the database is away."""

from dataflows.unify.commits import BackOff


def test_waits_of_an_outage_stay_bounded_however_long_it_lasts() -> None:
    waits: list[float] = []
    back_off = BackOff(waits.append)
    for attempt in (0, 1, 10, 1_023, 1_024, 10_000_000):
        back_off(attempt)
    assert len(waits) == 6
    assert waits[0] <= 0.05
    assert all(0 <= wait <= 2 for wait in waits)
