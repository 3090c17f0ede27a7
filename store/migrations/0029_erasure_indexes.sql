-- Outside a transaction.
-- What finds one person among all audiences and all requests; the commands that somebody gave, erasures among them.

CREATE INDEX CONCURRENTLY IF NOT EXISTS audience_members_person ON audience_members (profile_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS push_requests_people ON push_requests USING gin (people_of(rows));
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_orders ON audit (workspace_id, id) WHERE action IN ('unmerge', 'allow', 'erase', 'consent');
DROP INDEX CONCURRENTLY IF EXISTS audit_commands;
