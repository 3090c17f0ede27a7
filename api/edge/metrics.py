"""Metrics of the process that serves requests: what each counts, its unit, what to do about it.

No labels hold personal data.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS: Final = Counter(
    "stratum_http_requests_total",
    "Requests answered, by route template and status. Many 5xx: see the log of this process.",
    ("route", "status"),
)
REQUEST_SECONDS: Final = Histogram(
    "stratum_http_request_seconds",
    "Time from a request's headers to the end of its answer, by route template.",
    ("route",),
    buckets=_SECONDS,
)
ERRORS: Final = Counter(
    "stratum_http_errors_total",
    "Unexpected exceptions, by class. Any: a mistake of ours; the log names the place.",
    ("kind",),
)
EVENTS: Final = Counter(
    "stratum_collector_events_total",
    "Events acknowledged, by source id. None from a busy source: its client is broken.",
    ("source",),
)
EVENT_BYTES: Final = Counter(
    "stratum_collector_event_bytes_total", "Bytes of acknowledged events, uncompressed."
)
REFUSALS: Final = Counter(
    "stratum_collector_refusals_total",
    "Requests refused, by code. log_full, log_unavailable: see"
    " stratum_log_refusals_total; unknown_write_key: a client has a wrong key.",
    ("code",),
)
LOG_REFUSALS: Final = Counter(
    "stratum_log_refusals_total",
    "Appends that the event log refused, by reason. log_behind: add workers; log_memory,"
    " log_disk: give its server more; log_away: see it.",
    ("reason",),
)
LOG_REFUSING: Final = Gauge(
    "stratum_log_refusing",
    "Whether the event log takes nothing now, by reason: 1 or 0. What to do: the runbook, log.",
    ("reason",),
)
APPEND_SECONDS: Final = Histogram(
    "stratum_log_append_seconds", "Time until the log had a request's records.", buckets=_SECONDS
)
IN_FLIGHT: Final = Gauge(
    "stratum_collector_requests_in_flight",
    "Collector requests under way. Near its limit: add processes.",
)
CONNECTIONS_REFUSED: Final = Counter(
    "stratum_http_connections_refused_total",
    "Connections closed for what they sent or did not send, by reason. Many: an attack,"
    " or a proxy whose heads are larger than the limit.",
    ("reason",),
)
