"""Places outside Postgres: Valkey, Kafka, memory, files, metrics, platforms."""

from typing import Final

from domain.privacy.data_map.place import Leaving, Personal, Place, Store, by_policy
from domain.privacy.retention import RetentionClass

_CACHE: Final = "profiles are read fast"


def _place(
    store: Store,
    name: str,
    what: str,
    why: str,
    *told: Personal | str | Leaving,
    access: str = "",
    withheld: str = "",
) -> Place:
    personal, kept, leaves = told
    return Place(
        store, name, (), what, why, Personal(personal), kept, Leaving(leaves), access, withheld
    )


def _none(store: Store, name: str, what: str, kept: str) -> Place:
    return _place(store, name, what, "operation", Personal.NONE, kept, Leaving.NONE)


PLACES: Final = (
    _place(
        Store.VALKEY,
        "stratum:p:<profile>",
        "the person with all identifiers",
        _CACHE,
        Personal.VALUE,
        "`query.hot.profile_ttl`",
        Leaving.CACHE,
        withheld="a copy of the profile",
    ),
    _place(
        Store.VALKEY,
        "stratum:i:<identifier>",
        "whose an identifier is, both by digest",
        _CACHE,
        Personal.DIGEST,
        "`query.hot.identifier_ttl`",
        Leaving.CACHE,
        withheld="a copy of digests of identifiers",
    ),
    _place(
        Store.VALKEY,
        "<log.name>:<partition>",
        "events and commands as they were sent",
        "the log between collector and engine, where it is Valkey",
        Personal.VALUE,
        "`log.retention_s` after they were processed",
        Leaving.LOG,
        withheld="records are told once they are processed, which takes a second",
    ),
    _none(Store.VALKEY, "stratum:leases:<log>", "which worker has which partition", "seconds"),
    _none(Store.VALKEY, "stratum:pace:<account>", "requests left to an ad account", "seconds"),
    _none(Store.VALKEY, "stratum:reading:<workspace>:<signal>", "the newest reading", "5 minutes"),
    _place(
        Store.KAFKA,
        "<log.kafka.topics>",
        "events and commands as they were sent",
        "the log between collector and engine, where it is Kafka",
        Personal.VALUE,
        "the topic's own retention",
        Leaving.RETENTION,
        withheld="records are told once they are processed, which takes a second",
    ),
    _none(Store.KAFKA, "<log.kafka.group>", "offsets of the consumer group", "as the broker says"),
    _place(
        Store.MEMORY,
        "engine",
        "people whom a worker has just worked on",
        "batches need not read them again",
        Personal.VALUE,
        "until replaced by others, `engine.cache_people`",
        Leaving.RETENTION,
        withheld="a copy of the profile",
    ),
    _place(
        Store.MEMORY,
        "api",
        "whose an identifier is, both by digest",
        _CACHE,
        Personal.DIGEST,
        "until replaced by others, `query.hot.remembered`",
        Leaving.RETENTION,
        withheld="a copy of digests of identifiers",
    ),
    _none(Store.MEMORY, "api: keys and rates", "known keys, and how often each asks", "minutes"),
    _place(
        Store.FILES,
        "exports",
        "people as they were exported, below `exports.directory`",
        "files are downloaded in parts",
        Personal.VALUE,
        by_policy(RetentionClass.EXPORTS, "`exports.keep`"),
        Leaving.EXPORTS,
        access="exports",
    ),
    _place(
        Store.FILES,
        "exports/access",
        "archives of access: all that is held of one person, below `exports.directory`",
        "whoever asks gets what is held of them",
        Personal.VALUE,
        by_policy(RetentionClass.ARCHIVES, "`privacy.archive_lifetime`"),
        Leaving.EXPORTS,
        access="requests",
    ),
    _place(
        Store.FILES,
        "<data_dir>/postgres",
        "all tables of the embedded Postgres, its write-ahead log, and rows that are dead until"
        " vacuumed",
        "the store",
        Personal.VALUE,
        "until vacuumed; the log until it is recycled, `embedded.postgres.max_wal_mb`",
        Leaving.RETENTION,
        withheld="the tables themselves, which are told",
    ),
    _place(
        Store.FILES,
        "<data_dir>/valkey",
        "keys of the embedded Valkey and its append-only file",
        "the log survives a crash",
        Personal.VALUE,
        "until the append-only file is rewritten",
        Leaving.RETENTION,
        withheld="the keys themselves, on disk",
    ),
    _place(
        Store.FILES,
        "<data_dir>/<platform>_sandbox.state",
        "lists of the local ad platforms, by hashes; only where no real one is connected",
        "a laptop needs no platform",
        Personal.DIGEST,
        "an append log: until the file is deleted",
        Leaving.RETENTION,
        withheld="a stand-in for a platform, which is told",
    ),
    _none(Store.FILES, "<data_dir>/logs", "what processes log: counts, ids, digests", "by you"),
    _none(Store.METRICS, "/metrics", "counts by route, source and platform", "by Prometheus"),
    _place(
        Store.PLATFORM,
        "meta, google, tiktok, snapchat",
        "lists, by hashes of identifiers, and what the platform made of them",
        "advertising to those who consent",
        Personal.DIGEST,
        "until taken off; Google `google.membership`, Snapchat `snapchat.retention_days`",
        Leaving.PLATFORMS,
        access="audiences",
    ),
)
