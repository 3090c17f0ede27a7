-- Outside a transaction.
-- What finds one person among all audiences and all requests.

CREATE INDEX CONCURRENTLY IF NOT EXISTS audience_members_person ON audience_members (profile_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS push_requests_people ON push_requests USING gin (people_of(rows));
