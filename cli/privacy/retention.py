"""``stratum privacy retention``: how long a workspace keeps what, shown, previewed and set."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer

from cli.http import LOCAL, Url, asking
from cli.output import echo, print_table
from cli.privacy.client import PrivacyClient
from cli.privacy.pictures import minute
from cli.texts import Reason

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show how long each class of data is kept, preview another policy, and set it.",
)

FOREVER: Final = "forever"
_UNITS_S: Final = {"y": 365 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3_600}
_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([ywdh])")

ApiKey = Annotated[
    str,
    typer.Option(help="API key; admin, to show read.", envvar="STRATUM_API_KEY"),
]
Changes = Annotated[
    list[str],
    typer.Argument(
        metavar="CLASS=SPAN...",
        help="A span is a number of hours, days, weeks or years of 365 days – 12h, 400d, 8w, 2y –"
        " or forever. Classes that are not named stay as they are.",
    ),
]


def seconds(text: str) -> int | None:
    """A span in s; None: for ever.

    Raises:
        ValueError: it is no span.

    >>> seconds("400d"), seconds("2y"), seconds("forever")
    (34560000, 63072000, None)
    """
    if text == FOREVER:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _UNITS_S[found[2]]


def span(keep_s: int | None) -> str:
    """Seconds as a span.

    >>> span(34560000), span(63072000), span(7200), span(90), span(None)
    ('400d', '2y', '2h', '90s', 'forever')
    """
    if keep_s is None:
        return FOREVER
    for unit in ("y", "d", "h"):
        if keep_s % _UNITS_S[unit] == 0:
            return f"{keep_s // _UNITS_S[unit]}{unit}"
    return f"{keep_s}s"


@app.command()
def show(*, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Show every class: how long it is kept, its oldest, and what went last."""
    with asking(url, api_key) as http:
        _show(PrivacyClient(http).retention()["classes"])


@app.command()
def preview(changes: Changes, *, api_key: ApiKey, url: Url = LOCAL) -> None:
    """Show what a policy would remove at once; nothing is stored."""
    with asking(url, api_key) as http:
        client = PrivacyClient(http)
        _show_preview(client.preview_retention(_policy(client, changes)))


@app.command("set")
def set_(
    changes: Changes,
    *,
    reason: Reason,
    api_key: ApiKey,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = LOCAL,
) -> None:
    """Set how long classes are kept; what goes does not come back.

    Shows the preview first and asks, where something is kept for less than now.
    """
    with asking(url, api_key) as http:
        client = PrivacyClient(http)
        keep = _policy(client, changes)
        found = client.preview_retention(keep)
        _show_preview(found)
        if found["shortened"] and not yes:
            typer.confirm("Remove this, now and from now on?", abort=True)
        body = {"keep": keep, "reason": reason, "fingerprint": found["fingerprint"]}
        _show(client.set_retention(body)["classes"])


def _policy(client: PrivacyClient, changes: Iterable[str]) -> dict[str, int | None]:
    """The whole policy: what holds, with what is to be changed.

    Raises:
        typer.BadParameter: a change is none.
    """
    classes = client.retention()["classes"]
    keep: dict[str, int | None] = {
        one["name"]: one["keep_s"] for one in classes if not one["refusal"]
    }
    for change in changes:
        name, equals, text = change.partition("=")
        try:
            keep[name] = seconds(text)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(
                f"{change}: name a class and a span: dead_letters=90d, exports=forever"
            )
    return keep


def _show(classes: Iterable[dict[str, Any]]) -> None:
    rows = [
        (
            one["name"],
            "as it is" if one["refusal"] else span(one["keep_s"]),
            one["setting"],
            minute(one["oldest_at"]) or "",
            _last(one["last"]),
        )
        for one in classes
    ]
    print_table("class", "kept", "at most", "oldest", "newest run", rows=rows)


def _last(run: dict[str, Any] | None) -> str:
    if run is None:
        return ""
    state = "under way" if run["finished_at"] is None else "done"
    return f"{minute(run['started_at'])} {state}: {_counts(run['removed'].items()) or 'nothing'}"


def _show_preview(preview: dict[str, Any]) -> None:
    rows = [
        (
            one["name"],
            span(one["before_s"]),
            span(one["keep_s"]),
            minute(one["oldest_at"]) or "",
            ", ".join(_due(part) for part in one["due"]),
        )
        for one in preview["classes"]
    ]
    print_table("class", "kept now", "then", "oldest", "goes at once", rows=rows)
    echo(f"fingerprint {preview['fingerprint']}")


def _due(part: dict[str, Any]) -> str:
    count = part["count"]
    about = "" if count["exact"] else "about "
    return f"{about}{count['value']:,} {part['name'].replace('_', ' ')}"


def _counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts)
