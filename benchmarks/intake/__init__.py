"""Benchmarks of the collector and the log."""
