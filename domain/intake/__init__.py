"""How records lie in the log: envelopes, partitions, positions, refusals."""
