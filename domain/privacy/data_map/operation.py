"""Places of operation: definitions, signals, the gate, alerts, keys, what the engine notes."""

from typing import Final

from domain.privacy.data_map.place import (
    AS_LONG,
    Leaving,
    Personal,
    by_policy,
    columns,
    plain,
)
from domain.privacy.retention import RetentionClass

_COUNTED: Final = "counts per minute over everybody; none is taken back when somebody is erased"

PLACES: Final = (
    plain(
        "workspaces",
        "id name salt created_at time_zone",
        "a tenant, and the secret key of its digests",
    ),
    plain(
        "workspace_deletions",
        "workspace_id name sources topics requested_by reason requested_at given_up platforms_at"
        " unconfirmed removed completed_at",
        "tenants that were deleted: what their sources still send is dropped",
    ),
    plain(
        "sources",
        "id workspace_id name write_key_hash default_region topic created_at",
        "where events come from",
    ),
    plain("write_keys", "id source_id key_hash created_at revoked_at", "digests of write keys"),
    plain(
        "api_keys",
        "id workspace_id name key_hash scopes created_at revoked_at last_used_at",
        "digests of API keys, and what staff call them",
    ),
    plain(
        "logins",
        "token_hash key_id created_at last_used_at expires_at",
        "digests of staff's logins",
        by_policy(RetentionClass.LOGINS, "`edge.login.lifetime`"),
    ),
    plain(
        "segments",
        "id workspace_id name version definition created_at status purpose description revision"
        " updated_at",
        "rules; one names a value where somebody wrote one",
    ),
    plain(
        "traits",
        "id workspace_id name status description version definition revision created_at updated_at",
        "computed traits",
    ),
    plain(
        "rfm",
        "workspace_id version definition breaks distribution revision updated_at",
        "bounds of RFM and how many are between them, published as they were",
    ),
    plain(
        "definition_versions",
        "workspace_id kind definition_id version definition purpose author created_at published_at"
        " published_by",
        "earlier rules",
    ),
    plain("definitions_revision", "single revision", "a counter"),
    plain("aggregates", "id workspace_id spec retired_at created_at", "what leaves keep"),
    columns(
        "cursor",
        "digest of the person whom a walk has come to",
        "it goes on from there",
        Personal.DIGEST,
        "until the walk's next page; after its end, for ever",
        Leaving.KEPT,
        table="sweeps",
        withheld="where a walk over everybody has come to: it tells nothing of anybody",
    ),
    plain(
        "sweeps",
        "id workspace_id revision aggregate_id reason segments status people visited changed stale"
        " created_at updated_at finished_at touched_at",
        "walks over everybody, in counts",
    ),
    plain(
        "observations",
        "workspace_id signal minute_at shard metric value updated_at",
        _COUNTED,
        "some for ever, others `signals.keep_details`",
    ),
    plain(
        "readings",
        "id workspace_id signal read_at score status sample components reasons",
        "scores of signals",
        "`signals.keep_readings`; those that a decision rests on, as long as it",
    ),
    plain(
        "reading_hours",
        "workspace_id signal hour_at readings unknown lowest mean highest last_status",
        "scores of signals by the hour",
    ),
    plain(
        "signal_memory",
        "workspace_id signal memory saved_at",
        "what detectors have learned: counts, and names of events and properties",
        AS_LONG,
    ),
    plain(
        "anomalies",
        "id workspace_id signal metric started_at peak_at ended_at direction score value expected"
        " expected_low expected_high ending picture",
        _COUNTED,
    ),
    plain(
        "decisions",
        "id workspace_id destination audience_id action verdict automation reasons reading_ids"
        " decided_at codes depends_on would override_id release_id size",
        "verdicts of the trust gate",
        by_policy(RetentionClass.DECISIONS),
    ),
    plain("gate_states", "workspace_id destination state updated_at", "the gate's memory"),
    plain(
        "gate_modes",
        "workspace_id scope mode reason author set_at expires_at approved_by",
        "what staff said to the gate",
    ),
    plain(
        "gate_overrides",
        "id workspace_id scope codes reason author created_at expires_at approved_by revoked_by"
        " revoked_at",
        "what staff said to the gate",
    ),
    plain(
        "gate_releases",
        "id workspace_id audience_id reason author created_at expires_at approved_by revoked_by"
        " revoked_at push_id",
        "what staff said to the gate",
    ),
    plain("alert_states", "workspace_id state looked_at", "conditions that last"),
    plain(
        "alerts",
        "id workspace_id dedup_key key kind severity worst summary members opened_at changed_at"
        " resolved_at acknowledged_at acknowledged_by touched_at",
        "alerts, in counts",
    ),
    plain(
        "alert_notices",
        "id alert_id channel step notice created_at next_at attempts sent_at dead_at error",
        "what channels are told",
    ),
    plain(
        "offsets",
        "log partition next_position caught_up_at updated_at origin",
        "how far the log is processed",
    ),
    plain(
        "attempts",
        "log partition position record tries broken taken_at",
        "batches in hand",
        "until the batch is processed",
    ),
    plain("log_refusals", "log reason since seen_at detail", "why the log took nothing"),
    plain("schema_migrations", "version name checksum applied_at", "the schema's version"),
)
