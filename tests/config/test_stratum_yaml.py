"""``config/stratum.yaml`` is the reference of every setting: complete, true, and explained line by
line."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from config.load import load_settings
from config.settings import Settings

FILE = Path(__file__).parents[2] / "config" / "stratum.yaml"
_LONGEST_COMMENT = 160


def settings_below(value: object) -> dict[str, Any] | None:
    """The settings that a section holds; None for a plain value."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def declared(value: object, path: str = "") -> Iterator[str]:
    for name, child in (settings_below(value) or {}).items():
        yield path + name
        yield from declared(child, f"{path}{name}.")


def written(tree: Mapping[str, Any], known: frozenset[str], path: str = "") -> Iterator[str]:
    for name, child in tree.items():
        yield path + name
        if isinstance(child, dict) and any(key.startswith(f"{path}{name}.") for key in known):
            yield from written(child, known, f"{path}{name}.")


def test_every_setting_is_in_the_file_and_nothing_else() -> None:
    known = frozenset(declared(Settings()))
    found = frozenset(written(yaml.safe_load(FILE.read_text()), known))
    assert not known - found, f"config/stratum.yaml lacks: {', '.join(sorted(known - found))}"
    assert not found - known, (
        f"config/stratum.yaml has what is no setting: {', '.join(sorted(found - known))}"
    )


def test_the_file_says_the_defaults() -> None:
    assert load_settings(FILE, {}) == Settings()


def test_every_setting_has_one_short_comment_above_it() -> None:
    lines = FILE.read_text().splitlines()
    bare = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\s*\w+:", line)
        and not above.lstrip().startswith("# ")
        and not re.search(r"\{.*\}$", line)
    ]
    assert bare == []
    assert [
        line for line in lines if line.lstrip().startswith("#") and len(line) > _LONGEST_COMMENT
    ] == []
