"""Signals and anomalies over HTTP."""
