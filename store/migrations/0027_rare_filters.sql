-- Outside a transaction.
-- What filters of long lists find without walking them: a rare verdict; what somebody did, of which kind, and to what.

CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_verdict ON decisions (workspace_id, verdict, decided_at DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_action ON audit (workspace_id, action, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_subject ON audit (workspace_id, subject, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_actor ON audit (workspace_id, actor, id);

-- The alerts that lasted at an instant are few, whatever they are about.
CREATE INDEX CONCURRENTLY IF NOT EXISTS alerts_lasting ON alerts
    USING gist (tstzrange(opened_at, greatest(opened_at, coalesce(resolved_at, 'infinity'::timestamptz)), '[]'));

-- People in the order in which they were last or first seen; who was never seen comes last when read backwards.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_last_seen ON profiles (workspace_id, last_seen_bin);
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_first_seen ON profiles (workspace_id, (coalesce(first_seen_at, '-infinity'::timestamptz)), id);
