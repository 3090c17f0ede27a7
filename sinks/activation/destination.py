"""One platform account as this process sees it, and what a recorded request means there.

An audience is created only when looking for it by its recorded intent finds none. One that was
there and that the platform no longer knows is lost: only where neither the platform nor a listing
of the account has it, for it may merely be hidden from us.
"""

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from sinks.ads.outcomes import Delivered, Found, Outcome, Rejected, Retry
from sinks.ads.platform import Create, Delete, Find, Platform, PlatformCall, Read, Row, Write
from sinks.http.breaker import Breaker
from sinks.http.messages import Transport
from sinks.http.rate_limit import RateLimitedTransport
from store.activation.due import Audience
from store.activation.requests import OpenRequest

LOST: Final = "lost"
"""Reason of a `Rejected` that no platform gives: the audience is gone."""


@dataclass
class Destination:
    """One platform account: its transport, rate limit, pause and breaker.

    Attributes:
        platform: formats requests and reads responses.
        transport: sends them, at `rate_limit`.
        rate_limit: what spends the account's tokens.
        breaker: of this process.
        resume_at_ms: rest that the platform asked for.
    """

    platform: Platform
    transport: Transport
    rate_limit: RateLimitedTransport
    breaker: Breaker = field(default_factory=Breaker)
    resume_at_ms: int = 0

    def call(self, operation: PlatformCall) -> Outcome:
        """Ask the platform for one thing."""
        return exchange(self.platform, operation, self.transport)

    def find(self, name: str, intent: str) -> Outcome:
        """Look through the account for an audience that we created and never noted."""
        after = ""
        while True:
            outcome = self.call(Find(name, intent, after))
            if not isinstance(outcome, Found) or outcome.platform_id or not outcome.after:
                return outcome
            after = outcome.after

    def find_or_create(self, name: str, intent: str) -> Outcome:
        """Return the audience's platform id."""
        found = self.find(name, intent)
        return (
            self.call(Create(name, intent))
            if isinstance(found, Found) and not found.platform_id
            else found
        )

    def perform(
        self, audience: Audience, platform_id: str, request: OpenRequest, rows: tuple[Row, ...]
    ) -> Outcome:
        """Do what a request says with an audience that the platform has given an id.

        Args:
            audience: whose list it is.
            platform_id: the audience's id at the platform.
            request: what to do.
            rows: the rows of a write; empty otherwise.
        """
        match request.operation:
            case "add" | "remove" as verb:
                outcome = self.call(
                    Write(verb, platform_id, rows, _session(audience.intent, request))
                )
                if isinstance(outcome, Retry) and outcome.reason == "busy":
                    # Some platforms have one code for an audience under update and for one that is
                    # gone; reading it back tells.
                    there = self.call(Read(platform_id))
                    outcome = there if _missing(there) else outcome
            case "check":
                outcome = self.call(Read(platform_id))
            case "delete":
                outcome = self.call(Delete(platform_id))
            case _:
                return Delivered()
        return self._verified(audience, outcome) if _missing(outcome) else outcome

    def _verified(self, audience: Audience, missing: Outcome) -> Outcome:
        """Tell an audience that is lost from one that is hidden from us, or not to be seen yet."""
        found = self.find(audience.name, audience.intent)
        if not isinstance(found, Found):
            return found
        return (
            missing
            if found.platform_id
            else Rejected(
                LOST, advice="It was deleted at the platform; it is created and filled again."
            )
        )


def exchange(platform: Platform, operation: PlatformCall, transport: Transport) -> Outcome:
    """Send an operation's requests in order; the first that is not delivered is its outcome.

    The requests before it are applied then; sending all of them again is harmless.
    """
    outcome: Outcome = Delivered()
    for request in platform.encode(operation):
        adds = isinstance(operation, Write) and operation.verb == "add"
        outcome = platform.decode(operation, transport(replace(request, adds=adds)))
        if not isinstance(outcome, Delivered):
            break
    return outcome


def _missing(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.reason == "missing"


def _session(intent: str, request: OpenRequest) -> int:
    """Name an attempt: positive, 63 bits, different for each attempt of each request."""
    name = f"{intent}:{request.push_id}:{request.seq}:{request.attempts}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest()) >> 1 or 1
