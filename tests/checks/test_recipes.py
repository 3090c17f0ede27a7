"""CONTRIBUTING's recipes are true: touching the files that one names adds the thing everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NAME = "fifth"
FOLDERS = ("sinks/ads", "local/platforms", "tests/golden")
"""Rooms in which a platform has a folder of its own."""
PROBE = """
import json
from typer.main import get_command
from api.app import create_app
from cli.activation.audiences import app as audiences
from config.exports import form_kinds, form_purpose
from config.load import load_settings
from local.stack.sandboxes import variables, wanted

settings = load_settings(environ=variables("fifth", "http://127.0.0.1:1"))
schemas = create_app().openapi()["components"]["schemas"]
create = get_command(audiences).commands["create"]
print(json.dumps({
    "connected": [name for name, section in settings.platforms.items() if section.connected],
    "sandboxes": wanted(settings),
    "port": settings.embedded.sandbox_ports["fifth"],
    "purpose": form_purpose(settings, "fifth"),
    "kinds": form_kinds("fifth"),
    "audience": schemas["AudienceRequest"]["properties"]["platform"]["enum"],
    "export": "fifth" in json.dumps(schemas["ExportRequest"]),
    "help": [one.help for one in create.params if one.name == "platform"],
}))
"""


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name}: {old}"
    path.write_text(text.replace(old, new))


def add_platform(tree: Path) -> None:
    """Add a platform, a twin of TikTok under another name, by the recipe's files alone."""
    for room in FOLDERS:
        shutil.copytree(tree / room / "tiktok", tree / room / NAME)
        for file in (tree / room / NAME).iterdir():
            text = file.read_text().replace("tiktok.codec", f"{NAME}.codec")
            text = text.replace("platforms.tiktok", f"platforms.{NAME}")
            text = text.replace("ads.tiktok", f"ads.{NAME}").replace('"tiktok"', f'"{NAME}"')
            file.write_text(text.replace("Tiktok", "Fifth"))
    put(tree / "domain/activation/platforms.py", '"snapchat"]', f'"snapchat", "{NAME}"]')
    registry = tree / "sinks/ads/registry.py"
    put(
        registry,
        "from sinks.ads.google.codec",
        f"from sinks.ads.{NAME}.codec import Fifth, FifthParams\nfrom sinks.ads.google.codec",
    )
    put(
        registry,
        '    "snapchat": PlatformSpec(Snapchat, SnapchatParams, _SNAPCHAT_TOKENS),\n',
        '    "snapchat": PlatformSpec(Snapchat, SnapchatParams, _SNAPCHAT_TOKENS),\n'
        f'    "{NAME}": PlatformSpec(Fifth, FifthParams),\n',
    )
    reference = tree / "config/stratum.yaml"
    (section,) = re.findall(
        r"^(?:#.*\n)?tiktok:\n(?:[ #].*\n|\n)+", reference.read_text(), re.MULTILINE
    )
    put(reference, "snapchat: 8403}", f"snapchat: 8403, {NAME}: 8404}}")
    reference.write_text(reference.read_text() + section.replace("tiktok:", f"{NAME}:"))
    contracts = tree / "pyproject.toml"
    put(contracts, '"sinks.ads.tiktok"]', f'"sinks.ads.tiktok", "sinks.ads.{NAME}"]')
    put(
        contracts,
        '"local.platforms.tiktok"]',
        f'"local.platforms.tiktok", "local.platforms.{NAME}"]',
    )
    shutil.copy(tree / "docs/platforms/tiktok.md", tree / f"docs/platforms/{NAME}.md")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of every file of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(tree: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "STRATUM_" not in name}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_a_platform_is_its_folders_a_name_a_row_a_section_and_a_page(tree: Path) -> None:
    add_platform(tree)

    assert json.loads(run(tree, "-c", PROBE).splitlines()[-1]) == {
        "connected": [NAME],
        "sandboxes": ["meta", "google", "tiktok", "snapchat"],
        "port": 8404,
        "purpose": "advertising",
        "kinds": ["email", "phone", "device_id"],
        "audience": ["meta", "google", "tiktok", "snapchat", NAME],
        "export": True,
        "help": ["meta, google, tiktok, snapchat or fifth."],
    }
    run(
        tree,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"{NAME} or name or yaml"),
        "tests/checks/test_platforms.py",
        "tests/config/test_stratum_yaml.py",
    )
