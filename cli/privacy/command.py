"""``stratum privacy``: tell people what is held of them, restrict and erase them, prove it.

Requests go over the API like anybody else's; `verify` reads the database.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.http import LOCAL, Url, asking
from cli.output import echo, echo_bytes, print_table
from cli.privacy.client import PrivacyClient, person_of
from cli.privacy.pictures import show_preview, show_request, show_requests
from cli.privacy.retention import app as retention
from cli.privacy.waiting import follow, follow_archive
from cli.texts import Reason
from domain.privacy.data_map import PLACES
from domain.privacy.erasure import Afterwards, RequestKind, RequestStatus

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Tell people what is held of them, restrict and erase them, enter objections, follow"
    " requests, prove what was done; show where personal data rests, and for how long.",
)
app.add_typer(retention, name="retention")

_PRIVATE: Final = 0o600

Person = Annotated[
    str,
    typer.Argument(metavar="PERSON", help="Profile id, or an identifier as KIND=VALUE."),
]
Number = Annotated[int, typer.Argument(metavar="REQUEST", help="Number of the request.", min=0)]
Evidence = Annotated[str, typer.Option(help="What shows it: a reference, or words.")]
ApiKey = Annotated[
    str,
    typer.Option(
        help="API key; read to list and show requests and take receipts, else admin.",
        envvar="STRATUM_API_KEY",
    ),
]


Law = Annotated[
    str | None,
    typer.Option(
        "--regulation",
        help="The law that the person invokes, as gdpr or ccpa; it says when the answer is due."
        " Default: the server's.",
    ),
]


@app.command()
def preview(person: Person, *, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Show what an erasure would remove, and where."""
    body = person_of(person)
    with asking(url, api_key) as http:
        show_preview(PrivacyClient(http).preview(body))


@app.command()
def erase(  # noqa: PLR0913 - each is an option
    person: Person,
    *,
    reason: Reason,
    api_key: ApiKey,
    afterwards: Annotated[
        Afterwards,
        typer.Option(help="Later activity makes a new person, or none of it is kept."),
    ] = Afterwards.NEW,
    regulation: Law = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show the steps until all are done.")
    ] = False,
    wait_limit: Annotated[
        float, typer.Option(help="Wait for so many seconds at most; 0: as long as it takes.", min=0)
    ] = 0.0,
    url: Url = LOCAL,
) -> None:
    """Erase a person; it cannot be taken back.

    Exactly what the preview shows is erased: where the person has got other identifiers meanwhile,
    nothing is. Ends with code 1 where it was waited for in vain.
    """
    body = person_of(person)
    with asking(url, api_key) as http:
        client = PrivacyClient(http)
        found = client.preview(body)
        show_preview(found)
        if not yes:
            _confirmed(found["masked"][0]["masked"])
        body |= {"reason": reason, "afterwards": afterwards.value, "regulation": regulation}
        request = client.erase(body | {"fingerprint": found["fingerprint"]})
        echo(f"request {request['id']} is {request['status']}, due {request['due_at']}")
        if wait and follow(client, request["id"], wait_limit)["status"] != "completed":
            echo(f"request {request['id']} is not completed yet", err=True)
            raise typer.Exit(1)


@app.command()
def access(
    person: Person,
    *,
    reason: Reason,
    api_key: ApiKey,
    regulation: Law = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until the archive is written.")] = False,
    wait_limit: Annotated[
        float, typer.Option(help="Wait for so many seconds at most; 0: as long as it takes.", min=0)
    ] = 0.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write the archive to, once it is written."),
    ] = None,
    url: Url = LOCAL,
) -> None:
    """Gather everything that is held of a person into an archive.

    Check first that whoever asks is this person. Ends with code 1 where it was waited for in vain,
    or there is no archive.
    """
    body = person_of(person) | {"reason": reason, "regulation": regulation}
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter("its folder is not there", param_hint="--out")
    with asking(url, api_key) as http:
        client = PrivacyClient(http)
        request = client.access(body)
        echo(f"request {request['id']} is {request['status']}, due {request['due_at']}")
        if not wait and out is None:
            return
        request = follow_archive(client, request["id"], wait_limit)
        if request["status"] != "ready":
            echo(f"request {request['id']} is {request['status']}", err=True)
            raise typer.Exit(1)
        show_request(request)
        if out is not None:
            _download(client, request["id"], out)


def _download(client: PrivacyClient, number: int, out: Path) -> None:
    """Download an archive into a file that its owner alone reads."""
    made = client.link(number)
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, _PRIVATE)  # it may have been there
        client.download(made["path"], file)
    echo(f"{out}: {out.stat().st_size:,} bytes, everything that is held of them")


@app.command()
def restrict(
    person: Person, *, reason: Reason, api_key: ApiKey, evidence: Evidence = "", url: Url = LOCAL
) -> None:
    """Keep what is held of a person, and use it for nothing until they are released."""
    with asking(url, api_key) as http:
        _entered(PrivacyClient(http).restrict(_statement(person, reason, evidence)))


@app.command()
def release(
    person: Person, *, reason: Reason, api_key: ApiKey, evidence: Evidence = "", url: Url = LOCAL
) -> None:
    """End a restriction; tell the person before."""
    with asking(url, api_key) as http:
        _entered(PrivacyClient(http).release(_statement(person, reason, evidence)))


@app.command("object")
def object_(
    person: Person,
    *,
    reason: Reason,
    api_key: ApiKey,
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="Purpose that they object to; repeat it for several. Default: every."),
    ] = None,
    evidence: Evidence = "",
    url: Url = LOCAL,
) -> None:
    """Enter that a person objects: purposes, or every one, are refused in their name."""
    body = _statement(person, reason, evidence)
    if purpose:
        body["purposes"] = purpose
    with asking(url, api_key) as http:
        _entered(PrivacyClient(http).objection(body))


def _statement(person: str, reason: str, evidence: str) -> dict[str, Any]:
    """A statement as requests have it."""
    told = {"reason": reason, "evidence": evidence}
    return person_of(person) | {name: value for name, value in told.items() if value}


def _entered(request: dict[str, Any]) -> None:
    echo(f"request {request['id']} is {request['status']}; its command is {request['command_id']}")


@app.command()
def link(number: Number, *, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Make a link to an archive; whoever has it downloads the archive without an API key."""
    with asking(url, api_key) as http:
        made = PrivacyClient(http).link(number)
    echo(f"{url.rstrip('/')}{made['path']}")
    echo(f"until {made['expires_at']}, {made['size_bytes']:,} bytes", err=True)


def _confirmed(masked: str) -> None:
    """Go on where somebody types an identifier as it is shown; three dots do for the ellipsis."""
    typed = typer.prompt(f"Type {masked} to erase this person")
    if typed.strip().replace("...", "…") != masked:
        echo("Nothing was erased.", err=True)
        raise typer.Exit(1)


@app.command()
def requests(
    *,
    api_key: ApiKey,
    kind: Annotated[RequestKind | None, typer.Option(help="Only these.")] = None,
    status: Annotated[RequestStatus | None, typer.Option(help="Only these.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their time.")] = False,
    url: Url = LOCAL,
) -> None:
    """List requests, newest first."""
    asked = {"kind": kind, "status": status}
    wanted: dict[str, Any] = {name: one.value for name, one in asked.items() if one}
    if overdue:
        wanted["overdue"] = "true"
    with asking(url, api_key) as http:
        show_requests(PrivacyClient(http).requests(wanted))


@app.command()
def show(number: Number, *, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Show a request: its steps, and which platforms have confirmed."""
    with asking(url, api_key) as http:
        show_request(PrivacyClient(http).request(number))


@app.command()
def retry(number: Number, *, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Send a command to the event log again, or have an archive that failed written again."""
    with asking(url, api_key) as http:
        show_request(PrivacyClient(http).retry(number))


@app.command()
def extend(number: Number, *, reason: Reason, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Let an answer take longer, once, by as much as its law allows.

    The person must be told the reason before the answer was due.
    """
    with asking(url, api_key) as http:
        show_request(PrivacyClient(http).extend(number, reason))


@app.command()
def receipt(
    number: Number,
    *,
    api_key: ApiKey,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write; standard output when not given."),
    ] = None,
    url: Url = LOCAL,
) -> None:
    """Take the receipt of an erasure."""
    with asking(url, api_key) as http:
        content = PrivacyClient(http).receipt(number)
    if out is None:
        echo_bytes(content)
        return
    out.write_bytes(content)
    echo(f"{out}: receipt of request {number}; stratum privacy verify {out} checks it")


@app.command()
def verify(
    file: Annotated[
        Path,
        typer.Argument(metavar="RECEIPT", help="File of the receipt.", exists=True, dir_okay=False),
    ],
) -> None:
    """Check a receipt against the audit log and the register in the database.

    Recomputes the whole chain and every entry that the receipt rests on, and prints what holds and
    what does not. Exit code 0 where everything holds, 1 where anything does not.
    """
    from cli.privacy.verifying import verified  # noqa: PLC0415 - the others need no database
    from cli.stack.running import attach  # noqa: PLC0415 - as above

    attach(os.environ)
    findings = verified(file.read_bytes())
    for finding in sorted(findings, key=lambda one: one.holds, reverse=True):
        echo(f"{'holds' if finding.holds else 'FAILS'}  {finding.said}")
    wrong = sum(not finding.holds for finding in findings)
    echo(f"{len(findings):,} checks, {wrong:,} failed")
    if wrong:
        raise typer.Exit(1)


@app.command("map")
def map_(
    *, as_json: Annotated[bool, typer.Option("--json", help="As JSON, one list of rows.")] = False
) -> None:
    """Show where personal data rests, for how long, and how it leaves."""
    if as_json:
        echo_bytes(json.dumps([place._asdict() for place in PLACES], indent=1).encode() + b"\n")
        return
    rows = (
        (
            place.store,
            place.name,
            ", ".join(place.parts),
            place.personal,
            place.kept,
            place.leaves,
            place.access or place.withheld,
        )
        for place in PLACES
    )
    print_table("store", "place", "parts", "personal", "kept", "leaves", "access", rows=rows)
