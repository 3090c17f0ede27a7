"""The runbook's sections as the dashboard shows them beside an alert.

``python -m tests.dashboard.runbook`` writes them; a test holds the file to the document.
"""

import json
import re
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
RUNBOOK: Final = _ROOT / "docs" / "runbook.md"
WRITTEN: Final = _ROOT / "dashboard" / "src" / "features" / "alert" / "runbook.json"

_LINK: Final = re.compile(r"\[([^]]+)]\([^)]+\)")


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text).replace("**", "").replace("`", "").replace("*", "").strip()


def _cells(line: str) -> list[str]:
    return [_plain(cell) for cell in line.strip().strip("|").split("|")]


def _parts(lines: list[str]) -> list[dict[str, object]]:
    """Paragraphs and tables of one section, without markup."""
    parts: list[dict[str, object]] = []
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip()):
        rows = block.splitlines()
        if rows and rows[0].startswith("|"):
            parts.append({"head": _cells(rows[0]), "rows": [_cells(row) for row in rows[2:]]})
        elif block:
            parts.append({"text": _plain(" ".join(rows))})
    return parts


def sections(document: str) -> dict[str, list[dict[str, object]]]:
    """Read a runbook: kind of alert → its section's paragraphs and tables."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in document.splitlines():
        if line.startswith("## "):
            name = line.removeprefix("## ").strip()
            found[name] = []
        elif name:
            found[name].append(line)
    return {kind: _parts(lines) for kind, lines in found.items()}


def written() -> str:
    """The file's content as it should be."""
    text = json.dumps(sections(RUNBOOK.read_text()), ensure_ascii=False, indent=1)
    return text + "\n"


if __name__ == "__main__":
    WRITTEN.write_text(written())
