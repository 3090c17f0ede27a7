"""Files of access archives: a folder of their own below that of exports.

A file is called after its request and the writer's attempt; nothing in its name tells of anybody.
"""

import re
from pathlib import Path
from typing import Final

from sinks.export.folder import PrivateFolder

_FOLDER: Final = "access"
_NAME: Final = re.compile(r"access-(\d+)-(\d+)\.zip(\.part)?")


class ArchiveFiles(PrivateFolder):
    """The folder of archives.

    Args:
        exports: the folder of exports.
    """

    def __init__(self, exports: Path) -> None:
        super().__init__(exports / _FOLDER, _NAME)

    def make(self) -> None:
        """Make the folder, and that of exports, where there is none."""
        self.directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().make()

    def path(self, request: int, attempt: int) -> Path:
        """Where a whole archive is."""
        return self.directory / f"access-{request}-{attempt}.zip"
