"""Reads the event log: Valkey or Kafka, partitions, positions, lag."""
