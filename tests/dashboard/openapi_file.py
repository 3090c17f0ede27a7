"""The committed OpenAPI document, from which the dashboard's types are made: ``python -m
tests.dashboard.openapi_file`` writes it again."""

import json
from pathlib import Path
from typing import Final

from api.app import create_app
from config.settings import Settings

PATH: Final = Path(__file__).parents[2] / "dashboard" / "openapi.json"


def text() -> str:
    """The application's document, a member a line, so that its changes can be read."""
    document = create_app(Settings()).openapi()
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
