"""Positions in the log, dead letters, lag and what the log refused."""
