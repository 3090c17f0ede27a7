"""Counters, readings and anomalies of signals."""
