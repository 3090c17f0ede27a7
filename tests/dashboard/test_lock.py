"""The packages of the page: exact, hashed, and from no named registry."""

import json
from pathlib import Path

_DASHBOARD = Path(__file__).parents[2] / "dashboard"


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((_DASHBOARD / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_every_package_is_pinned() -> None:
    package = json.loads((_DASHBOARD / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in versions.items() if not version[0].isdigit()] == []


def test_no_script_calls_npm_again() -> None:
    """The Node of the Python wheel has an npm that runs only as tools/npm.sh calls it."""
    scripts = json.loads((_DASHBOARD / "package.json").read_text())["scripts"]
    words = {name: script.split() for name, script in scripts.items()}
    assert [name for name, script in words.items() if {"npm", "npx"} & set(script)] == []
