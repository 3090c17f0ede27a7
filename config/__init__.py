"""Typed settings: frozen, validated at boot; only `load` reads the environment."""
