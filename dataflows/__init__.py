"""Wiring only: three dataflows, each short enough to read as a sentence, and the shell around UNIFY."""
