"""Recomputes who is one person in a component of facts, and how its people changed."""

from collections.abc import Collection, Mapping

import msgspec

from domain.changes import LoadedState, Merge
from domain.ids import IdentifierKey, ProfileId
from domain.link import REFUSED, Link, Pair
from domain.policies import IdentityRules
from operators.identity.groups import Group, survivor_of
from operators.identity.partition import constrained_components


def replayed(
    group: Group, facts: dict[Pair, Link], loaded: LoadedState, rules: IdentityRules
) -> list[Group]:
    """Partition a group whose whole component is loaded.

    Args:
        group: everybody whom facts connect.
        facts: of the batch; verdicts that changed are entered.
        loaded: stored state; not changed.
        rules: priorities and limits.

    Returns:
        The groups that it falls into.
    """
    kinds = {identifier.key: identifier.kind for identifier in group.fresh}
    for person in group.people:
        kinds |= {member.key: member.kind for member in loaded.members[person.id]}
    within = {
        pair: fact
        for pair, fact in {**loaded.links, **facts}.items()
        if fact.holds and fact.a in kinds and fact.b in kinds
    }
    components, verdicts = constrained_components(kinds, within.values(), rules)
    for pair, (status, reason) in verdicts.items():
        fact = within[pair]
        if (fact.status, fact.reason) != (status, reason):
            facts[pair] = within[pair] = msgspec.structs.replace(fact, status=status, reason=reason)
    founders = {IdentifierKey(person.id): person for person in group.people}
    fresh = {identifier.key: identifier for identifier in group.fresh}
    parts: dict[IdentifierKey, Group] = {}
    for keys in components:
        part = Group(group.workspace)
        part.people = [founders[key] for key in keys if key in founders]
        part.fresh = [fresh[key] for key in keys if key in fresh]
        _name(part, keys, kinds, rules)
        parts |= dict.fromkeys(keys, part)
    for fact in within.values():
        for part in (parts[fact.a], parts[fact.b]):
            part.last_link = max(part.last_link, fact.key)
            part.refused += fact.status == REFUSED
    _record_history(group, parts, loaded)
    return list({id(part): part for part in parts.values()}.values())


def _name(
    part: Group,
    keys: Collection[IdentifierKey],
    kinds: Mapping[IdentifierKey, str],
    rules: IdentityRules,
) -> None:
    """Give a part its identifiers and its id, in place: a person's, else the strongest one."""
    part.exact = sorted(keys)
    for key in keys:
        part.kinds[kinds[key]] = part.kinds.get(kinds[key], 0) + 1
    if part.people:
        part.id = survivor_of(part.people).id
    else:
        part.id = ProfileId(
            min(keys, key=lambda key: (rules.kinds[kinds[key]].priority, kinds[key], key))
        )


def _record_history(
    group: Group, parts: Mapping[IdentifierKey, Group], loaded: LoadedState
) -> None:
    """Enter who was split or absorbed into the histories of the parts.

    Of those from whom something is erased nothing is entered.
    """
    if group.cause is None:  # pragma: no cover - a replay always has a cause
        return
    cause, at_ms, kind = group.cause
    for person in group.people:
        if person.id in loaded.cut:
            continue
        now_in = {id(part): part for key, _ in loaded.members[person.id] for part in (parts[key],)}
        lives = parts[IdentifierKey(person.id)].id == person.id
        for part in now_in.values():
            if part.id != person.id:
                entry = (kind, person.id, part.id) if lives else ("merge", part.id, person.id)
                part.merges.append(Merge(group.workspace, *entry, cause, None, at_ms))
                parts[IdentifierKey(person.id)].cause = group.cause
