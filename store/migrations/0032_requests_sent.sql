-- Whether the event log has the command of a request: a log that was away is asked again.

ALTER TABLE privacy_requests ADD COLUMN sent_at timestamptz;   -- the log confirmed it; null: it has not
