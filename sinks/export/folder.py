"""A folder of files that hold people: each is private, whole under its name, and goes in time.

A file is called after what it holds and its writer's attempt. It is whole under its name, and
beside it with ``.part`` while it grows. Only files for which a row says that they are being written
or may be downloaded stay; everything else goes at the next look, whatever it was: expired,
cancelled, revoked because somebody was erased, left by a writer that died.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_PRIVATE: Final = 0o600


class PrivateFolder:
    """One kind of file in one folder.

    Args:
        directory: made when the first file is written, for this user alone.
        name: matches whole names, those of parts too; its groups are number and attempt. What has
            another name is left alone.
    """

    def __init__(self, directory: Path, name: "re.Pattern[str]") -> None:
        self.directory = directory
        self._name = name

    def make(self) -> None:
        """Make the folder where there is none."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def writing(self, path: Path) -> Iterator[IO[bytes]]:
        """Open a file that has its name once everything is written and on the disk.

        Nothing is left on any error.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        self.make()
        part = path.with_name(path.name + ".part")
        try:
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb"
            ) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            folder = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def sweep(self, kept: Callable[[], set[tuple[int, int]]]) -> int:
        """Remove every file that may not be there.

        Args:
            kept: (number, attempt) of those that may. Queried after the folder was listed: a row
                is there before its file.

        Returns:
            How many went.
        """
        found = list(self._found())
        if not found:
            return 0
        stay = kept()
        gone = [path for key, path in found if key not in stay]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def present(self) -> set[tuple[int, int]]:
        """(Number, attempt) of every file that is there, whole or in part."""
        return {key for key, _ in self._found()}

    def _found(self) -> Iterator[tuple[tuple[int, int], Path]]:
        if self.directory.is_dir():
            for path in self.directory.iterdir():
                name = self._name.fullmatch(path.name)
                if name is not None:
                    yield (int(name[1]), int(name[2])), path
