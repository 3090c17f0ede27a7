"""Commands that run processes: everything, the API, the engine."""
