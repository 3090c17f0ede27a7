"""What a privacy officer sees: a preview, a request with its steps, a list of requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from cli.output import echo, print_table

View = Mapping[str, Any]


def show_preview(preview: View) -> None:
    """Print what an erasure would remove, and where."""
    masked = ", ".join(f"{one['kind']} {one['masked']}" for one in preview["masked"])
    echo(f"person {preview['profile_id']}: {masked}")
    if preview["redirected_from"]:
        echo(f"  {preview['redirected_from']} was merged into this person")
    rows: list[tuple[object, object, object]] = [
        ("events", one["name"] or "commands", f"{one['events']:,} {_span(one)}")
        for one in preview["events"]
    ]
    rows += [("links", "", preview["links"]), ("merges", "", preview["merges"])]
    rows += [("segment", one["name"], "leaves") for one in preview["segments"]]
    rows += [
        ("audience", f"{one['platform']}: {one['name']}", one["state"])
        for one in preview["audiences"]
    ]
    rows += [("pushes", one["platform"], one["pushes"]) for one in preview["pushes"]]
    files = preview["exports"]
    rows += [
        ("export files", "revoked", files["revoked"]),
        ("export files", "written anew", files["restarted"]),
        ("dead letters", "", preview["dead_letters"]),
        ("other people", "who share a refused or banned link, and stay", preview["shared"]),
    ]
    print_table("what", "where", "how much", rows=rows)
    echo(f"fingerprint {preview['fingerprint']}")
    if preview["open_request"]:
        echo(f"request {preview['open_request']} asks for this already")


def _span(events: View) -> str:
    return f"({minute(events['first_at'])} – {minute(events['last_at'])})"


def minute(at: str | None) -> str | None:
    """An instant of the API to the minute; None for none.

    >>> minute("2026-03-01T09:30:12Z")
    '2026-03-01 09:30'
    """
    return None if at is None else at[:16].replace("T", " ")


def show_request(request: View) -> None:
    """Print a request, its steps and its recipients."""
    late = ", overdue" if request["overdue"] else ""
    who = request["requested_by_name"] or request["requested_by"]
    echo(f"request {request['id']}: {request['status']}{late}")
    echo(f"  asked for at {minute(request['requested_at'])} by {who}: {request['reason']}")
    named = request["identifiers"]
    echo(f"  person {request['profile_id']}, {named} identifier{'' if named == 1 else 's'}")
    if request["extension"]:
        said = request["extension"]
        echo(f"  extended at {minute(said['at'])} by {said['by']}: {said['reason']}")
    if request["kind"] == "access":
        show_archive(request)
        return
    if request["kind"] == "erasure":
        due = f"{minute(request['due_at'])} ({request['regulation']})"
        echo(f"  due {due}, afterwards {request['afterwards']}")
    else:
        show_statement(request)
    if request["removed"] is not None:
        told = ", ".join(f"{count:,} {name}" for name, count in request["removed"].items())
        echo(f"  removed at {minute(request['processed_at'])}: {told}")
        steps = ((one["step"], minute(one["at"]), counted(one)) for one in request["steps"])
        print_table("step", "done (UTC)", "removed", rows=steps)
    if request["recipients"]:
        columns = ("platform", "audience", "listed", "confirmed (UTC)", "outcome")
        print_table(*columns, rows=_recipients(request["recipients"]))
    if request["advice"]:
        echo(request["advice"])


def show_statement(request: View) -> None:
    """Print what a restriction, its release or an objection comes to."""
    purposes = f" to {', '.join(request['purposes'])}" if request["purposes"] else ""
    echo(f"  due {minute(request['due_at'])}, {request['kind']}{purposes}")
    if request["completed_at"]:
        echo(f"  taken in at {minute(request['completed_at'])}")


def show_archive(request: View) -> None:
    """Print how far the archive of a request is."""
    archive = request["archive"]
    echo(f"  due {minute(request['due_at'])} ({request['regulation']}), access")
    if archive is None:
        echo("  nothing is held")
        return
    if archive["reason"]:
        echo(f"  no archive: {archive['reason']}")
    elif archive["size_bytes"] is not None:
        echo(f"  {archive['size_bytes']:,} bytes, kept until {minute(archive['expires_at'])}")
    if archive["sections"]:
        print_table("section", "rows", rows=archive["sections"].items())
    if request["advice"]:
        echo(request["advice"])


def counted(step: View) -> str:
    """What a step removed, in words."""
    return ", ".join(f"{count:,} {name}" for name, count in step["removed"].items())


def _recipients(recipients: Iterable[View]) -> Iterable[tuple[object, ...]]:
    for one in recipients:
        listed = "yes" if one["listed"] else "no"
        confirmed = minute(one["confirmed_at"]) or "waits"
        yield one["platform"], one["audience"], listed, confirmed, one["outcome"]


def show_requests(requests: Iterable[View]) -> None:
    """Print requests as a table."""
    rows = (
        (
            one["id"],
            one["status"],
            minute(one["requested_at"]),
            f"{minute(one['due_at'])}{' OVERDUE' if one['overdue'] else ''}",
            minute(one["completed_at"]),
            one["kind"],
            one["requested_by_name"] or one["requested_by"],
            one["reason"],
        )
        for one in requests
    )
    columns = ("id", "status", "asked", "due", "completed", "kind", "by", "reason")
    print_table(*columns, rows=rows)
