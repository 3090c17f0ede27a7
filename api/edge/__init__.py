"""Connections before a key is known, and the metrics of the process."""
