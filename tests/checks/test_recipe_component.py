"""A component of health is added in three files: its own, the list of components, the settings."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "domain", "operators", "sinks", "sources", "store")
COMPONENT = '''"""Novelty of a source: a greater share of people who are new."""

from typing import ClassVar

from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import of_finding


class Novelty(HealthComponent):
    """Less than 100 where more of the events create a person."""

    name = "novelty"
    kind = SignalKind.SOURCE
    weight = 0.3
    effects: ClassVar = {"new_people": 0.2}

    def learn(self, minute: Minute) -> None:
        """Learn the share of events that create a person."""
        accepted, created = minute.counts[metrics.ACCEPTED], minute.counts[metrics.NEW_PEOPLE]
        params = minute.params
        minute.weigh(
            "new_people", created, accepted, params.materials.new_people, params.sequential
        )

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read whether the share has risen."""
        share, params = evidence.baseline.shares.get("new_people"), evidence.params
        if share is None or not rate_cusum.is_warm(share, params.sequential):
            return self.reading(evidence, None, {}, 0, "warming up")
        found = rate_cusum.risen(share, params.sequential)
        effect = params.materials.new_people
        part = of_finding("new", "more people are new", found, effect, params.scores)
        return self.worst(evidence, share.seen_minutes, [part], "")
'''
SCRIPT = """
import json
from pathlib import Path
from config.load import load_settings
from config.settings import Settings
from domain.ids import WorkspaceId
from domain.signals.reading import Minutes, Observed
from operators.signals import components
from operators.signals.health import read
from operators.signals.machine import HealthMachine

params = load_settings(Path("config/stratum.yaml"), {}).signals
machine, start_ms = HealthMachine(params), 1_790_000_040_000
for minute in range(420):
    at_ms, created = start_ms + minute * 60_000, 5.0 if minute < 400 else 80.0
    rows = tuple(
        Observed(at_ms, 0, metric, value, at_ms)
        for metric, value in (("accepted", 100.0), ("new_people", created))
    )
    machine.on_event(Minutes(WorkspaceId(1), "source:1", rows, at_ms), at_ms)
reading = read(machine.snapshot(), WorkspaceId(1), "source:1", at_ms, params)
(found,) = (one for one in reading.components if one.name == "novelty")
print(json.dumps({
    "home": components.__file__,
    "defaults": [Settings().signals.weights.novelty, Settings().signals.materials.new_people],
    "score": found.score, "weight": found.weight, "reason": found.reason,
    "inputs": sorted(found.inputs), "reasons": reading.reasons, "capped": reading.score,
    "critical": "novelty" in params.critical,
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the project with one more component reads of a source."""
    root = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    package = root / "operators" / "signals" / "components"
    (package / "novelty.py").write_text(COMPONENT)
    replace(
        package / "__init__.py",
        ("COMPONENTS: Final", f"from {NOVELTY} import Novelty\n\nCOMPONENTS: Final"),
        ("    Volume(),\n", "    Volume(),\n    Novelty(),\n"),
    )
    replace(
        root / "config" / "stratum.yaml",
        ("  weights:\n", "  weights:\n    # People who are new.\n    novelty: 0.5\n"),
        ("  materials:\n", "  materials:\n    # People who are new.\n    new_people: 0.2\n"),
        ('critical: ["anomaly"', 'critical: ["anomaly", "novelty"'),
    )
    run = [sys.executable, "-c", SCRIPT]
    printed = subprocess.run(run, cwd=root, capture_output=True, text=True, check=False)
    assert not printed.returncode, printed.stderr
    answer: dict[str, Any] = json.loads(printed.stdout)
    assert Path(answer["home"]).is_relative_to(root)
    return answer


NOVELTY = "operators.signals.components.novelty"


def replace(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert text.count(old) == 1, f"{path.name} has {old!r} {text.count(old)} times"
        text = text.replace(old, new)
    path.write_text(text)


def test_readings_have_the_component_with_its_words(found: dict[str, Any]) -> None:
    assert found["inputs"] == ["new_share", "new_usual_share"]
    assert found["reason"].startswith("more people are new: 80.0% instead of ")
    assert any(reason.startswith("novelty: more people are new") for reason in found["reasons"])


def test_it_is_weighted_and_caps_as_settings_say(found: dict[str, Any]) -> None:
    assert (found["weight"], found["critical"]) == (0.5, True)
    assert found["capped"] == found["score"] < 40


def test_its_defaults_are_settings(found: dict[str, Any]) -> None:
    assert found["defaults"] == [0.3, 0.2]
