"""Inbound I/O: logs, files, wakes, sweeps and minute rows. `intake.decode` is pure."""
