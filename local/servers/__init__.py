"""Embedded servers as child processes: PostgreSQL, Valkey, Kafka."""
