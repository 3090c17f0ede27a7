"""``stratum consent``: show what a person stated, and state it in their name.

Over the API, like anybody else.
"""

from typing import Annotated, Any

import typer

from cli.consent.client import ConsentClient
from cli.http import LOCAL, Url, asking
from cli.output import echo, print_table
from cli.texts import Reason

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show what a person stated about consent; grant or withdraw it in their name.",
)

Person = Annotated[
    str,
    typer.Argument(metavar="PERSON", help="Profile id, or an identifier as KIND=VALUE."),
]


Purpose = Annotated[str, typer.Argument(help="Purpose of consent; * for every one.")]
ApiKey = Annotated[
    str,
    typer.Option(help="API key; admin to state, read to look.", envvar="STRATUM_API_KEY"),
]
Evidence = Annotated[str, typer.Option(help="What shows it: a reference, or words.")]
Version = Annotated[str, typer.Option(help="Of the text that the person was shown.")]
StatedAt = Annotated[
    str | None, typer.Option(help="When the person said so, ISO 8601 with zone. Default: now.")
]


@app.command()
def history(
    person: Person,
    *,
    api_key: ApiKey,
    purpose: Annotated[str | None, typer.Option(help="Only this purpose.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every statement, and not only changes.")
    ] = False,
    url: Url = LOCAL,
) -> None:
    """Show what a person stated about consent, the newest change first."""
    with asking(url, api_key) as http:
        client = ConsentClient(http, person)
        pages = list(client.history(purpose, every=every))
    echo(f"person {client.profile}")
    counting = (
        (one["purpose"], _word(granted=one["granted"]), _second(one["at"]), one["because"])
        for one in pages[0]["in_force"]
    )
    print_table("purpose", "counts as", "since (UTC)", "because", rows=counting)
    told = (_row(one) for page in pages for one in page["items"])
    columns = ("at (UTC)", "purpose", "state", "times", "last (UTC)", "form", "version", "source")
    print_table(*columns, rows=told)


@app.command()
def grant(
    person: Person,
    purpose: Purpose,
    *,
    reason: Reason,
    evidence: Evidence,
    api_key: ApiKey,
    version: Version = "",
    stated_at: StatedAt = None,
    url: Url = LOCAL,
) -> None:
    """Enter that a person consents to a purpose."""
    body = {"purpose": purpose, "state": "granted", "reason": reason, "evidence": evidence}
    _state(url, api_key, person, body, version, stated_at)


@app.command()
def withdraw(
    person: Person,
    purpose: Purpose,
    *,
    reason: Reason,
    api_key: ApiKey,
    evidence: Evidence = "",
    version: Version = "",
    stated_at: StatedAt = None,
    url: Url = LOCAL,
) -> None:
    """Enter that a person refuses a purpose: every platform loses them at once."""
    body = {"purpose": purpose, "state": "refused", "reason": reason, "evidence": evidence}
    _state(url, api_key, person, body, version, stated_at)


def _state(
    url: str,
    api_key: str,
    person: str,
    body: dict[str, Any],
    version: str,
    stated_at: str | None,
) -> None:
    """Send a statement; what is not given is left out."""
    told = {name: value for name, value in (body | {"version": version}).items() if value}
    if stated_at is not None:
        told["stated_at"] = stated_at
    with asking(url, api_key) as http:
        command = ConsentClient(http, person).state(told)
    echo(f"{command} is in the log")


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    times = f"{one['count']:,}" if one["is_whole"] else f"{one['count']:,} or more"
    counts = " (in force)" if one["in_force"] else ""
    return (
        _second(one["at"]), one["purpose"], one["state"] + counts, times, _second(one["last_at"]),
        one["form"], one["version"] or "", one["source"],
    )  # fmt: skip


def _word(*, granted: bool) -> str:
    return "granted" if granted else "refused"


def _second(at: str) -> str:
    """An instant of the API to the second.

    >>> _second("2026-03-01T09:30:12.500000Z")
    '2026-03-01 09:30:12'
    """
    return at[:19].replace("T", " ")
