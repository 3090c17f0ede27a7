"""Benchmarks of definitions."""
