"""The stratum command: one file per verb."""
