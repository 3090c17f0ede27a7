-- Outside a transaction.
-- Restriction and objection: what a request's command is made of, who is restricted, and the commands that somebody gave, these among them.

-- Purposes and evidence of a command: what it says beside its identifier. Evidence goes once the engine has the command, or the person is erased.
ALTER TABLE privacy_requests ADD COLUMN IF NOT EXISTS told jsonb NOT NULL DEFAULT '{}';

-- Identifiers of which a restriction, or its release, was ever stated: funnels leave out whoever is restricted now.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_restrictions ON events (workspace_id, leaf) WHERE type = 'restriction';
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_ordered ON audit (workspace_id, id)
    WHERE action IN ('unmerge', 'allow', 'erase', 'consent', 'restriction');
DROP INDEX CONCURRENTLY IF EXISTS audit_orders;
