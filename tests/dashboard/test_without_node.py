"""`make demo` and `make test` need Python and make alone: no Node, and no page that is built.

Make says what it would run (`-n`), in a tree in which nothing of the page is there.
"""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]
NODE = ("npm", "node", "npx", "vite")


def _tree(folder: Path) -> Path:
    """A copy of the Makefile with an environment that is ready, and no page."""
    (folder / "Makefile").write_text((ROOT / "Makefile").read_text(encoding="utf-8"))
    (folder / "dashboard" / "src").mkdir(parents=True)
    for name in ("package-lock.json", "openapi.json", "index.html", "vite.config.ts"):
        (folder / "dashboard" / name).touch()
    for name in ("requirements.lock", "pyproject.toml"):
        (folder / name).touch()
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").touch()
    (folder / ".venv" / ".ready").touch()
    return folder


def _path_without_node(folder: Path) -> str:
    """A search path with the tools that a shell needs, and no Node."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("bash", "sh", "mkdir", "nice", "getconf", "find", "make", "touch", "echo", "cat"):
        for place in os.get_exec_path():
            if (Path(place) / name).exists():
                (tools / name).symlink_to(Path(place) / name)
                break
    return str(tools)


def _make(folder: Path, *words: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("target", ["test", "demo"])
def test_a_target_runs_nothing_of_node_before_its_own_work(target: str, tmp_path: Path) -> None:
    tree = _tree(tmp_path)

    told = _make(tree, "-n", target, path=_path_without_node(tmp_path))

    assert told.returncode == 0, told.stderr
    # What runs beside the demo stands before `} &`; make waits for what is left.
    foreground = [line.rsplit("} &", 1)[-1] for line in told.stdout.splitlines()]
    words = " ".join(foreground).replace("/", " ").split()
    assert "python" in words or "stratum" in words
    assert not set(words) & {*NODE, "npm.sh"}


def test_the_demo_goes_on_where_the_page_cannot_be_built(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    stratum = tree / ".venv" / "bin" / "stratum"
    stratum.write_text('#!/bin/bash\nwhile [ ! -s .cache/dashboard.log ]; do :; done\necho "$@"\n')
    stratum.chmod(0o755)

    ran = _make(tree, "demo", path=_path_without_node(tmp_path))

    assert (ran.returncode, ran.stdout) == (0, "demo\n")
    said = ran.stderr.strip().splitlines()
    assert len(said) == 1, ran.stderr
    assert ".cache/dashboard.log says why" in said[0]
    assert "dashboard/tools/npm.sh" in (tree / ".cache" / "dashboard.log").read_text()
