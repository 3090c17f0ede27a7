"""The stratum command: one file per verb, in a folder where a concept has several."""
