"""The trust gate and its decisions over HTTP."""
