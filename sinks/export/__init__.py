"""Writes exports: CSV, JSON, NDJSON, Parquet."""
