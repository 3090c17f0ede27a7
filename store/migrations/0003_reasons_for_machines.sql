-- Why a decision was made, as codes beside the sentences and in their order: what alerts are grouped by.

ALTER TABLE decisions ADD COLUMN codes text[] NOT NULL DEFAULT '{}';
