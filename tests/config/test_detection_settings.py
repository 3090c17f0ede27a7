"""Every constant that tunes detection and health is a setting, with its default and its source."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

import operators.detection
from config.load import load_settings
from domain.policies import ShapeRules
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.cusum_params import CusumParams, LevelParams
from operators.detection.episodes import EpisodeParams
from operators.detection.schema_drift import DriftParams
from operators.detection.season import SeasonParams
from operators.detection.seasonality_params import LearningParams, SeasonalityParams
from operators.detection.tail import TailParams
from operators.signals.components import COMPONENTS

FILE = Path(__file__).parents[2] / "config" / "stratum.yaml"
PLACES: dict[str, type] = {
    "signals.sequential": CusumParams,
    "signals.sequential.levels": LevelParams,
    "signals.rhythm": SeasonalityParams,
    "signals.rhythm.learning": LearningParams,
    "signals.drift": DriftParams,
    "signals.anomalies": AnomalyParams,
    "signals.anomalies.season": SeasonParams,
    "signals.anomalies.tail": TailParams,
    "signals.episodes": EpisodeParams,
    "profile.shapes": ShapeRules,
}
"""Section → the params that it holds."""
CHOSEN = {"signals.anomalies.step": timedelta(minutes=5), "signals.episodes.threshold": 0.6}
"""What health sets otherwise than a detector by itself (`HealthParams`)."""


def written(place: str) -> dict[str, Any]:
    """A section of the file, as it is written."""
    section = yaml.safe_load(FILE.read_text())
    for name in place.split("."):
        section = section[name]
    return dict(section)


def documented(params: type) -> dict[str, str]:
    """Field → what the docstring says of it."""
    _, _, attributes = (params.__doc__ or "").partition("Attributes:")
    found = re.split(r"\n        (\w+): ", attributes)
    return {
        name: " ".join(said.split()) for name, said in zip(found[1::2], found[2::2], strict=True)
    }


def own(params: type) -> Iterator[dataclasses.Field[Any]]:
    """The fields that are no section of their own."""
    for one in dataclasses.fields(params):
        if one.default is not dataclasses.MISSING:
            yield one


@pytest.mark.parametrize("place", PLACES)
class TestSections:
    def test_every_parameter_is_in_the_file_with_its_default(self, place: str) -> None:
        section, params = written(place), PLACES[place]
        assert section.keys() == {one.name for one in dataclasses.fields(params)}
        for one in own(params):
            default = CHOSEN.get(f"{place}.{one.name}", one.default)
            found = TypeAdapter(type(default)).validate_python(section[one.name])
            assert found == default, one.name

    def test_every_parameter_says_what_it_means_and_where_its_default_is_from(
        self, place: str
    ) -> None:
        said = documented(PLACES[place])
        assert said.keys() == {one.name for one in dataclasses.fields(PLACES[place])}
        for one in own(PLACES[place]):
            meaning, _, source = said[one.name].partition("Source:")
            assert source.strip(), f"{one.name} has no source"
            assert meaning.strip(), f"{one.name} has no meaning"


def test_no_params_of_a_detector_are_missing_from_the_table() -> None:
    modules = pkgutil.iter_modules(operators.detection.__path__, "operators.detection.")
    found = {
        each
        for module in modules
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and each.__name__.endswith("Params")
    }
    assert found | {ShapeRules} == set(PLACES.values())


def test_every_constant_of_a_component_is_in_the_file_with_its_default() -> None:
    signals = load_settings(FILE, {}).signals
    for one in COMPONENTS:
        assert getattr(signals.weights, one.name) == one.weight
        for name, effect in (one.effects | one.factors).items():
            assert getattr(signals.materials, name) == effect
        for name, value in one.tuning.items():
            assert getattr(signals.tuning, name) == value


def test_a_setting_of_the_environment_reaches_the_detector() -> None:
    changed = load_settings(FILE, {"STRATUM_SIGNALS__ANOMALIES__TAIL__HEAVINESS": "0.5"})
    assert changed.signals.anomalies.tail == TailParams(heaviness=0.5)
