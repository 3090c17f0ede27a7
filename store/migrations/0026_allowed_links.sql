-- When the latest command about a pair of identifiers arrived: of bans and of those that lift one, the latest counts.
-- 0 where none did; a ban from before this migration has 0, too, and gives way to any later command.

ALTER TABLE links ADD COLUMN ruled_ms bigint NOT NULL DEFAULT 0;
