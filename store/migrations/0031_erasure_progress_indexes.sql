-- Outside a transaction.
-- What tells whether a workspace erased anybody, and whether one person or identifier is being erased.

CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_workspace ON erasures (workspace_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_people ON erasures USING gin (people) WHERE completed_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_keys ON erasures USING gin (keys) WHERE completed_at IS NULL;
