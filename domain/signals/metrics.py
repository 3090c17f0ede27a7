"""Names of observation metrics (column ``observations.metric``), each with its unit.

Additive, so that writers never read.

Metrics with a suffix are written ``name:suffix``; where a suffix has parts, `PART` joins them.
"""

from typing import Final

PART: Final = "\x1f"
"""Joins the parts of a suffix: what separates units in ASCII, and in no event name."""

ACCEPTED: Final = "accepted"
"""Events stored."""
DUPLICATE: Final = "duplicate"
"""Events whose message id was stored already."""
SUPPRESSED: Final = "suppressed"
"""Events that were not kept, because they were said of somebody who was erased."""
REJECTED: Final = "rejected"
"""``rejected:<reason>``: records that became dead letters."""
LATE: Final = "late"
"""Events whose event time lies more than the configured lateness before arrival."""
FUTURE: Final = "future"
"""Events whose event time was clamped to arrival."""
LAG_MS: Final = "lag_ms"
"""Sum over accepted events of (processing − arrival), ms; lag mean = LAG_MS / ACCEPTED."""
LAG: Final = "lag"
"""``lag:<bucket>``: accepted events by processing − arrival.

The bucket is an index into `LAG_EDGES_MS`.
"""
DELAY: Final = "delay"
"""``delay:<bucket>``: accepted events by arrival − event time.

The bucket is an index into `DELAY_EDGES_MS`.
"""
COVERAGE: Final = "with"
"""``with:<identifier kind>``: accepted events that carry one."""
INVALID: Final = "invalid"
"""``invalid:<identifier kind>``: accepted events with a malformed or blocked identifier."""
QUALITY: Final = "quality"
"""``quality:<event name>``: sum over accepted events of their match quality, 0–10 each."""
NAMED: Final = "named"
"""``named:<event name>``: accepted events of that name, the denominator of `QUALITY`."""
CONSENTED: Final = "consented"
"""``consented:<purpose>``: accepted events that state a grant of the purpose."""
REFUSED: Final = "refused"
"""``refused:<purpose>``: accepted events that state a refusal of the purpose."""
ODD: Final = "odd"
"""``odd:<field>``: accepted events with that optional field unreadable.

It was left out, or counts as a refusal of consent.
"""
SHAPE: Final = "shape"
"""``shape:<event name>``: events of that name whose properties were looked at.

A share, told by the message key.
"""
PROPERTY: Final = "property"
"""``property:<event name><PART><property><PART><type>``: how many of the sample had it.

The type is JSON's (`operators.detection.shapes`).
"""
PERSON: Final = "person"
"""``person:<bucket>``: accepted events by a hash of their strongest identifier.

There are `BUCKETS` buckets.
"""
ADDRESS: Final = "address"
"""``address:<bucket>``: accepted events by a hash of the client's IP address.

Those without one are not counted.
"""
NEW_PEOPLE: Final = "new_people"
"""People created."""
ORDERS: Final = "orders"
"""``orders:<currency>``: purchases."""
REVENUE: Final = "revenue_minor"
"""``revenue_minor:<currency>``: purchases, sum in the minor unit."""
REPORTED_ORDERS: Final = "reported_orders"
"""``reported_orders:<platform>``: conversions as a platform reports them."""
REPORTED_REVENUE: Final = "reported_revenue_minor"
"""``reported_revenue_minor:<platform><PART><currency>``: their value in the minor unit."""
REQUESTS_OK: Final = "requests_ok"
"""Platform requests delivered."""
REQUESTS_FAILED: Final = "requests_failed"
"""Platform requests rejected or given up."""
REQUESTS_RETRIED: Final = "requests_retried"
"""Platform requests answered with a throttle or a transient fault."""
ROWS_SENT: Final = "rows_sent"
"""Rows delivered to a platform."""
ROWS_REJECTED: Final = "rows_rejected"
"""Rows a platform called invalid."""
LATENCY_MS: Final = "latency_ms"
"""Sum of platform request durations, ms."""
MATCH_RATE: Final = "match_rate"
"""Sum of the match rates, 0–1, that a platform reported after pushes.

Mean = MATCH_RATE / MATCH_RATES.
"""
MATCH_RATES: Final = "match_rates"
"""How many match rates a platform reported."""

LAG_EDGES_MS: Final = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 300_000, 1_800_000)
"""Upper bounds of the lag buckets but the last, which has none."""
DELAY_EDGES_MS: Final = (10_000, 60_000, 300_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000)
"""Upper bounds of the delay buckets but the last, which has none."""
BUCKETS: Final = 16
"""Buckets of `PERSON` and `ADDRESS`."""

CONVERSIONS: Final = "conversions"
"""The signal that compares orders as sources and as platforms count them."""
LASTING: Final = (ACCEPTED, DUPLICATE, REJECTED, NEW_PEOPLE, ORDERS, REVENUE)
"""Metrics whose rows are kept for good: totals are sums over them.

The others serve health, and go after a while.
"""
