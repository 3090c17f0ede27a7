"""Commands on the log: lag, dead letters, simulated traffic."""
