-- Which making of a log a position belongs to: a topic that was deleted and made anew counts from the beginning again. Empty where the log
-- does not say, and before it was first asked.

ALTER TABLE offsets ADD COLUMN origin text NOT NULL DEFAULT '';
