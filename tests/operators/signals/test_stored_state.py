"""Checkpoints that an earlier version stored are read as they were, and read the same health."""

from pathlib import Path

import msgspec
import pytest

from domain.ids import WorkspaceId
from domain.signals.reading import Reading
from operators.signals.health import read
from operators.signals.machine import restore
from operators.signals.params import HealthParams

GOLDEN = Path(__file__).parents[2] / "golden" / "signals"
READ_MS = 1_789_978_810_000
"""Ten seconds after the last of the 500 minutes that the stored signals learned."""


@pytest.mark.parametrize("signal", ["source:1", "platform:meta", "conversions"])
class TestStoredCheckpoints:
    def test_they_are_packed_again_byte_for_byte(self, signal: str) -> None:
        assert msgspec.msgpack.encode(restore(_packed(signal))) == _packed(signal)

    def test_they_give_the_reading_that_they_gave(self, signal: str) -> None:
        expected = msgspec.json.decode(_golden(signal, "json"), type=Reading)
        baseline = restore(_packed(signal))
        assert read(baseline, WorkspaceId(1), signal, READ_MS, HealthParams()) == expected


def _packed(signal: str) -> bytes:
    return _golden(signal, "msgpack")


def _golden(signal: str, suffix: str) -> bytes:
    return (GOLDEN / f"{signal.partition(':')[0]}.{suffix}").read_bytes()
