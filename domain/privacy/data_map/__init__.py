"""The data map: every place where anything rests, and what of it is personal.

One row per place and kind of data: a table's columns of one kind, an index that copies values, a
key of Valkey, a topic, a file, a process's memory, a platform's list. Tests hold it against the
migrated schema and against the keys that the code builds, so that no place can be forgotten.

| file | places |
|---|---|
| `people` | tables of people: events, identifiers, profiles, links, memberships |
| `outgoing` | tables of what leaves: audiences, pushes, exports |
| `requests` | tables of erasures, and the audit log |
| `operation` | tables of definitions, signals, the gate, alerts, keys, the engine's own |
| `elsewhere` | everything that is not in Postgres |
"""

from typing import Final

from domain.privacy.data_map import elsewhere, operation, outgoing, people, requests
from domain.privacy.data_map.place import Leaving, Personal, Place, Store

PLACES: Final[tuple[Place, ...]] = (
    *people.PLACES,
    *outgoing.PLACES,
    *requests.PLACES,
    *operation.PLACES,
    *elsewhere.PLACES,
)
"""All of them."""

__all__ = ["PLACES", "Leaving", "Personal", "Place", "Store"]
