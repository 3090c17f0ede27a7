"""Wiring only: three dataflows, each short enough to read as a sentence, the shell around UNIFY, and the upkeep loop."""
