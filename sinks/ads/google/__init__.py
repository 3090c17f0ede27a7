"""Google: codec, errors, status."""
