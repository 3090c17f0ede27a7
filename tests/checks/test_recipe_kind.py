"""The recipe for an identifier kind holds: six files, each needed, and everything else follows.

The kind is the number by which a page knows somebody who writes to it. A trait states it, it has a
normal form of its own, and Meta takes it (``PAGEUID``). `kind_probe` follows it.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.long

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = (
    *("api", "config", "domain", "local", "operators", "oracle", "sinks", "sources", "store"),
    "tests/support",
)
CHANGES: Final = {
    "domain/identifiers.py": (
        ("    PHONE = auto()\n", "    PHONE = auto()\n    DIGITS = auto()\n"),
        (
            '    IdentifierKind("anonymous_id"',
            """\
    IdentifierKind(
        "messenger_id",
        4,
        10,
        Form.DIGITS,
        trait="messengerId",
        known=True,
        matched=True,
        match_weight=1.5,
    ),
    IdentifierKind("anonymous_id\"""",
        ),
    ),
    "operators/identity/normalise.py": (
        (
            "_FORMS: Final",
            """\
def _digits(value: str, _region: str) -> str | None:
    return re.sub("[^0-9]", "", value).lstrip("0") or None


_FORMS: Final""",
        ),
        ("    Form.PHONE: _phone,\n", "    Form.PHONE: _phone,\n    Form.DIGITS: _digits,\n"),
    ),
    "config/stratum.yaml": (
        (
            "    anonymous_id: {priority",
            "    messenger_id: {priority: 4, limit: 10, blocked: []}\n    anonymous_id: {priority",
        ),
        ("known_kinds: [user_id, ", "known_kinds: [user_id, messenger_id, "),
        ("match_weights: {user_id: 1.0, ", "match_weights: {user_id: 1.0, messenger_id: 1.5, "),
    ),
    "oracle/statements/named.py": (
        ('_IN_TRAITS: Final = {"', '_IN_TRAITS: Final = {"messenger_id": "messengerId", "'),
    ),
    "sinks/ads/hashing.py": (
        (
            "def device_id(",
            """\
def page_user(value: str) -> str:
    return value if value.isascii() and value.isdigit() else ""


def device_id(""",
        ),
    ),
    "sinks/ads/meta/codec.py": (
        (
            "hashing.device_id, hashed=False),\n",
            """\
hashing.device_id, hashed=False),
    Column("messenger_id", ("PAGEUID",), hashing.page_user, hashed=False),
""",
        ),
    ),
}
"""File → texts of it, and what each is replaced by."""
WITHOUT: Final = {
    "domain/identifiers.py": "AttributeError: DIGITS",
    "operators/identity/normalise.py": "KeyError: <Form.DIGITS",
    "config/stratum.yaml": "AssertionError: config/stratum.yaml",
    "oracle/statements/named.py": "assert named == ",
    "sinks/ads/hashing.py": "has no attribute 'page_user'",
    "sinks/ads/meta/codec.py": "identifier.{KIND}",
}
"""File → what goes wrong where it is left out."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms, to which every file of the recipe has been added."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=ignored)
    shutil.copy(ROOT / "tests/checks/kind_probe.py", root / "probe.py")
    for name, pairs in CHANGES.items():
        text = (root / name).read_text()
        for old, new in pairs:
            assert text.count(old) == 1, f"{name}: {old!r}"
            text = text.replace(old, new)
        (root / name).write_text(text)
    return root


def probe(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "probe.py", str(tree)],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_an_identifier_kind_needs_six_files(tree: Path) -> None:
    done = probe(tree)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CHANGES)
def test_none_of_them_may_be_left_out(tree: Path, name: str) -> None:
    changed = (tree / name).read_text()
    (tree / name).write_text((ROOT / name).read_text())
    try:
        done = probe(tree)
    finally:
        (tree / name).write_text(changed)
    assert done.returncode
    assert WITHOUT[name] in done.stderr


def test_the_recipe_names_them() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    _, _, recipe = text.partition("## Add an identifier kind in six files\n")
    steps = re.findall(r"^\d\. `([^`]+)`", recipe.partition("\n## ")[0], re.MULTILINE)
    assert [step.replace("<platform>", "meta") for step in steps] == list(CHANGES)
