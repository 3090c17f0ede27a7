"""Every metric of the engine, declared once: meaning, unit, what to do. No personal data.

Names are public: dashboards and alerts are written against them. Labels have few values: ids of
workspaces and sources, partitions, codes.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

EVENTS: Final = Counter(
    "stratum_engine_events_total", "Events committed. Flat while lag grows: see the workers' logs."
)
DUPLICATES: Final = Counter(
    "stratum_engine_duplicates_total",
    "Events whose message id was stored before. Many: a client repeats itself, which costs and"
    " harms nothing.",
)
DEAD_LETTERS: Final = Counter(
    "stratum_engine_dead_letters_total",
    "Records that became dead letters, by reason. Look with `stratum dead-letters list`, mend the"
    " cause, then `retry`.",
    ("reason",),
)
ODD_FIELDS: Final = Counter(
    "stratum_engine_odd_fields_total",
    "Optional fields that could not be read, by field: left out, or for consent counted as a"
    " refusal. Steady: a sender spells them wrong.",
    ("field",),
)
BATCHES: Final = Counter("stratum_engine_batches_total", "Batches committed.")
BATCH_SECONDS: Final = Histogram(
    "stratum_engine_batch_seconds",
    "Time from a batch in hand to its commit, retries included. Slow: Postgres is busy or far"
    " away.",
    buckets=_SECONDS,
)
CONFLICTS: Final = Counter(
    "stratum_engine_conflicts_total",
    "Transactions that met a version conflict and were tried again. Near one per batch:"
    " producers do not key by person.",
)
FENCED: Final = Counter(
    "stratum_engine_fenced_total",
    "Batches dropped because another worker has the partition. Steady: workers share a name, or"
    " leases are too short.",
)
WAKES: Final = Counter(
    "stratum_engine_wakes_total",
    "People changed by the clock or by newer definitions, without an event.",
)
STORE_AWAY: Final = Counter(
    "stratum_engine_store_unavailable_total",
    "Times that Postgres was gone when a batch needed it. Any: look at Postgres.",
)

LAG_RECORDS: Final = Gauge(
    "stratum_lag_records",
    "Records that wait in a partition. Growing: add workers.",
    ("log", "partition"),
)
LAG_SECONDS: Final = Gauge(
    "stratum_lag_seconds",
    "How long the oldest waiting record of a partition has waited. Growing: add workers.",
    ("log", "partition"),
)
PEOPLE: Final = Gauge(
    "stratum_people",
    "People of a workspace; an estimate above `metrics.people_exact_limit`.",
    ("workspace",),
)
SURVEYS: Final = Counter(
    "stratum_surveys_total",
    "Readings of lag and people, by outcome. Failed: Postgres or the log did not answer.",
    ("outcome",),
)

SIGNAL_HEALTH: Final = Gauge(
    "stratum_signal_health",
    "Newest score of a signal, 0-100; NaN when unknown. Low: its readings under /cdp/signals say"
    " why.",
    ("workspace", "signal"),
)
READINGS: Final = Counter(
    "stratum_signal_readings_total",
    "Readings by status. None for minutes: the signals process is stuck, and the gate holds.",
    ("workspace", "signal", "status"),
)
DECISIONS: Final = Counter(
    "stratum_gate_decisions_total",
    "Recorded decisions of the gate. Held or blocked for long: /cdp/decisions says why.",
    ("platform", "action", "verdict"),
)
PUSH_REQUESTS: Final = Counter(
    "stratum_push_requests_total",
    "Requests to platforms by outcome: delivered, retry or rejected. Rejected: the audience's"
    " history has the reason.",
    ("platform", "kind", "outcome"),
)
ALERTS: Final = Counter(
    "stratum_alerts_total",
    "Notices about alerts, by step: opened, worsened, reminded, resolved. Look with `stratum alerts"
    " list`.",
    ("step",),
)
ALERT_NOTICES: Final = Counter(
    "stratum_alert_notices_total",
    "Attempts to tell on-call, by outcome: arrived, again or refused. Refused: `stratum alerts"
    " test` says why.",
    ("channel", "outcome"),
)
ERASURES_OPEN: Final = Gauge(
    "stratum_erasures_open",
    "Erasures that are not complete: a person is removed, and something is left to do.",
)
ERASURES_OLDEST: Final = Gauge(
    "stratum_erasures_oldest_seconds",
    "How long ago the oldest erasure that is not complete was processed. Hours: its steps say what"
    " it waits for, mostly a platform.",
)
ERASURES: Final = Counter("stratum_erasures_total", "Erasures completed.")
WORKSPACE_DELETIONS_OPEN: Final = Gauge(
    "stratum_workspace_deletions_open",
    "Workspaces that are being deleted: while it stays above 0, mostly a platform is waited for.",
)
RETENTION_REMOVED: Final = Counter(
    "stratum_retention_removed_total",
    "Rows that were older than their workspace keeps them, by class; inactive people are counted as"
    " erasures.",
    ("class",),
)
RETENTION_LAG: Final = Gauge(
    "stratum_retention_lag_seconds",
    "For how long the oldest run of retention that is not finished has run. A day: GET"
    " /cdp/privacy/retention says of which class.",
)
PUSH_ROWS: Final = Counter(
    "stratum_push_rows_total", "Rows that platforms took, by operation.", ("platform", "operation")
)
