"""Reads whom an event names: identifiers in their normal form, strongest first. Pure."""

from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import fields

from domain.event import Identifier
from domain.identifiers import KINDS
from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.identity.normalise import normalise
from sources.intake.mend import Device
from sources.intake.message import BadRecordError, Message, text_of
from store.definitions.load import SourceRow

IDENTIFIERS_REMEMBERED: Final = 65_536
"""Identifiers whose normal form and key are cached; about 30 MB."""
_SPELLED: Final = (str, int)
_IN_TRAITS: Final = tuple((kind.name, kind.trait) for kind in KINDS if kind.trait)
_OF_DEVICE: Final = {field.encode_name: attrgetter(field.name) for field in fields(Device)}
_ON_DEVICE: Final = tuple((kind.name, _OF_DEVICE[kind.device]) for kind in KINDS if kind.device)


class IdentifierReader:
    """Reads identifiers by one set of rules, and caches the latest.

    Args:
        rules: kinds, priorities and limits.
    """

    def __init__(self, rules: IdentityRules) -> None:
        self._rules = rules
        self._identify = lru_cache(maxsize=IDENTIFIERS_REMEMBERED)(self._identify_now)

    def __call__(
        self, message: Message, source: SourceRow, traits: dict[str, Any]
    ) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
        """Return the identifiers, strongest first, and the kinds of those that identify nobody.

        Raises:
            BadRecordError: it names nobody.
        """
        named = self._named(message, traits)
        found: list[Identifier] = []
        invalid: tuple[str, ...] = ()
        for kind, raw in named:
            item = self._identify(source.salt, source.default_region, kind, raw)
            if item is not None:
                found.append(item)
            elif raw and kind not in invalid:
                invalid += (kind,)
        if not found:
            too_long = any(len(raw) > self._rules.length_limit for _, raw in named)
            raise BadRecordError("identifier_too_long" if too_long else "no_identifier")
        if len(found) == 1:
            return (found[0],), invalid
        return tuple(sorted(set(found), key=self._strength)), invalid

    def _strength(self, item: Identifier) -> tuple[int, str, str]:
        return self._rules.kinds[item.kind].priority, item.kind, item.value

    def _identify_now(self, salt: bytes, region: str, kind: str, raw: str) -> Identifier | None:
        value = normalise(kind, raw, self._rules, region)
        return None if value is None else Identifier(identifier_key(salt, kind, value), kind, value)

    def _named(self, message: Message, traits: dict[str, Any]) -> list[tuple[str, str]]:
        named: list[tuple[str, str]] = []
        if message.user_id is not None:
            named.append(("user_id", text_of(message.user_id)))
        if message.anonymous_id is not None:
            named.append(("anonymous_id", text_of(message.anonymous_id)))
        if traits:
            for kind, trait in _IN_TRAITS:
                value = traits.get(trait)
                if isinstance(value, _SPELLED) and not isinstance(value, bool):
                    named.append((kind, str(value)))
        context = message.context
        if context is not None:
            if context.device is not None and context.device.ad_tracking_enabled is not False:
                for kind, stated in _ON_DEVICE:
                    named.append((kind, stated(context.device) or ""))
            externals = context.external_ids or ()
            named += [
                (item.type, text_of(item.id))
                for item in externals
                if item.type is not None and item.type in self._rules.kinds
            ]
        if message.type == "alias":
            named.append((self._rules.alias_kind, text_of(message.previous_id)))
        return named
