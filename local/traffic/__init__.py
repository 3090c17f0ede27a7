"""Simulated and real traffic for demos and tests."""
