"""The four sandboxes behind one face: where they listen, how the settings reach them, and which
identifiers are on their lists.

A strict one has its platform's limits and the settings' own pace; otherwise nothing waits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from config.settings import Settings
from local.platforms.faults import Fault
from local.platforms.google import access as google_access
from local.platforms.google import sandbox as google_sandbox
from local.platforms.meta import sandbox as meta_sandbox
from local.platforms.snapchat import sandbox as snapchat_sandbox
from local.platforms.snapchat import tokens as snapchat_tokens
from local.platforms.tiktok import sandbox as tiktok_sandbox
from sinks.activation.destination import Destination
from sinks.ads.platform import Transport
from tests.integration.activation.world import serving

NAMES: Final = ("meta", "google", "tiktok", "snapchat")
_FAST: Final[dict[str, Any]] = {"requests_per_s": 1e6, "burst": 1_000_000, "max_rows": 3}


@dataclass
class Place:
    """One sandbox that listens.

    Attributes:
        settings: of this platform, with a pace that nothing waits for.
        lists: platform id → every identifier on the list.
        lose: deletes a list behind our back.
    """

    name: str
    account: str
    sandbox: Any
    settings: dict[str, Any]
    lists: Callable[[], dict[str, set[str]]]
    lose: Callable[[str], None]

    def fault(self, kind: str, operation: str, times: int = 1, seconds: float = 0.01) -> None:
        self.sandbox.faults.put(Fault(kind=kind, operation=operation, times=times, seconds=seconds))

    def only(self) -> set[str]:
        """The identifiers of the one list there must be."""
        (found,) = self.lists().values()
        return found

    @property
    def writes(self) -> int:
        """Requests that added or removed."""
        return int(self.sandbox.requests.get("add", 0) + self.sandbox.requests.get("remove", 0))


def values(rows: Any) -> set[str]:
    """Every identifier in some rows, in whichever form a platform's rows have."""
    return {value.rpartition(":")[2] for row in rows for value in row if value}


def wiring(settings: Settings) -> Callable[[Transport], Mapping[str, Destination]]:
    """How production wires them, the pace kept by this process."""
    from config.destinations import Wiring  # noqa: PLC0415 - most tests need none of it

    return lambda transport: Wiring(
        settings, transport, None, lambda: datetime.now(UTC), lambda _: None
    ).destinations()


@contextmanager
def meta(*, strict: bool = False, **changed: Any) -> Iterator[Place]:
    sandbox = meta_sandbox.Sandbox(None)
    audiences = sandbox.ledger.audiences
    with closing(sandbox.ledger), serving(meta_sandbox.build_app(sandbox)) as url:
        access = {"base_url": url, "account_id": "111", "access_token": meta_sandbox.TOKEN}
        yield Place(
            "meta",
            "111",
            sandbox,
            access | ({} if strict else _FAST) | changed,
            lambda: {
                one.id: {value for row in one.rows for _, value in row}
                for one in audiences.values()
            },
            sandbox.ledger.delete,
        )


@contextmanager
def google(*, strict: bool = False, **changed: Any) -> Iterator[Place]:
    sandbox = google_sandbox.Sandbox(per_minute=google_access.PER_MINUTE if strict else 10**6)
    with closing(sandbox.lists), serving(google_sandbox.build_app(sandbox)) as url:
        access = {
            "base_url": url,
            "token_url": f"{url}/token",
            "customer_id": google_sandbox.CUSTOMER,
            "client_id": google_access.CLIENT_ID,
            "client_secret": google_access.CLIENT_SECRET,
            "refresh_token": google_access.REFRESH_TOKEN,
        }
        yield Place(
            "google",
            google_sandbox.CUSTOMER,
            sandbox,
            access | ({} if strict else _FAST) | changed,
            lambda: {one.id: values(one.people) for one in sandbox.lists.held.values()},
            sandbox.lists.delete,
        )


@contextmanager
def tiktok(*, strict: bool = False, **changed: Any) -> Iterator[Place]:
    sandbox = (
        tiktok_sandbox.TiktokSandbox()
        if strict
        else tiktok_sandbox.TiktokSandbox(qps=10**6, qpm=10**6)
    )
    segments = sandbox.ledger.segments
    with closing(sandbox.ledger), serving(tiktok_sandbox.build_app(sandbox)) as url:
        access = {
            "base_url": url,
            "account_id": "7178918106775994370",
            "access_token": tiktok_sandbox.TOKEN,
        }
        yield Place(
            "tiktok",
            access["account_id"],
            sandbox,
            access | ({} if strict else _FAST) | changed,
            lambda: _hex(segments),
            sandbox.ledger.delete,
        )


@contextmanager
def snapchat(*, strict: bool = False, **changed: Any) -> Iterator[Place]:
    sandbox = (
        snapchat_sandbox.SnapchatSandbox()
        if strict
        else snapchat_sandbox.SnapchatSandbox(per_token=10**6, per_app=10**6)
    )
    segments = sandbox.ledger.segments
    with closing(sandbox.ledger), serving(snapchat_sandbox.build_app(sandbox)) as url:
        access = {
            "base_url": url,
            "token_url": f"{url}/login/oauth2/access_token",
            "account_id": "8adc3db7-8148-4fbf-999c-8d2266369d74",
            "client_id": snapchat_tokens.CLIENT_ID,
            "client_secret": snapchat_tokens.CLIENT_SECRET,
            "refresh_token": snapchat_tokens.REFRESH_TOKEN,
        }
        yield Place(
            "snapchat",
            access["account_id"],
            sandbox,
            access | ({} if strict else _FAST) | changed,
            lambda: _hex(segments),
            sandbox.ledger.delete,
        )


PLACES: Final = {"meta": meta, "google": google, "tiktok": tiktok, "snapchat": snapchat}


def _hex(segments: Mapping[str, Any]) -> dict[str, set[str]]:
    return {
        one.id: {digest.hex() for held in one.members.values() for digest in held}
        for one in segments.values()
    }
