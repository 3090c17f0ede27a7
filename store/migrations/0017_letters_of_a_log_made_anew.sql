-- A log that is made anew counts its positions from the beginning again: another record at a position that had a dead letter gets its own.
-- The same record that is read again, because the log was cut, has one already.

ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_log_partition_position_index_key;
CREATE UNIQUE INDEX dead_letters_record ON dead_letters (log, partition, position, index, sha256(payload));
