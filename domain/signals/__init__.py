"""Counters, readings and schedules of a signal."""
