-- Outside a transaction.
-- What finds one person among all audiences and all requests; whether a workspace erased anybody, and whether one person or
-- identifier is being erased.

CREATE INDEX CONCURRENTLY IF NOT EXISTS audience_members_person ON audience_members (profile_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS push_requests_people ON push_requests USING gin (people_of(rows));
CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_workspace ON erasures (workspace_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_people ON erasures USING gin (people) WHERE completed_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_keys ON erasures USING gin (keys) WHERE completed_at IS NULL;
