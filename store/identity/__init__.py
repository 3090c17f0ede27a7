"""The identity graph and the history of merges."""
