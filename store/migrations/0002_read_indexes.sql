-- Indexes that only read models need: pages of merges, conflicts and dead letters, newest first.

CREATE INDEX merges_page ON merges (workspace_id, id DESC);
CREATE INDEX links_refused ON links (workspace_id, first_ms DESC, a DESC, b DESC) WHERE status = 'refused';
CREATE INDEX dead_letters_page ON dead_letters (workspace_id, id DESC);
