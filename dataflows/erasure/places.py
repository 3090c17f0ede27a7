"""Makes sure that nothing of an erased person is left in the cache and in files of exports."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import psycopg
import redis

from domain.ids import ProfileId
from domain.privacy.erasure import Step
from sinks.export.archives import ArchiveFiles
from sinks.export.files import ExportFiles
from sinks.export.folder import PrivateFolder
from sinks.profiles.cache import identifier_name, profile_name
from store.erasure import files, progress
from store.erasure.params import ErasureParams
from store.erasure.progress import OpenErasure
from store.export import jobs
from store.privacy import archive_jobs

_UNLINKED_AT_A_TIME: Final = 500


def forget_cached(
    conn: psycopg.Connection[Any], client: "redis.Redis | None", params: ErasureParams
) -> int:
    """Unlink erased people and their identifiers from the profile cache, and note the step.

    The engine does so as well, but only tries it once.

    Args:
        conn: in autocommit mode.
        client: of the cache; None where there is none.
        params: how many erasures at a time.

    Returns:
        For how many erasures the step was noted.

    Raises:
        redis.RedisError: the cache does not answer; the step waits.
    """
    noted = 0
    for waiting in progress.pages(conn, Step.CACHE, params.page):
        if client is not None:
            people = {profile_name(person) for each in waiting for person in each.ids}
            hints = {identifier_name(key) for each in waiting for key in each.keys}
            unlink(client, people | hints)
        told = {each.command: {"people": len(each.people)} for each in waiting}
        noted += progress.note(conn, Step.CACHE, told)
    return noted


def unlink_people(client: "redis.Redis | None", people: Iterable[ProfileId]) -> None:
    """Drop people from the profile cache.

    Raises:
        redis.RedisError: it does not answer; its entries expire.
    """
    if client is not None:
        unlink(client, {profile_name(person) for person in people})


def unlink(client: redis.Redis, names: Iterable[str]) -> None:
    """Unlink keys, a bounded number at a time."""
    ordered = sorted(names)
    for start in range(0, len(ordered), _UNLINKED_AT_A_TIME):
        client.unlink(*ordered[start : start + _UNLINKED_AT_A_TIME])


def forget_files(
    conn: psycopg.Connection[Any],
    folder: ExportFiles,
    archives: ArchiveFiles,
    params: ErasureParams,
) -> int:
    """Remove exports and archives that may not be there, and note the step where none is left.

    Args:
        conn: in autocommit mode.
        folder: of exports; the same for every process.
        archives: of access requests, likewise.
        params: how many erasures at a time.

    Returns:
        For how many erasures the step was noted.
    """
    noted = 0
    for waiting in progress.pages(conn, Step.EXPORTS, params.page):
        clear = files.without_exports(conn, [each.command for each in waiting])
        removed = folder.sweep(lambda: jobs.kept(conn))
        removed += archives.sweep(lambda: archive_jobs.kept(conn))
        left = _workspaces_with_files(conn, folder, jobs.kept, files.workspaces_of, waiting)
        left |= _workspaces_with_files(
            conn, archives, archive_jobs.kept, archive_jobs.workspaces_of, waiting
        )
        told = {
            each.command: {"files": removed}
            for each in waiting
            if each.command in clear and each.workspace not in left
        }
        noted += progress.note(conn, Step.EXPORTS, told)
    return noted


def forget_archives_of_neighbours(
    conn: psycopg.Connection[Any], archives: ArchiveFiles, commands: Collection[UUID]
) -> None:
    """End archives of people whose events named what was erased, and remove their files.

    Args:
        conn: in autocommit mode.
        archives: the folder of archives.
        commands: erasures whose neighbours no longer name it.
    """
    if commands:
        files.without_archives_of_neighbours(conn, list(commands))
        archives.sweep(lambda: archive_jobs.kept(conn))


def _workspaces_with_files(
    conn: psycopg.Connection[Any],
    folder: PrivateFolder,
    kept: Callable[[psycopg.Connection[Any]], set[tuple[int, int]]],
    owners_of: Callable[[psycopg.Connection[Any], Sequence[int]], dict[int, int]],
    waiting: Sequence[OpenErasure],
) -> set[int]:
    """Workspaces with files that no row allows any more, although they were just removed."""
    present = folder.present()
    there = present - kept(conn) if present else set()
    owners = owners_of(conn, [number for number, _ in there]) if there else {}
    everybody = {each.workspace for each in waiting}
    return {
        workspace
        for number, _ in there
        for workspace in ([owners[number]] if number in owners else everybody)
    }
