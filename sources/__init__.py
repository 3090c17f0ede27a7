"""Inbound I/O: the logs, files, due wakes, sweeps and minute rows that the dataflows read; `decode` is pure."""
