-- Outside a transaction.
-- Indexes that only read models need: decisions by instant, destination, audience and reason; pushes by workspace, status and decision.

CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_at ON decisions (workspace_id, decided_at DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_destination ON decisions (workspace_id, destination, decided_at DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_audience_at ON decisions (audience_id, decided_at DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_codes ON decisions USING gin (codes);
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_decision ON pushes (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_planned ON pushes (audience_id, id DESC) WHERE kind <> 'urgent';
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_page ON pushes (workspace_id, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS pushes_status ON pushes (workspace_id, status, id DESC);
