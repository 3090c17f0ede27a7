"""``stratum consent``: show what a person stated, and which statement counts.

Over the API, like anybody else.
"""

from typing import Annotated, Any

import typer

from cli.consent.client import ConsentClient
from cli.http import LOCAL, Url, asking
from cli.output import echo, print_table

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show what a person stated about consent, and which statement counts.",
)

Person = Annotated[
    str,
    typer.Argument(metavar="PERSON", help="Profile id, or an identifier as KIND=VALUE."),
]


@app.callback()
def _group() -> None:
    """Keep the name of a single command."""


@app.command()
def history(
    person: Person,
    *,
    api_key: Annotated[
        str, typer.Option(help="API key with the scope read.", envvar="STRATUM_API_KEY")
    ],
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
