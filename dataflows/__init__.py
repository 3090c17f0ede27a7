"""Wiring only: the dataflows, the shell around UNIFY, and the upkeep loop."""
