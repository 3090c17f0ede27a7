"""Google: codec, rows, errors, status."""
