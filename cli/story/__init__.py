"""Plays the shop's week through the engine's own writers, at instants that have passed."""
