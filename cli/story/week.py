"""Plays the week: traffic, minute by minute, and what people do about it.

Deterministic: the same end, salt and settings give the same tables, apart from random keys and from
what the platforms call their lists.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from cli.story.clock import StoryClock, story_time
from cli.story.desk import Desk
from cli.story.engine import StoryEngine
from config.settings import Settings
from domain.gate import Mode
from domain.instants import to_ms
from domain.keys import identifier_key
from domain.values import Json
from local.story import definitions, people, script, traffic
from store.workspaces.bootstrap import Workspace, create_api_key, create_source, create_workspace

NAME: Final = "shop"
KEYS: Final = {
    "ada": ("read", "write", "gate", "admin"),
    "otto": ("read", "write"),
    "rita": ("read", "write", "gate"),
    "robin": ("read",),
}
"""Whose API keys there are, and their scopes."""
_MINUTE: Final = timedelta(minutes=1)

Progress = Callable[[float], None]
"""Told how much of the week has passed, 0–1."""


@dataclass
class Told:
    """What the story made, by name; keys are never shown again.

    Attributes:
        workspace: the shop.
        began_at: when the week began.
        ended_at: when it ended.
        api_keys: whose → key.
        key_ids: whose → its id; the audit log says ``key:<id>``.
        sources: name → id.
        write_keys: name of the source → key.
        segments: name → id.
        traits: name → id.
        audiences: platform → id.
        releases: name → id.
        profiles: name of a character → profile id.
    """

    workspace: Workspace
    began_at: datetime
    ended_at: datetime
    api_keys: dict[str, str] = field(default_factory=dict)
    key_ids: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    write_keys: dict[str, str] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)
    traits: dict[str, int] = field(default_factory=dict)
    audiences: dict[str, int] = field(default_factory=dict)
    releases: dict[str, int] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)


def found_shop(conn: Connection[Any], ended_at: datetime, salt: bytes = b"") -> Told:
    """Make the shop's workspace with its API keys.

    Args:
        conn: inside the caller's transaction.
        ended_at: when the week will end.
        salt: of the workspace; empty: a random one.
    """
    workspace = create_workspace(conn, NAME, salt=salt)
    told = Told(workspace, ended_at - script.WEEK * _MINUTE, ended_at)
    for name, scopes in KEYS.items():
        told.api_keys[name] = create_api_key(conn, workspace.id, name, scopes)
    sql = "SELECT name, id FROM api_keys WHERE workspace_id = %s"
    told.key_ids.update(conn.execute(sql, (workspace.id,)).fetchall())
    return told


def play(
    dsn: str,
    settings: Settings,
    ended_at: datetime,
    *,
    salt: bytes = b"",
    faults: "Callable[[str, bool], None]" = lambda _platform, _broken: None,
    progress: Progress = lambda _: None,
) -> Told:
    """Play the whole week.

    Args:
        dsn: of a migrated database that nobody else uses.
        settings: the engine's; every platform that is connected should be a local one.
        ended_at: the present, as the story has it.
        salt: of the workspace; empty: a random one.
        faults: called with a platform and whether its access token is revoked from now on.
        progress: told how far it is.

    Returns:
        What it made.
    """
    began_at = ended_at - script.WEEK * _MINUTE
    with (
        story_time(dsn, began_at) as (inside, clock),
        StoryEngine(inside, settings, clock) as engine,
    ):
        with engine.conn.transaction():
            told = found_shop(engine.conn, ended_at, salt)
            for name in (traffic.WEB, traffic.APP):
                source, key = create_source(engine.conn, told.workspace.id, name)
                told.sources[name], told.write_keys[name] = source, key
        _Week(engine, clock, settings, told, faults).play(progress)
    return told


class _Week:
    """One telling.

    Args:
        engine: does the work.
        clock: the story's.
        settings: the engine's.
        told: grows with what is made.
        faults: see `play`.
    """

    def __init__(
        self,
        engine: StoryEngine,
        clock: StoryClock,
        settings: Settings,
        told: Told,
        faults: Callable[[str, bool], None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._told = told
        self._faults = faults
        self._ada, self._otto, self._rita = (
            Desk(engine.conn, settings, told.workspace, f"key:{told.key_ids[name]}", clock)
            for name in ("ada", "otto", "rita")
        )
        self._acts: dict[int, Callable[[], None]] = {
            script.OPENS: self._open,
            script.LAUNCH: self._launch,
            script.UNMERGE: self._unmerge,
            script.FREEZE.start: self._freeze,
            script.FREEZE.stop: self._thaw,
            script.NARROWED: self._narrow,
            script.NARROWED + 20: self._ask_for_release,
            script.RELEASED: self._approve_release,
            script.REVOKED: self._revoke,
            script.REVOKED + 20: self._check,
            script.WINTER: self._narrow_winter,
            script.WANTED: self._want,
        }

    def play(self, progress: Progress) -> None:
        """Play from the first minute to the last."""
        begins = self._told.began_at
        records = [*traffic.history(to_ms(begins)), *traffic.accounts(to_ms(begins))]
        looks = sorted({*script.looks(), *self._acts})
        before = 0
        for minute in looks:
            self._clock.move(begins + minute * _MINUTE)
            for passed in range(before, minute):
                begins_ms = to_ms(begins + passed * _MINUTE)
                records += traffic.minute(passed, begins_ms)
                records += people.meanwhile(passed, begins_ms)
            records.sort(key=lambda one: one.at_ms)
            self._engine.take(self._told.sources, records)
            records, before = [], minute
            self._engine.wake()
            if minute in self._acts:
                self._acts[minute]()
                self._engine.sweep()
            if minute >= script.OPENS and minute % script.HOUR == 0:
                self._engine.score()
            if minute >= script.WATCHED:
                self._engine.read_signals()
                if minute in script.BUSY or minute in self._acts:
                    self._engine.deliver()
                self._engine.alert()
            progress(minute / script.WEEK)
        self._remember_people()

    def _open(self) -> None:
        told = self._told
        for name, description, rule in definitions.TRAITS:
            told.traits[name] = self._ada.publish_trait(name, description, rule)
        self._ada.publish_rfm(definitions.RFM)
        for name, description, rule in definitions.SEGMENTS:
            told.segments[name] = self._ada.publish_segment(
                name, description, _with_ids(rule, told.segments)
            )

    def _launch(self) -> None:
        for platform, name, segment in definitions.AUDIENCES:
            audience = self._otto.make_audience(
                platform, name, self._told.segments[segment], definitions.INTERVAL_S
            )
            self._told.audiences[platform] = audience
            self._rita.confirm(audience)

    def _unmerge(self) -> None:
        profile = self._profile_of("email", people.TOM)
        command = self._ada.unmerge(
            profile, ("email", people.TOM), ("phone", "+493012340001"),
            "the clerk typed Nora's number into Tom's account",
        )  # fmt: skip
        self._engine.take_encoded([command])

    def _freeze(self) -> None:
        self._rita.set_mode(Mode.FROZEN, "platform:tiktok", "new creative is under review")
        self._otto.sync(self._told.audiences["tiktok"])

    def _thaw(self) -> None:
        self._rita.set_mode(Mode.ENFORCE, "platform:tiktok", "the creative was approved")

    def _narrow(self) -> None:
        self._ada.edit_segment(self._told.segments[definitions.REGULARS], definitions.NARROWED)
        self._otto.sync(self._told.audiences["meta"])

    def _ask_for_release(self) -> None:
        self._told.releases["meta"] = self._ada.release(
            self._told.audiences["meta"], "regulars are those with eighteen orders from now on"
        )

    def _approve_release(self) -> None:
        self._rita.approve(self._told.releases["meta"])

    def _revoke(self) -> None:
        self._faults("tiktok", True)
        self._otto.sync(self._told.audiences["tiktok"])

    def _check(self) -> None:
        self._otto.note_check("tiktok", "reauth", "Connect the account again. (40105)")

    def _narrow_winter(self) -> None:
        self._ada.edit_segment(self._told.segments[definitions.WINTER], definitions.NARROWED_WINTER)
        self._otto.sync(self._told.audiences["snapchat"])

    def _want(self) -> None:
        for platform in ("meta", "google"):
            self._otto.sync(self._told.audiences[platform])

    def _remember_people(self) -> None:
        names = {
            "mara": ("email", people.MARA),
            "nora": ("email", people.NORA),
            "tom": ("email", people.TOM),
        } | {name: ("user_id", name) for name in people.WINTERS}
        for name, (kind, value) in names.items():
            self._told.profiles[name] = self._profile_of(kind, value)

    def _profile_of(self, kind: str, value: str) -> str:
        key = UUID(bytes=identifier_key(self._told.workspace.salt, kind, value))
        sql = "SELECT profile_id FROM identifiers WHERE key = %s"
        row = self._engine.conn.execute(sql, (key,)).fetchone()
        return str(row[0]) if row else ""


def _with_ids(rule: Json, segments: dict[str, int]) -> Json:
    """The rule with ids where it names segments."""
    if isinstance(rule, list):
        return [_with_ids(one, segments) for one in rule]
    if not isinstance(rule, dict):
        return rule
    if rule.get("type") == "segment":
        return rule | {"segment": segments[rule["segment"]]}
    return {name: _with_ids(value, segments) for name, value in rule.items()}
