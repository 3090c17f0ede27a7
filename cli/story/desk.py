"""What the shop's people do at the dashboard: definitions, audiences, words to the gate.

Each is the store's command that a route of the API runs, in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from psycopg import Connection

from api.segments.rule_checks import checked_rfm_rule, checked_rule, checked_trait_rule
from api.web.definitions import author_of
from cli.story.clock import StoryClock
from config.settings import Settings
from domain.gate import Mode
from domain.intake.envelope import encode_sealed
from domain.keys import command_id, identifier_key
from domain.link import pair_of
from domain.segments.definition import RfmRule, TraitRule
from domain.segments.rule import Rule, decode_rule
from store.activation import commands as audiences
from store.activation import connections
from store.activation.commands import NewAudience
from store.audit import trail
from store.definitions.drafts import Author, Draft, Kind
from store.definitions.publish import publish_segment, publish_trait
from store.definitions.publish_rfm import publish_rfm
from store.definitions.versions import create, save
from store.gate import commands as gate
from store.workspaces.bootstrap import Workspace

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """One person's desk.

    Attributes:
        conn: in autocommit mode.
        settings: bounds of rules and of words to the gate.
        workspace: the shop.
        actor: as the audit log calls them.
        clock: the story's.
    """

    conn: Connection[Any]
    settings: Settings
    workspace: Workspace
    actor: str
    clock: StoryClock

    def _done(self, work: Callable[[], T]) -> T:
        with self.conn.transaction():
            return work()

    @property
    def _author(self) -> Author:
        return author_of(self.settings, self.workspace.id, self.actor)

    @property
    def _gate_actor(self) -> gate.Actor:
        return gate.Actor(self.workspace.id, self.actor, self.settings.gate.longest_override)

    def _rule(self, rule: dict[str, Any]) -> Rule:
        return checked_rule(decode_rule(msgspec.json.encode(rule)), self.settings.definitions)

    def publish_segment(self, name: str, description: str, rule: dict[str, Any]) -> int:
        """Make a segment and make it live; returns its id."""

        def work() -> int:
            draft = Draft(self._rule(rule), "advertising", name, description)
            number = create(self.conn, self._author, "segment", draft)
            publish_segment(self.conn, self._author, number)
            return number

        return self._done(work)

    def edit_segment(self, segment: int, rule: dict[str, Any]) -> None:
        """Save a new version and make it live."""

        def work() -> None:
            kind: Kind = "segment"
            save(self.conn, self._author, kind, segment, Draft(self._rule(rule), "advertising"))
            publish_segment(self.conn, self._author, segment)

        self._done(work)

    def publish_trait(self, name: str, description: str, rule: dict[str, Any]) -> int:
        """Make a computed trait and make it live; returns its id."""

        def work() -> int:
            checked = checked_trait_rule(msgspec.convert(rule, TraitRule))
            number = create(self.conn, self._author, "trait", Draft(checked, "", name, description))
            publish_trait(self.conn, self._author, number)
            return number

        return self._done(work)

    def publish_rfm(self, rule: dict[str, Any]) -> None:
        """Say how RFM is taken."""
        checked = checked_rfm_rule(msgspec.convert(rule, RfmRule))
        self._done(lambda: publish_rfm(self.conn, self._author, checked))

    def make_audience(self, platform: str, name: str, segment: int, interval_s: int) -> int:
        """Make an audience; returns its id."""
        account = self.settings.platforms[platform].account
        new = NewAudience(segment, platform, name, account, interval_s)
        return self._done(lambda: audiences.create(self.conn, self.workspace.id, self.actor, new))

    def sync(self, audience: int) -> None:
        """Ask for a push now."""
        self._done(
            lambda: audiences.request_push(
                self.conn, self.workspace.id, self.actor, audience, self.clock.now()
            )
        )

    def confirm(self, audience: int) -> None:
        """Confirm an audience's first push."""
        self._done(
            lambda: gate.confirm_first(self.conn, self._gate_actor, audience, self.clock.now())
        )

    def release(self, audience: int, reason: str) -> int:
        """Release an audience's next push; returns the release's id."""
        now = self.clock.now()
        until = now + timedelta(hours=4)
        return self._done(
            lambda: gate.release(self.conn, self._gate_actor, audience, reason, now, until)
        )

    def approve(self, release: int) -> None:
        """Agree to somebody else's release."""
        self._done(lambda: gate.approve(self.conn, self._gate_actor, "release", release))

    def set_mode(self, mode: Mode, scope: str, reason: str) -> None:
        """Say how the gate is run."""
        terms = gate.Terms(scope, reason)
        self._done(
            lambda: gate.set_mode(self.conn, self._gate_actor, mode, terms, self.clock.now())
        )

    def note_check(self, platform: str, result: str, advice: str) -> None:
        """Store what a check of a platform said."""
        self._done(
            lambda: connections.note_check(
                self.conn, self.workspace.id, platform, result, advice, self.clock.now()
            )
        )

    def unmerge(
        self, profile: str, one: tuple[str, str], other: tuple[str, str], reason: str
    ) -> bytes:
        """Ban the link between two identifiers of a person.

        Args:
            profile: id of the person.
            one: kind and value of an identifier, in its normal form.
            other: likewise.
            reason: for the audit log.

        Returns:
            The command as it stands in the log.
        """
        salt = self.workspace.salt
        pair = pair_of(identifier_key(salt, *one), identifier_key(salt, *other))
        links = [[key.hex() for key in pair]]
        row = self._done(
            lambda: trail.append(
                self.conn, self.workspace.id, self.actor, "unmerge", f"profile:{profile}",
                {"links": links, "reason": reason},
            )
        )  # fmt: skip
        record = {
            "kind": "unmerge",
            "workspace": self.workspace.id,
            "id": command_id(salt, "unmerge", row),
            "links": links,
            "author": self.actor,
            "reason": reason,
        }
        return encode_sealed(salt, self.clock.now_ms(), msgspec.json.encode(record))
