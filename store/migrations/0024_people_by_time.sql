-- When people were last seen, to ten minutes: whoever is seen again within them keeps the place in the index of 0027, so that the update
-- stays within its page. This rewrites the table while nobody can read or write it (docs/operations.md says for how long).

ALTER TABLE profiles ADD COLUMN last_seen_bin timestamptz NOT NULL GENERATED ALWAYS AS (
    coalesce(date_bin('10 min', last_seen_at, timestamptz '2000-01-01 00:00:00+00'), '-infinity'::timestamptz)
) STORED;
