"""The stack, traffic and table that benchmarks share."""
