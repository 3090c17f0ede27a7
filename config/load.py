"""Reads the configuration: defaults, then a YAML file, then ``STRATUM_…`` environment variables.

The only reader of the environment.

``STRATUM_CONFIG`` names the file; ``STRATUM_POSTGRES__DSN`` sets ``postgres.dsn``: two underscores
go one level down, values are YAML. A secret may lie in a file of its own:
``STRATUM_META__ACCESS_TOKEN__FILE`` names the one whose text is ``meta.access_token``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from config.settings import Settings
from domain.values import Json

PREFIX = "STRATUM_"
RESERVED = {"API_KEY", "CONFIG", "TEST_KAFKA", "URL", "WRITE_KEY"}
"""Variables that are not settings: the file, the tests' broker, options of client commands."""


class ConfigError(Exception):
    """The configuration does not hold; the message names each wrong key and what it takes."""


def _deep_set(tree: dict[str, Any], path: list[str], value: Json) -> None:
    for part in path[:-1]:
        child = tree.get(part)
        tree[part] = child = dict(child) if isinstance(child, dict) else {}
        tree = child
    tree[path[-1]] = value


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the configuration file {path}: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"the configuration file {path} is not a table of settings")
    return tree


def _text(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} names a file that cannot be read: {path}: {error}") from error


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Build the settings.

    Args:
        path: YAML file; default the one ``STRATUM_CONFIG`` names, else none.
        environ: variables to read; default the process environment.

    Raises:
        ConfigError: a file that cannot be read, an unknown key, or a value out of range.
    """
    environ = os.environ if environ is None else environ
    path = path or (Path(environ["STRATUM_CONFIG"]) if environ.get("STRATUM_CONFIG") else None)
    tree = {} if path is None else _read(path)
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in RESERVED:
            setting = name.removeprefix(PREFIX).lower().split("__")
            if setting[-1] == "file" and len(setting) > 1:
                _deep_set(tree, setting[:-1], _text(name, value))
                continue
            try:
                parsed = yaml.safe_load(value)
            except yaml.YAMLError:
                parsed = value
            _deep_set(tree, setting, parsed)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigError("the configuration does not hold:\n" + "\n".join(lines)) from error
