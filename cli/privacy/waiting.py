"""Follows a request until it is answered: each step as it is done, and how many are left."""

import sys
from time import monotonic, sleep
from typing import Any, Final

from cli.output import echo, progress
from cli.privacy.client import PrivacyClient
from cli.privacy.pictures import counted, minute

_LOOK_S: Final = 1.0


def follow(client: PrivacyClient, number: int, limit_s: float) -> dict[str, Any]:
    """Look at a request again and again.

    Args:
        client: of the workspace.
        number: of the request.
        limit_s: give up after so long; 0: never.

    Returns:
        The request when it was completed, or when time was up.

    Raises:
        RefusedError: the server says no.
    """
    began_s = monotonic()
    said = set[str]()
    with progress(shown=sys.stderr.isatty()) as drawn:
        task = drawn.add_task(f"request {number}")
        while True:
            request = client.request(number)
            done = _done(request)
            total = len(request["steps"]) + len(request["recipients"]) + 1
            drawn.update(task, total=total, completed=len(done))
            for name, line in done.items():
                if name not in said:
                    echo(line)
            said |= done.keys()
            if request["status"] == "completed" or 0 < limit_s < monotonic() - began_s:
                return request
            sleep(_LOOK_S)


def follow_archive(client: PrivacyClient, number: int, limit_s: float) -> dict[str, Any]:
    """Look at a request of access again and again.

    Args:
        client: of the workspace.
        number: of the request.
        limit_s: give up after so long; 0: never.

    Returns:
        The request when its archive was written or has failed, or when time was up.

    Raises:
        RefusedError: the server says no.
    """
    began_s = monotonic()
    with progress(shown=sys.stderr.isatty()) as drawn:
        task = drawn.add_task(f"request {number}", total=None)
        while True:
            request = client.request(number)
            drawn.update(task, completed=request["archive"]["rows"])
            under_way = request["status"] in {"requested", "processing"}
            if not under_way or 0 < limit_s < monotonic() - began_s:
                return request
            sleep(_LOOK_S)


def _done(request: dict[str, Any]) -> dict[str, str]:
    """What is done, by name, each with a line that says so."""
    found: dict[str, str] = {}
    if request["processed_at"]:
        told = ", ".join(f"{count:,} {name}" for name, count in request["removed"].items())
        found["engine"] = f"{minute(request['processed_at'])} the engine removed {told}"
    for step in request["steps"]:
        if step["at"]:
            found[step["step"]] = f"{minute(step['at'])} {step['step']} {counted(step)}".rstrip()
    for one in request["recipients"]:
        if one["confirmed_at"]:
            name = f"{one['platform']}: {one['audience']}"
            found[f"audience {one['audience_id']}"] = (
                f"{minute(one['confirmed_at'])} {name} {one['outcome']}"
            )
    return found
