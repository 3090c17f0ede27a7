"""Appends to the event log: Valkey or Kafka."""
