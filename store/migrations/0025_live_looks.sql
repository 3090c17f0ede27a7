-- Outside a transaction.
-- What a look of the live feed finds without reading other rows: commands in the audit log, a workspace's newest readings, and its
-- newest counters of those that are kept for good (domain.signals.metrics.LASTING, letter by letter: queries name the same list).

CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_commands ON audit (workspace_id, id) WHERE action IN ('unmerge', 'allow');
CREATE INDEX CONCURRENTLY IF NOT EXISTS readings_by_id ON readings (workspace_id, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS observations_lasting ON observations (workspace_id, minute_at)
    WHERE split_part(metric, ':', 1) IN ('accepted', 'duplicate', 'rejected', 'new_people', 'orders', 'revenue_minor');

-- And what changed of late, by 0022.
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_touched ON pushes (workspace_id, touched_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_started ON pushes (workspace_id, started_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS alerts_touched ON alerts (workspace_id, touched_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS sweeps_touched ON sweeps (workspace_id, touched_at, id);
