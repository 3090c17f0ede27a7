"""One run of the demo on a fresh stack: replay, push, live traffic, and what must be true then."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import httpx
import msgspec
from rich.console import Console
from rich.live import Live

from cli.demo.client import DemoClient
from cli.demo.picture import Facts, line, picture
from cli.intake.simulate import send_traffic
from cli.stack.stopping import Stopping
from config.settings import Settings
from local.stack.stack import Stack
from local.traffic import cdnow
from local.traffic.sender import CollectorUnavailableError, Item, Sender
from local.traffic.simulator import stamp

AUDIENCE: Final = "Consented customers"
_REPLAY_S: Final = 600.0
_PUSH_S: Final = 240.0
_LOOK_S: Final = 0.5
_PLAIN_EVERY_S: Final = 5.0
_LIVE_RATE: Final = 50.0
_SEED: Final = 1


class DemoError(Exception):
    """The demo cannot continue; the message says why."""


class Demo:
    """One run of the demo on a fresh folder.

    Args:
        stack: the embedded stack, started.
        console: where the picture is drawn.
    """

    def __init__(self, stack: Stack, console: Console) -> None:
        if stack.addresses is None or stack.first_keys is None:
            raise DemoError("the folder of the demo was used before")
        self.addresses = stack.addresses
        self.keys = stack.first_keys
        self.client = DemoClient(
            stack.addresses.api, stack.first_keys.api_key, stack.addresses.sandbox("meta")
        )
        self.facts = Facts()
        self.stopping = Stopping()
        self.audience: int | None = None
        self._console = console
        self._rates: list[tuple[float, int]] = []

    def refresh(self) -> None:
        """Ask for the newest figures; a server that is busy leaves the old ones."""
        try:
            self.facts.statistics = self.client.statistics()
            self.facts.behind = self.client.lag()
            self.facts.signals = self.client.signals()
            self.facts.decisions = self.client.decisions()
            if self.audience is not None:
                self.facts.pushes = self.client.pushes(self.audience)
        except httpx.HTTPError:
            return
        self._rates = [*self._rates[-10:], (time.monotonic(), int(self.facts.statistics["events"]))]
        (then, before), (now, after) = self._rates[0], self._rates[-1]
        self.facts.rate = (after - before) / (now - then) if now > then else 0.0

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Keep the picture up to date for as long as the block runs."""
        done = threading.Event()

        def draw() -> None:
            if self._console.is_terminal:
                with Live(picture(self.facts), console=self._console, refresh_per_second=4) as live:
                    while not done.wait(_LOOK_S):
                        self.refresh()
                        live.update(picture(self.facts))
                    return
            said = 0.0
            while not done.wait(_LOOK_S):
                self.refresh()
                if time.monotonic() - said >= _PLAIN_EVERY_S:
                    said = time.monotonic()
                    self._console.print(
                        line(self.facts), markup=False, highlight=False, soft_wrap=True
                    )

        artist = threading.Thread(target=draw, daemon=True)
        artist.start()
        try:
            yield
        finally:
            done.set()
            artist.join(5)

    def wait(self, what: str, reached: Callable[[], bool], seconds: float) -> None:
        """Wait for something that the stack does by itself.

        Raises:
            DemoError: it did not happen in time.
        """
        self.facts.phase = what
        deadline = time.monotonic() + seconds
        while not self.stopping.is_set():
            try:
                if reached():
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise DemoError(
                    f"not within {seconds:g} s: {what}; the logs are in the demo's folder"
                )
            time.sleep(0.2)

    def replay(self) -> None:
        """Send every purchase through the collector and wait until the engine has stored them."""
        self.facts.phase = "replaying the CDNOW purchases through the collector"
        self.facts.total = cdnow.PEOPLE + cdnow.ORDERS
        items = (
            Item(number, msgspec.json.encode(event))
            for number, event in enumerate(cdnow.events(datetime.now(UTC).date()))
        )
        sender = Sender(self.addresses.api, self.keys.write_key)
        for delivered in sender.deliver(sender.batches(items)):
            self.facts.sent += delivered.accepted
            if delivered.refused:
                raise DemoError(f"the collector refused an event: {delivered.refused[0].reason}")
            if self.stopping.is_set():
                return
        sender.close()
        expected = self.facts.total
        self.wait(
            "waiting until everything is stored",
            lambda: int(self.client.statistics()["events"]) >= expected,
            _REPLAY_S,
        )
        self.facts.total = 0

    def push(self) -> None:
        """Link the built-in segment to an audience at the local Meta; wait for its first push."""
        self.audience = self.client.create_audience(AUDIENCE)
        self.sync()

    def sync(self) -> None:
        """Ask for a push and wait until the gate has passed it and it is done."""
        audience = self.audience or 0
        before = {push["id"] for push in self.client.pushes(audience)}
        self.client.sync(audience)
        self.wait(
            "pushing the audience as soon as the gate passes",
            lambda: any(
                push["status"] == "done"
                for push in self.client.pushes(audience)
                if push["id"] not in before
            ),
            _PUSH_S,
        )

    def live(self) -> None:
        """Continue with simulated visitors until somebody stops the demo."""
        self.facts.phase = "live: simulated visitors. Ctrl-C stops everything"
        sender = Sender(
            self.addresses.api, self.keys.write_key, sent_at=lambda: stamp(datetime.now(UTC))
        )
        while not self.stopping.is_set():
            try:
                for _ in send_traffic(sender, _LIVE_RATE, _SEED):
                    if self.stopping.is_set():
                        break
            except CollectorUnavailableError:
                self.facts.phase = "live: the collector is away, trying again"
        sender.close()

    def check(self) -> list[str]:
        """Compare what is stored and pushed with what the data set says.

        Returns:
            Every difference, as a sentence.
        """
        statistics = self.client.statistics()
        revenue = {money["currency"]: money["amount_minor"] for money in statistics["revenue"]}
        wanted = {
            "people": cdnow.PEOPLE,
            "orders": cdnow.ORDERS,
            "revenue in cents": cdnow.REVENUE_MINOR,
        }
        found = {
            "people": statistics["people"]["value"],
            "orders": statistics["orders"],
            "revenue in cents": revenue.get(cdnow.CURRENCY, 0),
        }
        wrong = [
            f"{name}: {found[name]:,}, should be {wanted[name]:,}"
            for name in wanted
            if found[name] != wanted[name]
        ]
        for _ in range(3):  # somebody may churn between the push and this look
            differences = self._compare_audience()
            if not differences:
                break
            self.sync()
        return wrong + differences

    def _compare_audience(self) -> list[str]:
        rows = self.client.at_meta(self.audience or 0)
        members, external = self.client.members(), {row[0] for row in rows}
        wrong = []
        if members != external:
            wrong.append(
                f"Meta holds {len(external - members):,} who are no members and lacks"
                f" {len(members - external):,} who are"
            )
        expected = _consented_customers(datetime.now(UTC))
        if {row[1] for row in rows} != expected:
            wrong.append(
                f"Meta's e-mail hashes are not those of the {len(expected):,} consenting"
                " customers of the data set"
            )
        return wrong


def _consented_customers(now: datetime) -> set[str]:
    """E-mail hashes that must be on the list, from the data set alone.

    Those of customers who consent and bought recently enough not to be churned.
    """
    newest: dict[str, datetime] = {}
    for event in cdnow.events(now.date()):
        if event["type"] == "track":
            newest[event["userId"]] = datetime.fromisoformat(event["timestamp"])
    silence = Settings().profile.churn_after
    customers = (user.removeprefix("cdnow-") for user, at in newest.items() if now - at < silence)
    return {
        sha256(f"customer-{customer}@example.com".encode()).hexdigest()
        for customer in customers
        if cdnow.consents(customer)
    }
