-- Outside a transaction.
-- All events of a workspace in the order in which they were received: the feed of events, and volumes of late. Arrivals come at its end, so
-- it costs UNIFY 1.3 µs of PostgreSQL's time per event; one by names as well would cost 3 µs more (docs/performance.md).
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_received ON events (workspace_id, received_at, message_key);

-- When a source's events came last, and how many in a day, without reading all its other counters.
CREATE INDEX CONCURRENTLY IF NOT EXISTS observations_accepted ON observations (workspace_id, signal, minute_at) WHERE metric = 'accepted';
