"""Benchmarks of people and lookups."""
